import files


def test_note():
    assert files.note("x") == "x"


def test_noted():
    assert files.noted("default") == "default"


def test_clean():
    assert files.clean()
