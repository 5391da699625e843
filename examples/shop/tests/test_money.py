import pytest
from shop.money import CurrencyMismatch, Money


def test_amounts_of_one_currency_add_up():
    assert Money(150) + Money(275) == Money(425)


def test_currencies_do_not_mix():
    with pytest.raises(CurrencyMismatch):
        Money(100, "EUR") + Money(100, "USD")


@pytest.mark.parametrize(("text", "cents"), [("12.50", 1250), ("3", 300)])
def test_parse_reads_an_amount(text, cents):
    assert Money.parse(text) == Money(cents)
