"""``python benchmarks/sandbox/table.py [--write]``: which layer of the sandbox stops which attack, seen from outside.

The attacks are those of ``tests/attacks``, each alone, below vetting, as an ordinary user.  ``--write`` puts the table
into docs/explanation/sandbox.md.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from types import MappingProxyType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "explanation" / "sandbox.md"
BEGIN, END = "<!-- attacks: made by benchmarks/sandbox/table.py --write -->\n", "<!-- end of attacks -->\n"
COLUMNS: Mapping[str, str] = MappingProxyType(
    {
        "P": "portable-audit hook",
        "U": "portable",
        "S": "landlock-Landlock",
        "L": "landlock-seccomp",
        "B": "landlock",
        "M": "namespaces-Landlock-seccomp",
        "A": "namespaces",
    }
)
"""Supervision and limits; with the audit hook; with seccomp, Landlock, both; with namespaces, with all three."""
STOPPED, ESCAPED, NOT_TRIED = ".", "x", "-"


def tests() -> tuple[Any, Any, Any]:
    """The tests' modules."""
    sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "attacks")]
    import attack_table  # noqa: PLC0415 (on a path made above)
    import siege  # noqa: PLC0415
    import test_attacks_walls  # noqa: PLC0415

    siege.DRIVER = Path(__file__).with_name("driver.py")
    return attack_table, siege, test_attacks_walls


def column(user: str, place: str) -> dict[str, str]:
    """A mark for each attack behind some layers."""
    table, siege, walls = tests()
    tier, marks = place.partition("-")[0], {}
    with ExitStack() as stack:
        found, here = walls.Found(), siege.Siege(user, place, stack)
        for name, attack in table.ATTACKS.items():
            if not may_be_tried(attack, place):
                marks[name] = NOT_TRIED
                continue
            effects = walls.attack(here, (name,), found)
            marks[name] = ESCAPED if effects else STOPPED
            if not here.is_whole():
                here = siege.Siege(user, place, stack)
        here.end()
        if left := here.left():
            sys.exit(f"{tier}: processes are left: {left}")
    return marks


def may_be_tried(attack: Any, place: str) -> bool:
    """Whether it can do no harm to the machine: behind less than a whole tier, what the weakest can bear."""
    tier, _, without = place.partition("-")
    tiers = {tier} | ({"landlock", "portable"} if without and tier != "namespaces" else set())
    return not tiers.intersection(attack.off)


def lines(columns: Mapping[str, Mapping[str, str]]) -> Iterator[str]:
    """Rows by family."""
    attacks = tests()[0].ATTACKS
    width = max(map(len, attacks))
    family = ""
    for name, attack in attacks.items():
        if attack.family != family:
            family = attack.family
            yield f"{family.upper():{width}}  {' '.join(columns)}"
        yield f"{name:{width}}  {' '.join(marks[name] for marks in columns.values())}"


def main() -> None:
    """Print the table; as somebody who is not root where that is to be had."""
    _, siege, walls = tests()
    user = siege.users()[-1]
    columns = {}
    for letter, place in COLUMNS.items():
        if why := walls.refused(user, place.partition("-")[0]):
            sys.stderr.write(f"{letter}: {why}\n")
            continue
        columns[letter] = column(user, place)
    text = "\n".join(lines(columns)) + "\n"
    sys.stdout.write(text)
    if "--write" in sys.argv:
        head, rest = PAGE.read_text("utf-8").split(BEGIN)
        PAGE.write_text(f"{head}{BEGIN}```text\n{text}```\n{END}{rest.partition(END)[2]}", "utf-8")


if __name__ == "__main__":
    main()
