import caches


def test_remember():
    assert caches.remember("ab") == 2


def test_size():
    assert caches.size("ab") == 2
