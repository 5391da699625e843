import signals


def test_with_handler():
    assert signals.with_handler()


def test_default():
    assert signals.default()
