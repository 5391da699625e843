import dispatching
import pytest


def test_square():
    assert dispatching.square(4) == 16


def test_show():
    assert dispatching.show("a") == "a" and dispatching.show(3) == "int 3" and dispatching.show([1]) == "1 things"


def test_lazy():
    assert dispatching.LAZY == 1


def test_unknown():
    with pytest.raises(AttributeError):
        dispatching.unknown
