"""The embedded generator measured: small programs with planted faults, modules of released projects, beside Pynguin.

    python benchmarks/offline/run.py --data HUMANEVAL.jsonl [--modules NAME,NAME] [--programs N] [--pynguin] [--faults]

Everything is made below ``--work``; releases and Pynguin's environment are fetched once into ``--cache``.
``--quick`` is ten programs and two modules, without Pynguin and faults.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from pathlib import Path

from cases import MODULES, lay_out_module, lay_out_programs, named, programs
from faults import FaultFigures, measure_faults
from ours import Score, add_classic, flaky_tests, generate, lengths, median, scores, survivors
from pynguin_side import run_pynguin

_QUICK_PROGRAMS = 10
_QUICK_MODULES = "stringcase,semver.version"


def main() -> None:
    """Run what was asked for and print tables."""
    options = _parser().parse_args()
    options.work.mkdir(parents=True, exist_ok=True)
    if options.quick:
        options.modules, options.pynguin, options.faults = _QUICK_MODULES, False, False
    if options.data:
        _programs(options)
    for case in named(name for name in options.modules.split(",") if name):
        folder = options.work / case.name
        path, site = lay_out_module(case, options.cache, folder)
        report = generate(folder, [path], site, options.arguments.split())
        score = scores(report).get(path, Score())
        add_classic({path: score}, folder, site)
        score.length = sum(lengths(folder).values())
        score.flaky = flaky_tests(folder, site, options.flaky)
        _save(options.work / f"{case.name}.json", score, report)
        print(_row(case.name, score), flush=True)
        if options.pynguin:
            other = run_pynguin(case, options.cache, options.work / f"{case.name}-pynguin")
            _save(options.work / f"{case.name}-pynguin.json", other, None)
            print(_row(f"{case.name} by Pynguin", other), flush=True)
    print("\n".join(_modules_summary(options.work)))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, help="the small programs, one JSON object a line with id and source")
    parser.add_argument("--programs", type=int, default=0, help="only so many of them, evenly chosen; 0 for all")
    parser.add_argument("--modules", default=",".join(MODULES))
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    parser.add_argument("--work", type=Path, default=Path("/tmp/llmgen-offline-bench"))
    parser.add_argument("--flaky", type=int, default=20, help="perturbed runs")
    parser.add_argument("--arguments", default="", help="more arguments for pytest, in one word")
    parser.add_argument("--pynguin", action="store_true")
    parser.add_argument("--faults", action="store_true")
    parser.add_argument("--quick", action="store_true")
    return parser


def _programs(options: argparse.Namespace) -> None:
    sources = programs(options.data)
    wanted = _QUICK_PROGRAMS if options.quick else options.programs
    if wanted:
        names = list(sources)[:: max(1, len(sources) // wanted)][:wanted]
        sources = {name: sources[name] for name in names}
    folder = options.work / "programs"
    report = generate(folder, lay_out_programs(sources, folder), None, options.arguments.split())
    found = scores(report)
    add_classic(found, folder, None)
    figures = FaultFigures()
    flaky = flaky_tests(folder, None, options.flaky)
    if options.faults:
        figures = measure_faults(sources, folder, options.work / "faulty")
    (options.work / "programs.json").write_text(
        json.dumps(
            {"scores": {name: asdict(score) for name, score in found.items()}, "faults": asdict(figures)}
            | {"survivors": survivors(report), "flaky": flaky, "stages": report["run"]["stage_cpu_seconds"]},
            indent=1,
        )
    )
    print("\n".join(_programs_summary(found, figures, flaky, lengths(folder))), flush=True)


def _programs_summary(
    found: Mapping[str, Score], figures: FaultFigures, flaky: list[str], length: Mapping[str, int]
) -> Iterator[str]:
    several = list(found.values())
    killed, every = (sum(score.mutants[place] for score in several) for place in (0, 1))
    yield f"programs: {len(several)}"
    yield f"  lines and branches: median {median([s.coverage for s in several]):.1%}, not whole in " + (
        ", ".join(name for name, score in found.items() if score.coverage < 1) or "none"
    )
    share = median([score.killed for score in several])
    yield f"  mutants: median {share:.1%}, together {killed}/{every} = {killed / every:.1%}"
    killed, every = (sum(score.classic[place] for score in several) for place in (0, 1))
    share = median([score.killed_classic for score in several])
    yield f"  of mutmut's operators: median {share:.1%}, together {killed}/{every} = {killed / every:.1%}"
    yield f"  tests: {sum(s.tests for s in several)}, {sum(length.values())} lines; flaky: {flaky or 'none'}"
    cpu, wall = sum(s.cpu for s in several), sum(s.wall for s in several)
    yield f"  seconds a program: CPU {cpu / len(several):.1f}, wall {wall / len(several):.1f}"
    yield f"  suspected on correct programs: {[text for s in several for text in s.suspected] or 'none'}"
    if figures.planted:
        yield f"  faults shown: {figures.shown} of {figures.planted}; missed: {'; '.join(figures.missed) or 'none'}"
        yield (
            f"  faulty programs suspected: {figures.suspected} of {figures.drawn} "
            f"({figures.documented} of these show in a documented example)"
        )


def _row(name: str, score: Score) -> str:
    return " | ".join(
        [
            f"{name:28}",
            f"{score.lines[0]}/{score.lines[1]} lines",
            f"{score.branches[0]}/{score.branches[1]} branches",
            f"{score.coverage:.1%}",
            f"{score.mutants[0]}/{score.mutants[1]} mutants",
            f"{score.killed if score.killed is not None else float('nan'):.1%}",
            f"{score.classic[0]}/{score.classic[1]} of mutmut's",
            f"{score.tests} tests in {score.length} lines",
            f"CPU {score.cpu:.0f} s, wall {score.wall:.0f} s",
            f"flaky {score.flaky or 'none'}",
        ]
    )


def _save(place: Path, score: Score, report: dict[str, object] | None) -> None:
    extra = {"survivors": survivors(report), "run": report["run"]} if report is not None else {}
    place.write_text(json.dumps(score.as_json() | extra, indent=1))


def _modules_summary(work: Path) -> Iterator[str]:
    several = [
        Score(**_known(json.loads((work / f"{name}.json").read_text())))
        for name in MODULES
        if (work / f"{name}.json").exists()
    ]
    if several:
        yield f"modules: {len(several)}"
        yield f"  lines and branches: median {median([s.coverage for s in several]):.1%}"
        yield f"  mutants: median {median([s.killed for s in several]):.1%}"
        yield f"  of mutmut's operators: median {median([s.killed_classic for s in several]):.1%}"


def _known(found: dict[str, object]) -> dict[str, object]:
    return {name: value for name, value in found.items() if name in Score.__dataclass_fields__}


if __name__ == "__main__":
    main()
