"""Our verdicts against each mutant alone: written into a copy of the project, plain pytest in a fresh process.

    python benchmarks/mutation/alone.py [--projects boltons,toolz,click,jinja2] [--of all] [--sample 300] [--seed 1]
    python benchmarks/mutation/alone.py --projects boltons --mutant ours:ID

The first draws a sample of what ``run.py`` kept of our mutants and compares; one that its chosen tests let pass meets
the whole suite as well.  What was found of an edit is kept and not run again.  The second shows one mutant of any tool.
"""

from __future__ import annotations

import argparse
import difflib
import hashlib
import json
import os
import random
import resource
import signal
import subprocess
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from queue import SimpleQueue

from compare import DETECTED, OPEN, is_detected
from edits import Edit
from projects import PROJECTS, Project, read_module, unpack
from tools import Bench, Entry, load

SECONDS, FACTOR = 10.0, 10.0
"""What the tests may take in CPU seconds: this, and so many times their clean time."""
PATIENCE = 20.0
"""So many times as much they may take by the clock: a loaded machine is no endless loop."""
PLAIN = ("-p", "no:cacheprovider", "-p", "no:llmgen", "-x", "-q", "--tb=line")
BY_STATUS = {0: "Survived", 1: "Killed", 2: "RuntimeError", 3: "RuntimeError", 4: "RuntimeError", 5: "RuntimeError"}
"""pytest's exit statuses; what is not there is a signal, or an exit of the interpreter in the middle."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What a mutant alone came to."""

    status: str
    by: str  # "chosen" tests, or the whole "suite"
    detail: str


class Alone:
    """Copies of one project, each for one mutant at a time."""

    def __init__(self, project: Project, bench: Bench, jobs: int) -> None:
        self._project, self._python = project, bench.python("ours", project)
        self._kept = bench.cache / "alone" / project.name
        self._kept.mkdir(parents=True, exist_ok=True)
        self.source = read_module(project, bench.cache)
        self._seconds = load(bench.cache / "results" / f"{project.name}-clean.json").test_seconds
        self._copies: SimpleQueue[Path] = SimpleQueue()
        for number in range(jobs):
            folder = bench.cache / "work" / f"{project.name}-alone-{os.getpid()}-{number}"
            self._copies.put(unpack(project, bench.cache, folder))

    def judge(self, edit: Edit, chosen: Sequence[str], *, fresh: bool = False) -> Finding:
        """Run the chosen tests, then the whole suite, until something fails."""
        name = hashlib.sha256(repr((edit, self.source)).encode()).hexdigest()[:24]
        file = self._kept / f"{name}.json"
        if file.exists() and not fresh:
            return Finding(**json.loads(file.read_text()))
        root = self._copies.get()
        try:
            found = self._judge(edit, chosen, root)
        finally:
            self._copies.put(root)
        file.write_text(json.dumps(asdict(found)))
        return found

    def _judge(self, edit: Edit, chosen: Sequence[str], root: Path) -> Finding:
        file = root / self._project.module
        file.write_text(edit.applied(self.source), encoding="utf-8")
        try:
            for by, tests in (("chosen", chosen), ("suite", self._project.tests)):
                if tests:
                    status, detail = self.run(root, tests)
                    if status != "Survived":
                        return Finding(status, by, detail)
        finally:
            file.write_text(self.source, encoding="utf-8")
        return Finding("Survived", "suite", "")

    def run(self, root: Path, tests: Sequence[str]) -> tuple[str, str]:
        """Plain pytest in a process of its own; its status and what it said last."""
        clean = sum(self._seconds.get(test, 0.0) for test in tests) or sum(self._seconds.values())
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("PYTEST_", "COV", "PYTHONPATH"))}
        environment |= {
            "PYTHONPATH": str(root / self._project.import_root),
            "PYTHONDONTWRITEBYTECODE": "1",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTHONHASHSEED": "0",
        }
        command = [self._python, "-m", "pytest", *PLAIN, *tests]
        process = subprocess.Popen(
            command,
            cwd=root,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        limit = SECONDS + FACTOR * clean
        resource.prlimit(process.pid, resource.RLIMIT_CPU, (round(limit), round(limit) + 1))
        try:
            output, _ = process.communicate(timeout=PATIENCE * limit)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.communicate()
            return "Timeout", ""
        if process.returncode == -signal.SIGXCPU:
            return "Timeout", ""
        return BY_STATUS.get(process.returncode, "RuntimeError"), "\n".join(output.splitlines()[-3:])[-300:]


def main() -> None:
    """Compare a sample, or show one mutant."""
    options = _parser().parse_args()
    bench = Bench(options.cache)
    for name in options.projects.split(","):
        alone = Alone(PROJECTS[name], bench, options.jobs)
        if options.mutant:
            _show(alone, _find(options.cache, name, options.mutant))
            continue
        ours = load(options.cache / "results" / f"{name}-{options.of}.json")
        wanted = [entry for entry in ours.entries if entry.status in DETECTED | OPEN]
        sample = random.Random(options.seed).sample(wanted, min(options.sample, len(wanted)))
        for line in _compared(alone, name, sample, options.jobs):
            print(line, flush=True)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--cache", type=Path, default=Path.home() / ".cache" / "llmgen-bench")
    parser.add_argument("--projects", default=",".join(PROJECTS))
    parser.add_argument("--of", default="all", choices=("ours", "all"), help="as in run.py")
    parser.add_argument("--sample", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--mutant", help="TOOL:ID of one mutant to show")
    return parser


def _find(cache: Path, name: str, mutant: str) -> Entry:
    tool, _, identity = mutant.partition(":")
    entries = load(cache / "results" / f"{name}-{tool}.json").entries
    return next(entry for entry in entries if entry.id == identity)


def _show(alone: Alone, entry: Entry) -> None:
    before, after = alone.source.splitlines(), entry.edit.applied(alone.source).splitlines()
    print("\n".join(difflib.unified_diff(before, after, "original", entry.id, lineterm="", n=2)))
    found = alone.judge(entry.edit, entry.tests, fresh=True)
    print(f"\nsaid {entry.status}; alone in a fresh process: {found.status} by the {found.by}\n{found.detail}")


def _compared(alone: Alone, name: str, sample: Sequence[Entry], jobs: int) -> Iterator[str]:
    began = time.monotonic()
    with ThreadPoolExecutor(jobs) as pool:
        found = list(pool.map(lambda entry: alone.judge(entry.edit, entry.tests), sample))
    pairs = list(zip(sample, found, strict=True))
    false_survivors = [(e, f) for e, f in pairs if is_detected(f.status) and not is_detected(e.status)]
    false_kills = [(e, f) for e, f in pairs if is_detected(e.status) and not is_detected(f.status)]
    words = Counter(f"{e.status}/{f.status}" for e, f in pairs if e.status != f.status)
    yield (
        f"{name}: {len(pairs)} mutants alone, {len(false_survivors)} false survivors, {len(false_kills)} false kills "
        f"({time.monotonic() - began:.0f} s); other words (ours/alone): {dict(words)}"
    )
    for kind, entries in (("false survivor", false_survivors), ("false kill", false_kills)):
        for entry, finding in entries:
            yield f"- {kind}: {entry.unit} {entry.status}, alone {finding.status} by the {finding.by}: {entry.id}"
            yield f"  {finding.detail!r}"


if __name__ == "__main__":
    main()
