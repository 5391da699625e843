import danger


def test_count_down():
    assert danger.count_down(4) == 0 and danger.count_down(3) == 0


def test_add():
    assert danger.add(1, 2) == 3


def test_leave():
    assert danger.leave(3) == 3


def test_fail_hard():
    assert danger.fail_hard(3) == 3


def test_raise_exit():
    assert danger.raise_exit(3) == 3


def test_depth():
    assert danger.depth(3) == 3


def test_locked():
    assert danger.locked()


def test_grow():
    assert danger.grow(4) == 4


def test_stop():
    assert danger.stop(3) == 3


def test_multiply():
    assert danger.multiply(2, 3) == 6
