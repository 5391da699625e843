def rows():
    return [(1, 2), (2, 4)]


def expected():
    return 4  # mutate: 4 => 5 [killed]


def names():
    return ["a", "b"]  # mutate: "b" => "c" [survived]


def skip_reason():
    return ""  # mutate: "" => "broken" [survived]


def double(n):
    return n * 2  # mutate: n * 2 => n + 2 [killed]
