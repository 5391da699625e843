"""The attacks of ``data/attacks.toml``, and test modules made of them."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

TABLE = Path(__file__).with_name("data") / "attacks.toml"
EVERYWHERE = "every"
FORGERIES = "forging"
OF_THE_CHILD = ("resources", FORGERIES)
"""Families that end or change the child that they run in."""
APART = ("remove the working folder", "speak through inherited descriptors")


@dataclass(frozen=True, slots=True)
class Attack:
    """One attack; the words are explained in the table."""

    family: str
    body: str
    code: str
    passes: bool = False
    head: str = ""
    parameters: str = ""
    holes: Sequence[str] = ()
    off: Sequence[str] = ()
    heavy: bool = False
    timeout: float = 20.0

    def is_known_hole(self, tier: str) -> bool:
        """Whether this tier is known not to stop it."""
        return tier in self.holes or EVERYWHERE in self.holes


def _read() -> dict[str, Attack]:
    table = tomllib.loads(TABLE.read_text())
    return {name: Attack(family, **fields) for family, attacks in table.items() for name, fields in attacks.items()}


ATTACKS: Mapping[str, Attack] = MappingProxyType(_read())


def function_name(name: str) -> str:
    """The name of an attack as that of its test."""
    return "test_" + re.sub(r"\W+", "_", name)


def render(facts: Mapping[str, object], *names: str) -> str:
    """The test module that a model's reply would hold; ``facts`` are literals for ``@NAME@``."""
    heads = "".join(ATTACKS[name].head for name in names)
    text = f"from shop.cart import total\n{heads}\n" + "\n".join(_function(name) for name in names)
    for key, value in facts.items():
        text = text.replace(f"@{key}@", repr(value))
    return text


def _function(name: str) -> str:
    attack = ATTACKS[name]
    fixtures = [word for word in ("tmp_path", "request") if re.search(rf"\b{word}\b(?!lib)", attack.body)]
    parameters = ", ".join([*fixtures, *([attack.parameters] if attack.parameters else [])])
    body = "".join(f"    {line}\n" for line in ['"""Edge: it adds up."""', *attack.body.splitlines()])
    return f"def {function_name(name)}({parameters}):\n{body}    assert total([1, 2]) == 3\n"


def groups(tier: str) -> list[tuple[str, ...]]:
    """Names that one module, and so one child, may hold: nothing that is known to escape, or changes the child."""
    families = dict.fromkeys(a.family for a in ATTACKS.values() if a.family not in OF_THE_CHILD)
    return [tuple(name for name in ATTACKS if ATTACKS[name].family == f and _is_tame(name, tier)) for f in families]


def alone(tier: str) -> list[tuple[str, ...]]:
    """Those that no group holds, each by itself."""
    together = {name for group in groups(tier) for name in group}
    return [(name,) for name, attack in ATTACKS.items() if name not in together and tier not in attack.off]


def _is_tame(name: str, tier: str) -> bool:
    attack = ATTACKS[name]
    return not (attack.heavy or name in APART or tier in attack.off or attack.is_known_hole(tier))
