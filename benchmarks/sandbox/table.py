"""``python benchmarks/sandbox/table.py``: which tier stops which attack, each run alone, its effects seen from outside.

``.`` stopped, ``x`` escaped, ``-`` the tier is not to be had here.  The attacks are those of the tests.
"""

from __future__ import annotations

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path
from types import ModuleType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
TIERS = ("namespaces", "landlock", "portable")
"""Not ``off``: root's attacks would then hit the machine."""
READS = ("read_", "connect_by_proc", "mount_something")
"""Attacks whose success is what they learnt: nothing is left outside to look at."""
IN_VIEW = ("overwrite_the_source", "create_beside_the_source", "send_a_datagram")


def walls() -> ModuleType:
    """The tests' attacks and playground."""
    sys.path.insert(0, str(ROOT))
    spec = importlib.util.spec_from_file_location("walls", ROOT / "tests" / "run" / "test_run_sandbox_walls.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def attacks(tests: Any) -> dict[str, str]:
    """Each attack as a program of its own, by name."""
    found = {}
    for text in (tests.ATTACKS, tests.MORE, tests.CHMOD):
        head, *trials = text.removesuffix(tests.TAIL).split("@trial\n")
        for trial in trials:
            found[trial.partition("def ")[2].partition("(")[0]] = f"{head}@trial\n{trial}{tests.TAIL}"
    return found


def escaped(tests: Any, user: str, tier: str, name: str, program: str) -> bool:
    """Whether an attack had an effect outside."""
    with ExitStack() as stack:
        play = tests.Playground(user, stack)
        before = play.snapshot()
        try:
            results = play.run(tier, program)
        except AssertionError:  # it ended its own driver
            results = {name: ("done", None)} if name.startswith("kill_the_parent") else {}
        changed = (
            not play.victim.exists()
            or play.snapshot() != before
            or bool(play.heard())
            or play.sleeper.poll() is not None
        )
        said = results.get(name, ("refused", ""))[0] == "done"
        return changed or (said and (name.startswith(READS) or name == "kill_the_parent"))


def rows(tests: Any, user: str) -> dict[str, str]:
    """One row for each attack, a mark for each tier."""
    there = [tier for tier in TIERS if not tests._refused(user, tier)]  # noqa: SLF001
    table = {}
    for name, program in attacks(tests).items():
        marks = ["-" if t not in there else "x" if escaped(tests, user, t, name, program) else "." for t in TIERS]
        table[name] = "".join(f"{mark:>12}" for mark in marks)
    return table


def main() -> None:
    """Print the table, for the user who runs it."""
    tests = walls()
    print(f"{'':42}" + "".join(f"{tier:>12}" for tier in TIERS))
    for name, marks in rows(tests, "me").items():
        print(f"{name.replace('_', ' '):42}{marks}")


if __name__ == "__main__":
    main()
