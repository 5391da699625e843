def rows():
    return [(1, 2), (2, 4)]  # mutate: (2, 4) => (2, 5) [killed] ;; [(1, 2), (2, 4)] => [] [survived] ;; (1, 2), => [survived]


def expected():
    return 4  # mutate: 4 => 5 [killed]


def names():
    return ["a", "b"]  # mutate: "b" => "c" [survived]


def skip_reason():
    return ""  # mutate: "" => "broken" [survived]


def double(n):
    return n * 2  # mutate: n * 2 => n + 2 [killed]
