HANDLERS = {}


def register(name, *, times=1):
    def decorate(function):
        HANDLERS[name] = function  # mutate: HANDLERS[name] => HANDLERS[name + "x"] [killed]
        return lambda value: function(value) * times  # mutate: * times => + times [killed]

    return decorate


@register("double", times=1)  # mutate: times=1 => times=3 [killed] ;; "double" => "triple" [killed]
def double(n):
    return n * 2  # mutate: n * 2 => n * 3 [killed]


def call(name, n):
    return HANDLERS[name](n)
