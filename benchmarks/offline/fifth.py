"""What the embedded generator reaches in a fifth of the time that Pynguin takes on the same module.

    python benchmarks/offline/fifth.py [--modules NAME,NAME] [--pynguin FOLDER]

Pynguin runs first, by itself; then the generator with ``--llm-time``, so that the whole command ends within a fifth of
Pynguin's wall seconds. ``--pynguin`` takes what an earlier run of this or of ``run.py`` left in its ``--work``.
"""

from __future__ import annotations

import argparse
import json
from dataclasses import dataclass
from pathlib import Path

from cases import MODULES, Case, lay_out_module, named
from ours import Score, flaky_tests, generate, lengths, median, scores
from pynguin_side import run_pynguin

AROUND, AROUND_A_SECOND = 3.0, 0.06
"""Seconds of a run before and after generating: the starts of pytest and of a worker, the mutants, the report."""
SHORTEST = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """A module by both; ``allowed`` are wall seconds."""

    name: str
    pynguin: Score
    ours: Score
    allowed: float

    @property
    def is_in_time(self) -> bool:
        """Whether the whole command ended within the time allowed."""
        return self.ours.wall <= self.allowed

    @property
    def is_as_good(self) -> bool:
        """Whether ours reaches and kills at least as much."""
        killed = (self.ours.killed or 0.0) >= (self.pynguin.killed or 0.0)
        return killed and self.ours.coverage >= self.pynguin.coverage


def main() -> None:
    """Run what was asked for and print a table."""
    options = _parser().parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    pairs = []
    for case in named(name for name in options.modules.split(",") if name):
        other = _pynguin(case, options)
        if not other.tests:
            print(f"{case.name:20} | Pynguin wrote nothing", flush=True)
            continue
        pairs.append(_pair(case, other, options))
        print(_row(pairs[-1]), flush=True)
    print("\n".join(_summary(pairs)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--modules", default=",".join(MODULES))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    parser.add_argument("--work", type=Path, default=Path("/tmp/llmgen-fifth-bench"))
    parser.add_argument("--pynguin", type=Path, help="where Pynguin's figures of an earlier run are")
    parser.add_argument("--part", type=float, default=0.2, help="of Pynguin's wall seconds")
    parser.add_argument("--flaky", type=int, default=0, help="perturbed runs")
    return parser


def _pynguin(case: Case, options: argparse.Namespace) -> Score:
    """Pynguin's score, known or new."""
    known = (options.pynguin or options.work) / f"{case.name}-pynguin.json"
    if options.pynguin and known.exists():
        found = json.loads(known.read_text())
        return Score(**{name: value for name, value in found.items() if name in Score.__dataclass_fields__})
    score = run_pynguin(case, options.cache, options.work / f"{case.name}-pynguin")
    (options.work / f"{case.name}-pynguin.json").write_text(json.dumps(score.as_json(), indent=1))
    return score


def _pair(case: Case, other: Score, options: argparse.Namespace) -> Pair:
    allowed = options.part * other.wall
    folder = options.work / case.name
    path, site = lay_out_module(case, options.cache, folder)
    seconds = max(SHORTEST, allowed - AROUND - AROUND_A_SECOND * allowed)
    report = generate(folder, [path], site, [f"--llm-time={seconds:.1f}"])
    score = scores(report).get(path, Score())
    score.length = sum(lengths(folder).values())
    score.flaky = flaky_tests(folder, site, options.flaky) if options.flaky else []
    (options.work / f"{case.name}.json").write_text(json.dumps(score.as_json() | {"run": report["run"]}, indent=1))
    return Pair(case.name, other, score, allowed)


def _row(pair: Pair) -> str:
    ours, other = pair.ours, pair.pynguin
    return " | ".join(
        [
            f"{pair.name:20}",
            f"{ours.coverage:.1%} of lines and branches, {ours.mutants[0]}/{ours.mutants[1]} mutants",
            f"wall {ours.wall:.1f} of {pair.allowed:.1f} s, CPU {ours.cpu:.1f} s",
            f"Pynguin {other.coverage:.1%}, {other.mutants[0]}/{other.mutants[1]}",
            f"wall {other.wall:.0f} s, CPU {other.cpu:.0f} s",
            f"{'in' if pair.is_in_time else 'NOT in'} time, {'at least' if pair.is_as_good else 'NOT'} Pynguin's",
            f"flaky {ours.flaky or 'none'}",
        ]
    )


def _summary(pairs: list[Pair]) -> list[str]:
    if not pairs:
        return ["nothing to compare"]
    both = sum(pair.is_in_time and pair.is_as_good for pair in pairs)
    share = median([pair.ours.wall / pair.pynguin.wall for pair in pairs])
    cpu = median([pair.ours.cpu / pair.pynguin.cpu for pair in pairs])
    return [
        f"modules: {len(pairs)}",
        f"  at least Pynguin's in the time allowed: {both}",
        f"  median: {share:.2f} of its wall seconds, {cpu:.2f} of its CPU seconds",
        f"  median of lines and branches: {median([pair.ours.coverage for pair in pairs]):.1%}",
        f"  median of mutants: {median([pair.ours.killed for pair in pairs]):.1%}",
    ]


if __name__ == "__main__":
    main()
