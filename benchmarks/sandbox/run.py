"""``python benchmarks/sandbox/run.py``: what the walls cost, in CPU seconds, all processes together.

A worker's start and end in each tier as a ratio to a bare interpreter's, beside one that only imports what the walls
are made with (of which pytest needs most in any case); and a fork behind the walls, which inherits them, as a ratio to
one without walls.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pytest_llmgen.run.process import Child  # noqa: E402
from pytest_llmgen.run.sandbox.choice import PROBE, Ground, settle, take_ground, trial  # noqa: E402
from pytest_llmgen.run.sandbox.plan import Limits, Tier, TierName  # noqa: E402
from pytest_llmgen.run.sandbox.private import private_folder  # noqa: E402

STARTS, LOOKS, FORKS = 11, 7, 200
TIERS = (TierName.OFF, TierName.PORTABLE, TierName.LANDLOCK, TierName.NAMESPACES)
IMPORTS = "import sys; sys.path.insert(0, sys.argv[1]); from pytest_llmgen.run.sandbox import entry, plan"
FORKING = f"""
import os, resource, time
def cpu():
    own, ended = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
    return own.ru_utime + own.ru_stime + ended.ru_utime + ended.ru_stime
began = cpu()
for _ in range({FORKS}):
    pid = os.fork()
    if not pid: os._exit(0)
    os.waitpid(pid, 0)
print("FORK", (cpu() - began) / {FORKS})
"""


def cpu_seconds(run: Callable[[], object]) -> float:
    """CPU seconds of the processes that a call starts and sees end."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start(ground: Ground, code: str = PROBE) -> str:
    """A worker's start and end; what it said."""
    with private_folder() as private:
        plan = settle(ground, private, Limits())
        argv = [sys.executable, "-I", "-S", "-c", code, str(ROOT), plan.to_json()]
        with Child.start(argv, env={}, cwd=private, private=private) as child:
            if child.wait(60) != 0:
                sys.exit(child.output())
            return child.output()


def fork(ground: Ground) -> float:
    """CPU seconds of a fork and its end."""
    said = start(ground, PROBE + FORKING)
    return next(float(line.split()[1]) for line in said.splitlines() if line.startswith("FORK "))


def main() -> None:
    """Print one line for each tier; the tiers take turns, so that the machine's moods hit them alike."""
    with tempfile.TemporaryDirectory() as folder:
        there = [name for name in TIERS if isinstance(trial(name), tuple)]
        grounds = {name: take_ground(Tier(name), Path(folder)) for name in there}
        bare = [sys.executable, "-I", "-S", "-c", "pass"]
        starts: dict[TierName, list[float]] = {name: [] for name in there}
        forks: dict[TierName, list[float]] = {name: [] for name in there}
        bares, imports = [], []
        for _ in range(STARTS):
            bares.append(cpu_seconds(lambda: subprocess.run(bare, check=True)))
            imports.append(cpu_seconds(lambda: subprocess.run([*bare[:-1], IMPORTS, str(ROOT)], check=True)))
            for name in there:
                starts[name].append(cpu_seconds(lambda name=name: start(grounds[name])))
        for _ in range(LOOKS):
            for name in there:
                forks[name].append(fork(grounds[name]))
    alone, bare_fork = statistics.median(bares), statistics.median(forks[TierName.OFF])
    print(f"bare interpreter {alone * 1000:.1f} ms CPU, fork without walls {bare_fork * 1e6:.0f} us CPU")
    print(f"imports      start {statistics.median(imports) / alone:5.2f} x a bare interpreter")
    for name in TIERS:
        if name not in there:
            print(f"{name:12} not to be had here")
            continue
        ratio, each = statistics.median(starts[name]) / alone, statistics.median(forks[name]) / bare_fork
        print(f"{name:12} start {ratio:5.2f} x a bare interpreter    fork {each:5.2f} x one without walls")
    os._exit(0)


if __name__ == "__main__":
    main()
