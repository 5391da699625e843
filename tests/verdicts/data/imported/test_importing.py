from importing import TOTAL


def test_total():
    assert TOTAL == 30
