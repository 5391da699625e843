from shop.money import Money
from shop.tax import vat


def test_vat_takes_the_rate_of_the_country():
    assert vat(Money(1000), "DE") == Money(190)
