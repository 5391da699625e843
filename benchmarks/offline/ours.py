"""This project's embedded generator on a folder, and the judgement of any tests in it."""

from __future__ import annotations

import json
import os
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
PLUGIN = ["-p", "pytest_llmgen.plugin", "-p", "no:asyncio", "-p", "no:cacheprovider", "-q", "--llm-sandbox=portable"]
"""Process namespaces hide what killed processes used."""


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds of a command, with the processes that it waited for."""

    cpu: float
    wall: float


@dataclass(slots=True)
class Score:
    """What a set of tests reaches in one module, and what making them cost."""

    lines: list[int] = field(default_factory=lambda: [0, 0])  # covered, all
    branches: list[int] = field(default_factory=lambda: [0, 0])
    mutants: list[int] = field(default_factory=lambda: [0, 0])
    classic: list[int] = field(default_factory=lambda: [0, 0])  # those that mutmut's operators make
    tests: int = 0
    rows: int = 0  # tests with each row of a table counted
    length: int = 0  # lines of test files
    cpu: float = 0.0
    wall: float = 0.0
    flaky: list[str] = field(default_factory=list)
    suspected: list[str] = field(default_factory=list)
    untested: dict[str, str] = field(default_factory=dict)  # function -> reason

    @property
    def coverage(self) -> float:
        """Lines and branches together."""
        every = self.lines[1] + self.branches[1]
        return (self.lines[0] + self.branches[0]) / every if every else 1.0

    @property
    def killed(self) -> float | None:
        """The mutation score; None without mutants."""
        return self.mutants[0] / self.mutants[1] if self.mutants[1] else None

    @property
    def killed_classic(self) -> float | None:
        """The same by mutmut's operators."""
        return self.classic[0] / self.classic[1] if self.classic[1] else None

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return asdict(self)


def generate(folder: Path, targets: Sequence[str], site: Path | None, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Run the generator as a user would; returns its report, with ``cost`` replaced by what was measured."""
    cost = run(folder, ["--llm-generate", "--llm-provider=offline", *_scope(targets), *arguments], site, "generate")
    return report_of(folder, cost)


def judge(folder: Path, targets: Sequence[str], site: Path | None, arguments: Sequence[str] = ()) -> dict[str, Any]:
    """Measure the tests that are there, whoever wrote them."""
    cost = run(folder, ["--llm-check", *_scope(targets), *arguments], site, "check")
    return report_of(folder, cost)


def add_classic(found: Mapping[str, Score], folder: Path, site: Path | None) -> None:
    """Judge the tests once more, by the mutants of mutmut's operators alone."""
    for path, score in scores(judge(folder, list(found), site, ["-o", "llm_operators=classic"])).items():
        found[path].classic = score.mutants


def run(folder: Path, arguments: Sequence[str], site: Path | None, name: str) -> Cost:
    """A run of pytest with the plugin from this source tree."""
    environment = environment_of(site)
    return measure([sys.executable, "-m", "pytest", *PLUGIN, *arguments], folder, environment, folder / f"{name}.log")


def measure(command: Sequence[str], folder: Path, environment: Mapping[str, str], output: Path) -> Cost:
    """Run a command in ``folder``; its output goes to the file ``output``.

    Its memory is not looked at, unlike in the bench of mutation testing: on a busy machine looking costs as much as the
    work.
    """
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    with output.open("w") as stream:
        subprocess.run(command, cwd=folder, env=dict(environment), stdout=stream, stderr=stream, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Cost(cpu, time.monotonic() - began)


def environment_of(site: Path | None) -> dict[str, str]:
    """The caller's environment with this source tree and what the case needs on the path."""
    paths = [str(ROOT), *([str(site)] if site else [])]
    return {**os.environ, "PYTHONPATH": os.pathsep.join(paths), "PYTHONDONTWRITEBYTECODE": "1"}


def report_of(folder: Path, cost: Cost) -> dict[str, Any]:
    """The report of a run, or why there is none."""
    place = folder / ".llmgen" / "report.json"
    if not place.exists():
        raise SystemExit(f"no report; see the logs in {folder}")
    found: dict[str, Any] = json.loads(place.read_text())
    found["cost"] = {"cpu": cost.cpu, "wall": cost.wall}
    return found


def scores(report: dict[str, Any]) -> dict[str, Score]:
    """Path to score, for each module in the report."""
    found: dict[str, Score] = {}
    for item in report["functions"]:
        score = found.setdefault(item["path"], Score())
        for name in ("lines", "branches", "mutants"):
            pair = item["metrics"][name] or [0, 0]
            mine = getattr(score, name)
            mine[0], mine[1] = mine[0] + pair[0], mine[1] + pair[1]
        if item["reason"]:
            score.untested[item["qualname"]] = item["reason"]
    for item in report["suspected_bugs"]:
        found[item["path"]].suspected.append(f"{item['qualname']}: {item['quote'] or item['expected']}")
    for item in report["tests"]:
        if item["fate"] == "kept":
            found[item["target"].partition("::")[0]].tests += 1
    for score in found.values():
        score.cpu = report["cost"]["cpu"] / len(found)
        score.wall = report["cost"]["wall"] / len(found)
    return found


def survivors(report: dict[str, Any]) -> list[dict[str, Any]]:
    """The open mutants."""
    return [gap for gap in report["gaps"] if gap["kind"] == "surviving-mutant"]


def flaky_tests(folder: Path, site: Path | None, runs: int) -> list[str]:
    """Tests that do not pass in every one of ``runs`` perturbed runs."""
    failed: dict[str, None] = {}
    for seed in range(runs):
        environment = environment_of(site)
        environment["PYTHONPATH"] += os.pathsep + str(HERE)
        environment |= {"PYTHONHASHSEED": str(seed * 7919 + 1), "TZ": ("UTC", "Asia/Tokyo", "America/Lima")[seed % 3]}
        environment |= {"PERTURB_SEED": str(seed), "LC_ALL": ("C.UTF-8", "C", "de_DE.UTF-8")[seed % 3]}
        command = [sys.executable, "-m", "pytest", "-q", "-p", "perturb", "-p", "no:cacheprovider", "--tb=no"]
        command += ["-p", "no:llmgen", "-p", "no:asyncio", "-rfE", "tests"]
        done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
        lines = [line for line in done.stdout.splitlines() if line.startswith(("FAILED ", "ERROR "))]
        failed.update(dict.fromkeys(line.split(" - ")[0].split(" ", 1)[1] for line in lines))
        if done.returncode not in {0, 1, 5}:
            failed[f"run {seed} ended with {done.returncode}"] = None
    return list(failed)


def lengths(folder: Path) -> dict[str, int]:
    """Lines of each test file."""
    files = (folder / "tests").rglob("test_*.py")
    return {str(file.relative_to(folder)): len(file.read_text().splitlines()) for file in files}


def median(values: Sequence[float | None]) -> float:
    """Of those that are known."""
    known = [value for value in values if value is not None]
    return statistics.median(known) if known else float("nan")


def _scope(targets: Sequence[str]) -> list[str]:
    return [f"--llm-target={target}" for target in targets]
