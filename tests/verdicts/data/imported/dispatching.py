from functools import partial, singledispatch


def power(base, exponent):
    return base**exponent  # mutate: base**exponent => base * exponent [killed]


square = partial(power, exponent=2)  # mutate: exponent=2 => exponent=3 [killed]
NINE = square(3)


@singledispatch
def show(thing):
    return str(thing)  # mutate: str(thing) => repr(thing) [killed]


@show.register
def _(thing: int):
    return f"int {thing}"  # mutate: f"int {thing}" => f"{thing}" [killed]


@show.register(list)  # mutate: (list) => (tuple) [killed]
def _(thing):
    return f"{len(thing)} things"


def __getattr__(name):
    if name == "LAZY":
        return 1  # mutate: return 1 => return 2 [killed]
    raise AttributeError(name)  # mutate: AttributeError(name) => KeyError(name) [killed]
