from shop.stock import MemoryRepository, Stock


def test_a_delivery_raises_the_quantity():
    stock = Stock(MemoryRepository({"tea": 2}))
    assert stock.receive("tea", 5) == 7
