from functools import lru_cache

OFFSET = [0]


def shift(n):
    OFFSET[0] = n
    value = area(n)
    OFFSET[0] = 0  # mutate: OFFSET[0] = 0 => pass [survived]
    area.cache_clear()  # mutate: area.cache_clear() => pass [survived]
    return value  # mutate: return value => return None [killed]


@lru_cache
def area(n):
    return n * n + OFFSET[0]  # mutate: n * n => n + n [killed] ;; + OFFSET[0] => - OFFSET[0] [killed]
