"""A small shop: money, carts, vouchers, stock, prices and taxes."""
