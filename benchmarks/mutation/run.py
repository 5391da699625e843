"""This project's mutation testing beside mutmut and pytest-gremlins: same modules, same tests, same machine, in turn.

    python benchmarks/mutation/run.py [--projects boltons,toolz,click,jinja2] [--tools ours,all,mutmut,gremlins]

``ours`` makes mutmut's mutants (``llm_operators = "classic"``), ``all`` is what a check does where nothing is set.
Sources and the other tools' environments are fetched once and kept below ``--cache``, and so is what a version of a
tool said of a project: ``--fresh`` runs all of them again, ``--again ours,all`` only those.  ``--quick`` is boltons
with ours and mutmut.  Needs the packages of this project's development environment.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from pathlib import Path

from compare import compare, goals
from edits import Text
from projects import PROJECTS, read_module
from tools import Bench, Outcome, load

TOOLS = ("clean", "ours", "all", "mutmut", "gremlins")


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
            outcome = _outcome(bench, name, tool, None if options.fresh else options.again.split(","))
            outcomes[tool] = outcome
            print(f"{name}: {tool} {outcome.version}: CPU {outcome.cost.cpu:.1f} s ({outcome.day})", flush=True)
        everything.append(outcomes)
    for line in _lines(everything, options.cache):
        print(line)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    parser.add_argument("--projects", default=",".join(PROJECTS))
    parser.add_argument("--tools", default=",".join(TOOLS[1:]))
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--fresh", action="store_true", help="run every tool, whatever was said before")
    parser.add_argument("--again", default="", help="run these tools whatever was said before")
    parser.add_argument("--ours", default="", help="more arguments for ours, in one word")
    parser.add_argument("--sandbox", default="portable", help="process namespaces hide what killed processes used")
    return parser


def _outcome(bench: Bench, name: str, tool: str, again: list[str] | None) -> Outcome:
    """What a tool says of a project; ``again`` are the tools to run whatever is kept, None for every tool."""
    kept = bench.cache / "results" / f"{name}-{tool}.json"
    if again is not None and tool not in again and kept.exists():
        before = load(kept)
        if before.version and before.version == bench.version(tool, PROJECTS[name]):
            return before
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
