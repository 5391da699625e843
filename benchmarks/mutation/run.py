"""This project's mutation testing beside mutmut and pytest-gremlins: same modules, same tests, same machine, in turn.

    python benchmarks/mutation/run.py [--projects boltons,toolz,click,jinja2] [--tools ours,mutmut,gremlins]

Sources and the other tools' environments are fetched once and kept below ``--cache``; needs the packages of this
project's development environment.  ``--again ours`` runs only the tools named and compares them with what the others
said the last time.  ``--quick`` is boltons alone, without pytest-gremlins.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from compare import compare, goals
from edits import Text
from projects import PROJECTS, read_module
from tools import Bench, Outcome, load

TOOLS = ("clean", "ours", "mutmut", "gremlins")


def main() -> None:
    """Run what was asked for and print the comparison."""
    options = _parser().parse_args()
    projects = ["boltons"] if options.quick else options.projects.split(",")
    tools = ["ours", "mutmut"] if options.quick else options.tools.split(",")
    bench = Bench(options.cache, tuple(options.ours.split()), options.sandbox)
    everything = []
    for name in projects:
        outcomes = {}
        for tool in ("clean", *tools):
            outcome = _outcome(bench, name, tool, options.again)
            outcomes[tool] = outcome
            print(f"{name}: {tool} {outcome.version}: CPU {outcome.cost.cpu:.1f} s", flush=True)
        everything.append(outcomes)
    for line in _lines(everything, options.cache):
        print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    parser.add_argument("--projects", default=",".join(PROJECTS))
    parser.add_argument("--tools", default=",".join(TOOLS[1:]))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--again", help="run only these tools, take what the others said before")
    parser.add_argument("--ours", default="", help="more arguments for ours, in one word")
    parser.add_argument("--sandbox", default="portable", help="process namespaces hide what killed processes used")
    return parser


def _outcome(bench: Bench, name: str, tool: str, again: str | None) -> Outcome:
    kept = bench.cache / "results" / f"{name}-{tool}.json"
    if again is not None and tool not in again.split(",") and kept.exists():
        return load(kept)
    outcome = bench.run(tool, PROJECTS[name])
    outcome.save(kept)
    return outcome


def _lines(everything: list[dict[str, Outcome]], cache: Path) -> Iterator[str]:
    for outcomes in everything:
        yield ""
        text = Text(read_module(PROJECTS[outcomes["clean"].project], cache))
        yield from compare(outcomes, text.unchanged())
    yield ""
    yield "## Goals"
    yield ""
    yield from goals(everything)


if __name__ == "__main__":
    main()
