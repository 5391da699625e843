import pytest
from shop.cart import Cart
from shop.money import Money


@pytest.fixture
def cart() -> Cart:
    """A cart with two kinds of tea for 11.00 EUR."""
    cart = Cart()
    cart.add("tea-green", Money(400), 2)
    cart.add("tea-black", Money(300))
    return cart
