import counters


def test_account():
    account = counters.Account()
    account.open("x")
    account.close()
    assert counters.Account.opened == 0


def test_add():
    assert counters.add(2) == 2


def test_fresh():
    assert counters.fresh()


def test_free_names():
    assert counters.free_names()
