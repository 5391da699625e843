import pytest
import tables

WANTED = tables.expected()


@pytest.mark.parametrize(("n", "result"), tables.rows())
def test_double(n, result):
    assert tables.double(n) == result


@pytest.mark.parametrize("name", tables.names())
def test_names(name):
    assert name


def test_wanted():
    assert WANTED == 4


@pytest.mark.skipif(bool(tables.skip_reason()), reason="no")
def test_not_skipped():
    assert tables.double(2) == 4
