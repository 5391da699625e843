def adder(n):
    step = n + 0  # mutate: n + 0 => n + 1 [killed]

    def add(value):
        return value + step  # mutate: value + step => value - step [killed] ;; value + step => value + n [survived]

    return add


def counter():
    count = 0

    def tick():
        nonlocal count
        count += 1  # mutate: += 1 => += 2 [killed]
        return count

    return tick


def numbers():
    n = 0
    while True:
        yield n
        n += 1  # mutate: n += 1 => n += 2 [killed]


add_two = adder(2)
tick = counter()
stream = numbers()
first = next(stream)
