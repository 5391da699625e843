import registries


def test_call():
    assert registries.call("double", 3) == 6


def test_decorated():
    assert registries.double(3) == 6
