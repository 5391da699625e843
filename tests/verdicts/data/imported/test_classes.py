import classes


def test_box():
    assert classes.Box.heavy == 2 and classes.Base.size == 3


def test_kinds():
    assert classes.Base.kinds == ["Box"]


def test_colour():
    assert classes.Colour(1) is classes.Colour.RED and len(classes.Colour) == 2


def test_point():
    assert classes.Point().moved() == 1 and classes.Point().tags == []


def test_joined():
    assert classes.joined("a", "b") == "a-b"
