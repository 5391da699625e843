"""Imported by its tests only while they run."""

TABLE = {"a": 1}  # mutate: "a": 1 => "a": 2 [killed]


def look_up(key):
    return TABLE[key]  # mutate: TABLE[key] => TABLE.get(key) [survived]


DEFAULT = look_up("a")
