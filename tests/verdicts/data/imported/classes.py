import enum
from dataclasses import dataclass, field


def weight(n):
    return n + 1  # mutate: n + 1 => n + 2 [killed]


class Base:
    kinds = []
    size = 3  # mutate: 3 => 4 [killed]

    def __init_subclass__(cls, **options):
        Base.kinds.append(cls.__name__)  # mutate: cls.__name__ => cls.__qualname__ [survived] ;; cls.__name__ => "x" [killed]


class Box(Base):
    heavy = weight(1)


class Colour(enum.Enum):
    RED = 1  # mutate: 1 => 7 [killed]
    BLUE = 2  # mutate: 2 => 9 [survived] ;; 2 => 1 [killed]


@dataclass
class Point:
    x: int = 0  # mutate: 0 => 1 [killed]
    tags: list = field(default_factory=list)  # mutate: default_factory=list => default_factory=dict [killed]

    def moved(self, by=1):  # mutate: by=1 => by=2 [killed]
        return self.x + by


def joined(*parts, sep="-"):  # mutate: sep="-" => sep="+" [killed]
    return sep.join(parts)
