import constants


def test_rate():
    assert constants.RATE == 20


def test_labels():
    assert constants.LABELS == {"a": "A", "b": "B"}


def test_within():
    assert constants.within(10) and not constants.within(11)
