import threads


def test_start():
    assert threads.start()


def test_level():
    assert threads.level() == 1
