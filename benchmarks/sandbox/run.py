"""``python benchmarks/sandbox/run.py``: what the walls cost, as ratios in CPU seconds.

A worker's start in each tier against a bare interpreter, and a fork behind the walls against one without.
"""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pytest_llmgen.run.process import Child  # noqa: E402
from pytest_llmgen.run.sandbox.choice import PROBE, settle, take_ground, trial  # noqa: E402
from pytest_llmgen.run.sandbox.plan import Limits, Tier, TierName  # noqa: E402
from pytest_llmgen.run.sandbox.private import private_folder  # noqa: E402

ROUNDS, FORKS = 15, 400
FORKING = f"""
import os, time
def forks():
    began = time.perf_counter()
    for _ in range({FORKS}):
        pid = os.fork()
        if not pid: os._exit(0)
        os.waitpid(pid, 0)
    return (time.perf_counter() - began) / {FORKS}
forks()
print("FORK", min(forks() for _ in range(5)))
"""


def cpu(run: object) -> float:
    """CPU seconds of the children that a call leaves behind ended."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run()  # type: ignore[operator]
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def start(name: TierName, root: Path, code: str = PROBE) -> str:
    """A worker's start and end; what it said."""
    with private_folder() as private:
        plan = settle(take_ground(Tier(name), root) if name not in GROUNDS else GROUNDS[name], private, Limits())
        argv = [sys.executable, "-I", "-S", "-c", code, str(ROOT), plan.to_json()]
        with Child.start(argv, env={}, cwd=private, private=private) as child:
            child.wait(60)
            return child.output()


GROUNDS: dict[TierName, object] = {}


def main() -> None:
    """Print one line for each tier."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bare = [sys.executable, "-I", "-S", "-c", "pass"]
        interpreter = statistics.median(cpu(lambda: subprocess.run(bare, check=True)) for _ in range(ROUNDS))
        print(f"bare interpreter: {interpreter * 1000:.1f} ms CPU")
        for name in TierName:
            if isinstance(trial(name), str):
                print(f"{name:12} not to be had here")
                continue
            GROUNDS[name] = take_ground(Tier(name), root)
            whole = statistics.median(cpu(lambda name=name: start(name, root)) for _ in range(ROUNDS))
            fork = [line for line in start(name, root, PROBE + FORKING).splitlines() if line.startswith("FORK")]
            each = float(fork[0].split()[1]) * 1e6
            print(f"{name:12} start {whole / interpreter:4.1f} x bare interpreter    fork {each:6.0f} us")
    os._exit(0)


if __name__ == "__main__":
    main()
