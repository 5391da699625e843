def rate(base):
    return base * 2  # mutate: base * 2 => base + base [survived] ;; base * 2 => base * 3 [killed]


def label(name):
    return name.upper()  # mutate: name.upper() => name.lower() [killed]


RATE = rate(10)
LABELS = {name: label(name) for name in ("a", "b")}
LIMIT = 5 + 5  # mutate: 5 + 5 => 5 - 5 [killed] ;; 5 + 5 => 10 [survived]
UNUSED = 3  # mutate: 3 => 4 [survived]


def within(n):
    return n <= LIMIT
