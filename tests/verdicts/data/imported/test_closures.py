import closures


def test_add_two():
    assert closures.add_two(3) == 5


def test_tick():
    assert closures.tick() == 1


def test_stream():
    assert next(closures.stream) == 1


def test_new_closure():
    assert closures.adder(1)(1) == 2
