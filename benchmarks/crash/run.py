"""``python benchmarks/crash/run.py [MOMENTS [SEED [LOG]]]``: kill -9 at random moments of a run.

Each time the same small project, a double in place of the model, and one process killed: the parent, one that it
started (a worker's supervisor), or one that is deeper (a worker, a child that runs a test).
Looked at: processes that outlive the run, the user's files, replies lost or asked for twice, and whether the
next run ends as an undisturbed one does.

Each outcome is a line of LOG before the next kill.  Started again with the same code, seed and LOG, it goes on where it
was ended.  A moment that finds nobody to kill is drawn again, so that every line is of a process that was killed.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from pytest_llmgen.testing import FakeAnthropic, FakeRequest  # noqa: E402 (the path comes first)

CODE = '''def sign(number):
    """-1, 0 or 1."""
    if number > 0:
        return 1
    return -1 if number < 0 else 0


def clip(number, low=0, high=10):
    if number < low:
        return low
    return min(number, high)


def double(number):
    return 2 * number
'''
TESTS = "from pkg.code import double\n\n\ndef test_double():\n    assert double(2) == 4\n"
FILES = {
    "pkg/__init__.py": "",
    "pkg/code.py": CODE,
    "tests/test_code.py": TESTS,
    "notes.txt": "mine\n",
    "pyproject.toml": '[tool.pytest.ini_options]\ntestpaths = ["tests"]\npythonpath = ["."]\nllm_workers = "1"\n',
}
REPLIES = {
    "sign": """```python
from pkg.code import sign

def test_positive():
    \"\"\"Typical: a positive number has the sign 1.\"\"\"
    assert sign(3) == 1

def test_negative():
    \"\"\"Edge: a negative number has the sign -1.\"\"\"
    assert sign(-3) == -1

def test_zero():
    \"\"\"Edge: zero has no sign.\"\"\"
    assert sign(0) == 0
```""",
    "clip": """```python
from pkg.code import clip

def test_below():
    \"\"\"Edge: what is too low becomes the lowest.\"\"\"
    assert clip(-1) == 0

def test_above():
    \"\"\"Edge: what is too high becomes the highest.\"\"\"
    assert clip(11) == 10

def test_between():
    \"\"\"Typical: the rest stays.\"\"\"
    assert clip(0, -1) == 0
```""",
}
ARGUMENTS = ("--llm-generate", "--llm-provider=model", "--llm-model=double", "--llm-rounds=1", "--llm-report=json")
QUIET = ("-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest")
VICTIMS = ("parent", "worker", "child")
ORPHAN_SECONDS = 10.0
RUN_SECONDS = 300.0
LOOK_SECONDS = 0.005
DRAWS = 6
"""How often a moment is drawn before a kill is given up."""
STAGES = ("no reply yet", "replies", "files written")
LOG = Path(tempfile.gettempdir()) / "llmgen-crash.jsonl"
OURS = (".llmgen", "tests/llmgen")


def answer(request: FakeRequest) -> str:
    """What the double says: tests for the function that the request is about."""
    text = json.dumps(request.body["messages"])
    return REPLIES["sign" if text.count("sign(") > text.count("clip(") else "clip"]


@dataclass(frozen=True)
class Trial:
    """A copy of the project, with a folder for temporary files beside it."""

    folder: Path

    @property
    def project(self) -> Path:
        """The user's files."""
        return self.folder / "project"

    def write(self) -> None:
        """The project as it is before any run."""
        (self.folder / "tmp").mkdir()
        for name, text in FILES.items():
            (self.project / name).parent.mkdir(parents=True, exist_ok=True)
            (self.project / name).write_text(text)

    def start(self, api: FakeAnthropic) -> subprocess.Popen[str]:
        """``pytest --llm-generate`` in a session of its own."""
        kept = {name: os.environ[name] for name in ("PATH", "LANG", "LD_LIBRARY_PATH") if name in os.environ}
        env = kept | api.environment | {"PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1"}
        env |= {"HOME": str(self.folder), "TMPDIR": str(self.folder / "tmp")}
        return subprocess.Popen(
            [sys.executable, "-m", "pytest", *QUIET, "-p", "no:llmgen", "-p", "pytest_llmgen.plugin", *ARGUMENTS],
            cwd=self.project, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, start_new_session=True,
        )  # fmt: skip

    def run(self, api: FakeAnthropic) -> str:
        """To its end; gives its output."""
        return self.start(api).communicate(timeout=RUN_SECONDS)[0]

    def users_files(self) -> dict[str, str]:
        """Everything but what the plugin may write, by content."""
        paths = (p for p in self.project.rglob("*") if p.is_file())
        found = {p.relative_to(self.project).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest() for p in paths}
        return {name: digest for name, digest in found.items() if not name.startswith(OURS)}

    def written(self) -> dict[str, str]:
        """The files of generated tests."""
        return {p.name: p.read_text() for p in sorted((self.project / "tests" / "llmgen").glob("*"))}

    def replies(self) -> set[str]:
        """Keys in the journal."""
        return {path.stem for path in (self.project / ".llmgen" / "replies").rglob("*.json")}

    def stage(self) -> str:
        """How far a run has come."""
        return STAGES[2 if self.written() else 1 if self.replies() else 0]

    def leftovers(self) -> list[str]:
        """What the plugin left in the folder for temporary files."""
        return [path.name for path in (self.folder / "tmp").iterdir() if path.name.startswith("llmgen")]

    def result(self) -> dict[str, Any]:
        """What a run came to, without times and costs."""
        path = self.project / ".llmgen" / "report.json"
        if not path.exists():
            return {}
        report = json.loads(path.read_text())
        tests = sorted((test["nodeid"], test["fate"], test.get("code")) for test in report["tests"])
        return {
            "tests": tests,
            "verdict": report["verdict"]["state"],
            "totals": report["totals"],
            "files": self.written(),
        }


