import interpreter


def test_seeded():
    assert 0 < interpreter.seeded() < 1


def test_with_path():
    assert interpreter.with_path("/no/such/place")


def test_with_sorted():
    assert interpreter.with_sorted() == [2, 1]


def test_precise():
    assert interpreter.precise() == "0.33"


def test_localized():
    assert interpreter.localized() == "C"


def test_at_exit():
    assert interpreter.at_exit()


def test_third():
    assert interpreter.third() == "0.3333"


def test_ordered():
    assert interpreter.ordered([2, 1]) == [1, 2]


def test_first_path():
    assert interpreter.first_path()


def test_dice():
    assert interpreter.dice() in range(1, 7)
