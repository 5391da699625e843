import atexit
import builtins
import decimal
import locale
import random
import sys


def seeded():
    before = random.getstate()
    random.seed(1)
    value = random.random()
    random.setstate(before)  # mutate: random.setstate(before) => pass [survived]
    return value


def with_path(path):
    sys.path.insert(0, path)
    found = path in sys.path
    sys.path.remove(path)  # mutate: sys.path.remove(path) => pass [survived]
    return found


def with_sorted():
    before = builtins.sorted
    builtins.sorted = lambda things: list(things)
    value = sorted([2, 1])
    builtins.sorted = before  # mutate: builtins.sorted = before => pass [survived]
    return value


def precise():
    before = decimal.getcontext().prec
    decimal.getcontext().prec = 2
    value = str(decimal.Decimal(1) / 3)
    decimal.getcontext().prec = before  # mutate: .prec = before => .prec = 2 [survived]
    return value


def localized():
    before = locale.setlocale(locale.LC_CTYPE)
    name = locale.setlocale(locale.LC_CTYPE, "C")
    locale.setlocale(locale.LC_CTYPE, before)  # mutate: locale.setlocale(locale.LC_CTYPE, before) => pass [survived]
    return name


def at_exit():
    atexit.register(print, "bye")  # mutate: atexit.register(print, "bye") => atexit.register(print, "hi") [survived]
    return True


def third():
    return str(decimal.Decimal(1) / 3)[:6]  # mutate: [:6] => [:5] [killed]


def ordered(things):
    return sorted(things)  # mutate: sorted(things) => list(things) [killed]


def first_path():
    return sys.path[0] != "/no/such/place"  # mutate: != => == [killed]


def dice():
    random.seed(3)
    return random.randint(1, 6)  # mutate: (1, 6) => (7, 8) [killed]
