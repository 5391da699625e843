"""One module, its own tests: ``pytest --llm-check`` beside ``mutmut run``, in turn, on this machine.

    python benchmarks/mutation/run.py [--cache FOLDER]

Needs the packages of this project's development environment.  Ours runs with the portable sandbox: in a process
namespace the kernel does not hand the times of killed processes on to those who wait for them.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import resource
import shutil
import subprocess
import sys
import tarfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
RELEASE, PACKAGE = "boltons==26.2.0", "boltons"
MODULE, TESTS = "boltons/strutils.py", "tests/test_strutils.py"
MUTMUT = f"""
[tool.mutmut]
source_paths = ["{PACKAGE}"]
only_mutate = ["{MODULE}"]
also_copy = ["{PACKAGE}"]
pytest_add_cli_args_test_selection = ["{TESTS}"]
process_isolation = "forkserver"
"""
# mutmut's exit codes; what is not named here counts as "other"
CODES = {
    0: "Survived",
    1: "Killed",
    3: "Killed",
    5: "NoCoverage",
    -24: "Timeout",
    24: "Timeout",
    33: "NoCoverage",
    36: "Timeout",
}
OPEN = ("Survived", "NoCoverage")
MANGLED = re.compile(r"x(?:_|ǁ(?P<owner>\w+)ǁ)(?P<name>\w+)__mutmut_\d+$")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one tool said and what it cost, children included; memory is that of the largest process."""

    statuses: Mapping[str, int]
    open: Mapping[str, int]  # mutants that no test kills, by function
    cpu: float
    wall: float
    memory_mb: float

    @property
    def total(self) -> int:
        """Mutants in all."""
        return sum(self.statuses.values())


def main() -> None:
    """Run both and compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    cache = parser.parse_args().cache
    cache.mkdir(parents=True, exist_ok=True)
    ours, theirs = run_ours(fresh_copy(cache, "ours")), run_mutmut(fresh_copy(cache, "mutmut"))
    show(ours, theirs)


def fresh_copy(cache: Path, name: str) -> Path:
    """The sdist's contents in a folder of their own."""
    project, version = RELEASE.split("==")
    archive = cache / f"{project}-{version}.tar.gz"
    if not archive.exists():
        wanted = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "--dest", str(cache), RELEASE]
        subprocess.run([sys.executable, "-m", "pip", "download", "--quiet", *wanted], check=True)
    folder = cache / name
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder / f"{project}-{version}"


def run_ours(project: Path) -> Outcome:
    """Judge every mutant with the gate's command."""
    options = ["--llm-check", f"--llm-target={MODULE}", "--llm-sandbox=portable", TESTS, "-q"]
    cost = timed([sys.executable, "-m", "pytest", "-p", "pytest_llmgen.plugin", *options], project)
    report = json.loads((project / ".llmgen" / "report.json").read_text())
    counts = {each["qualname"]: each["metrics"]["mutants"] for each in report["functions"]}
    left = Counter({name: total - killed for name, (killed, total) in counts.items()})
    return Outcome(report["totals"]["all"]["by_status"], left, *cost)


def run_mutmut(project: Path) -> Outcome:
    """Judge mutmut's mutants at its strictest setting."""
    with (project / "pyproject.toml").open("a") as stream:
        stream.write(MUTMUT)
    cost = timed([sys.executable, "-m", "mutmut", "run"], project)
    meta = json.loads((project / "mutants" / f"{MODULE}.meta").read_text())
    codes: dict[str, int] = meta["exit_code_by_key"]
    statuses = {key: CODES.get(code, "other") for key, code in codes.items()}
    left = Counter(function_of(key) for key, status in statuses.items() if status in OPEN)
    return Outcome(Counter(statuses.values()), left, *cost)


def function_of(key: str) -> str:
    """``Class.method`` or ``function`` from mutmut's name of a mutant."""
    found = MANGLED.search(key)
    if not found:
        return key
    return f"{found['owner']}.{found['name']}" if found["owner"] else found["name"]


def timed(command: Sequence[str], folder: Path) -> tuple[float, float, float]:
    """CPU seconds, wall seconds and megabytes of a command that may fail (a gate does)."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    environment.pop("PYTEST_ADDOPTS", None)
    began, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    process = subprocess.Popen(command, cwd=folder, env=environment, stdout=subprocess.DEVNULL)
    _, _, used = os.wait4(process.pid, 0)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return cpu, time.monotonic() - began, used.ru_maxrss / 1024


def show(ours: Outcome, theirs: Outcome) -> None:
    """Print both, and where they disagree."""
    for name, outcome in (("ours", ours), ("mutmut", theirs)):
        print(f"{name:8}{outcome.total} mutants {dict(outcome.statuses)}")
        print(f"{'':8}CPU {outcome.cpu:.1f} s, wall {outcome.wall:.1f} s, {outcome.memory_mb:.0f} MB")
    ratio = f"CPU {theirs.cpu / ours.cpu:.1f}, wall {theirs.wall / ours.wall:.1f}"
    print(f"mutmut / ours: {ratio}, memory {theirs.memory_mb / ours.memory_mb:.1f}")
    differing = sorted(n for n in ours.open.keys() | theirs.open.keys() if ours.open[n] != theirs.open[n])
    print(f"functions that differ in the number of mutants not killed: {len(differing)}")
    for name in differing:
        print(f"  {name}: ours {ours.open[name]}, mutmut {theirs.open[name]}")


if __name__ == "__main__":
    main()
