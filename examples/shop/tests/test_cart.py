from datetime import date

from shop.money import Money


def test_subtotal_adds_up_the_lines(cart):
    assert cart.subtotal == Money(1100)


def test_checkout_without_a_voucher_costs_the_subtotal(cart):
    assert cart.checkout(date(2026, 11, 21)) == Money(1100)


def test_more_of_the_same_product_joins_its_line(cart):
    cart.add("tea-black", Money(300), 2)
    assert len(cart) == 5
