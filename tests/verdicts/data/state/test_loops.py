import loops


def test_in_loop():
    assert loops.in_loop() == 2


def test_plain():
    assert loops.plain() == 2