def processes() -> dict[int, tuple[int, str]]:
    """Pid -> parent and start time, zombies left out."""
    found = {}
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            with suppress(OSError):
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
                if fields[0] != "Z":
                    found[int(folder.name)] = (int(fields[1]), fields[19])
    return found


def below(pid: int) -> Iterator[tuple[int, int, str]]:
    """Depth, pid and start time of every descendant."""
    known = processes()
    waiting = [(0, pid)]
    while waiting:
        depth, parent = waiting.pop()
        for child, (above, started) in known.items():
            if above == parent:
                yield depth + 1, child, started
                waiting.append((depth + 1, child))


def choose(pid: int, victim: str, chance: random.Random, word: str = "") -> int | None:
    """A process to kill; a worker is what the parent started, a child all that is deeper.

    ``word`` is on its command line.
    """
    if victim == "parent":
        return pid
    wanted = [
        each for depth, each, _ in sorted(below(pid)) if (depth == 1) == (victim == "worker") and word in line(each)
    ]
    return chance.choice(wanted) if wanted else None


def line(pid: int) -> str:
    """The command line of a process."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_text(errors="replace")
    except OSError:
        return ""


def outlived(known: set[tuple[int, str]], folder: Path | None = None) -> set[int]:
    """Those of some processes that do not end in time, and others that were started for a folder."""
    end = time.monotonic() + ORPHAN_SECONDS
    while True:
        now = {(pid, started) for pid, (_, started) in processes().items()}
        left = {pid for pid, started in known & now} | (set(started_for(folder)) if folder else set())
        if not left or time.monotonic() > end:
            return left
        time.sleep(0.05)


def started_for(folder: Path) -> Iterator[int]:
    """Processes that have a folder in their environment, wherever they hang in the tree."""
    for pid in processes():
        with suppress(OSError):
            if os.fsencode(folder) in Path(f"/proc/{pid}/environ").read_bytes():
                yield pid


@dataclass(frozen=True)
class Outcome:
    """What one kill came to."""

    number: int
    victim: str
    moment: float  # share of an undisturbed run
    stage: str  # "" where there was nobody to kill
    problems: tuple[str, ...] = ()


@dataclass(frozen=True)
class Wanted:
    """What an undisturbed run comes to, what a second one after it, and the seconds of the first, here and now."""

    first: dict[str, Any]
    second: dict[str, Any]
    seconds: float


def attempt(number: int, share: float, wanted: Wanted, chance: random.Random) -> tuple[Outcome, float | None]:
    """Kill once, look, and run again where the parent was killed; ``share`` of a run is the moment.

    Also the seconds of the run where it came to its end.
    """
    victim = VICTIMS[number % len(VICTIMS)]
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, FakeAnthropic(answer) as api:
        trial = Trial(Path(folder).resolve())
        trial.write()
        before, began = trial.users_files(), time.monotonic()
        process = trial.start(api)
        with suppress(subprocess.TimeoutExpired):
            process.wait(share * wanted.seconds)
        stage, known = kill(process, victim, trial, chance)
        first = process.communicate(timeout=RUN_SECONDS)[0]
        seconds = None if victim == "parent" and stage else time.monotonic() - began
        problems = [f"outlived: {left}"] if (left := outlived(known, trial.folder)) else []
        problems += [f"user's file: {name}" for name in _different(before, trial.users_files())]
        problems += [
            f"half written: {n}" for n, text in trial.written().items() if wanted.first["files"].get(n) != text
        ]
        if stage and victim == "parent":
            problems += _resumed(trial, api, wanted)
        elif trial.result() != wanted.first:
            problems.append(
                f"a lost {victim} changed the result: {_difference(trial.result(), wanted.first)}\n{first[-800:]}"
            )
        problems += [f"left in TMPDIR: {n}" for n in trial.leftovers()]
        return Outcome(number, victim, share, stage, tuple(problems)), seconds


def kill(
    process: subprocess.Popen[str], victim: str, trial: Trial, chance: random.Random
) -> tuple[str, set[tuple[int, str]]]:
    """Kill the next such process; how far the run had come, and all processes there were.

    Empty where the run ends before there is one.
    """
    while process.poll() is None:
        known = {(pid, started) for _, pid, started in below(process.pid)}
        pid = choose(process.pid, victim, chance)
        if pid is not None:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
                return trial.stage(), known
        time.sleep(LOOK_SECONDS)
    return "", set()


def _resumed(trial: Trial, api: FakeAnthropic, wanted: Wanted) -> list[str]:
    """What is wrong with the run after a parent's end: as the first, or a second where tests were written."""
    expected = wanted.second if trial.written() else wanted.first
    kept, asked = trial.replies(), len(api.requests)
    output = trial.run(api)
    problems = [f"lost reply: {key}" for key in kept - trial.replies()]
    if trial.result() != expected:
        problems.append(f"the next run differs: {_difference(trial.result(), expected)}\n{output[-800:]}")
    twice = len(api.requests) - asked - len(trial.replies() - kept)
    return problems + ([f"{twice} asked twice"] if twice > 0 else [])


