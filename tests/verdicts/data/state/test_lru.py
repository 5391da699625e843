import lru


def test_shift():
    assert lru.shift(3) == 12


def test_area():
    assert lru.area(4) == 16
