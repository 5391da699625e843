from abc import ABC


class Sized(ABC):
    @classmethod
    def __subclasshook__(cls, other):
        return hasattr(other, "size")  # mutate: "size") => "size") and True [survived] ;; "size") => "size") and None [killed]


class Box:
    size = 1


def is_sized(thing):
    return isinstance(thing, Sized)  # mutate: isinstance(thing, Sized) => bool(isinstance(thing, Sized)) [survived]