def _different(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    return sorted(name for name in {*one, *other} if one.get(name) != other.get(name))


def _difference(one: Mapping[str, Any], other: Mapping[str, Any]) -> str:
    name = next((name for name in other if one.get(name) != other[name]), "nothing")
    return f"{name}: {one.get(name)!r} instead of {other.get(name)!r}"[:600]


def undisturbed() -> Wanted:
    """Two runs that nobody disturbs."""
    with tempfile.TemporaryDirectory(prefix="crash-") as folder, FakeAnthropic(answer) as api:
        trial = Trial(Path(folder).resolve())
        trial.write()
        began = time.monotonic()
        output = trial.run(api)
        seconds, first = time.monotonic() - began, trial.result()
        assert first.get("files"), output
        trial.run(api)
        return Wanted(first, trial.result(), seconds)


def siege(numbers: list[int], seed: int) -> Iterator[Outcome]:
    """These of the kills, the victims in turn, the moments spread over the whole run."""
    wanted = undisturbed() if numbers else None
    for number in numbers:
        assert wanted is not None
        chance = random.Random(f"{seed} {number}")
        for _ in range(DRAWS):
            outcome, seconds = attempt(number, chance.random(), wanted, chance)
            if seconds is not None:  # the machine's mood changes
                wanted = replace(wanted, seconds=seconds)
            if outcome.stage or outcome.problems:
                break
        yield outcome


def code() -> str:
    """A digest of our code: what was seen of another is no part of this table."""
    paths = sorted((ROOT / "pytest_llmgen").rglob("*.py"))
    return hashlib.sha256(b"".join(path.read_bytes() for path in paths)).hexdigest()[:16]


def earlier(log: Path, key: Mapping[str, Any]) -> list[Outcome]:
    """Outcomes of the same code and seed in a log."""
    lines = [json.loads(text) for text in log.read_text().splitlines()] if log.exists() else []
    return [
        Outcome(**{name: value for name, value in each.items() if name not in key})
        for each in lines
        if key.items() <= each.items()
    ]


def table(outcomes: list[Outcome]) -> str:
    """Kills by victim and stage of the run, and how many of them had a problem."""
    count = Counter((each.victim, each.stage) for each in outcomes)
    bad = Counter(each.victim for each in outcomes if each.problems)
    head = f"{'':10}" + "".join(f"{stage:>16}" for stage in (*STAGES, "problems"))
    rows = (f"{v:10}" + "".join(f"{count[v, s]:16}" for s in STAGES) + f"{bad[v]:16}" for v in VICTIMS)
    return "\n".join([head, *rows])


def main(moments: int = 100, seed: int = 1, log: Path = LOG, say: Callable[..., None] = print) -> None:
    """Print a line for each problem, and the table."""
    key = {"seed": seed, "code": code()}
    outcomes = earlier(log, key)
    done = {each.number for each in outcomes}
    say(f"{len(done)} of {moments} are in {log}")
    for outcome in siege([number for number in range(moments) if number not in done], seed):
        outcomes.append(outcome)
        with log.open("a") as stream:
            stream.write(json.dumps(key | asdict(outcome)) + "\n")
        say(
            f"{len(outcomes):4} {outcome.victim:7} at {outcome.moment:.3f}: {outcome.stage or 'not killed'}", flush=True
        )
        for problem in outcome.problems:
            say(f"     {problem}", flush=True)
    say(table(outcomes))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:3]), *map(Path, sys.argv[3:]))
