"""Children end as a tree, whoever ends them and however they try to stay."""

import functools
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import pytest_llmgen
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.sandbox import choice
from pytest_llmgen.run.sandbox.choice import prepare
from pytest_llmgen.run.sandbox.plan import Tier, TierName
from pytest_llmgen.run.sandbox.private import private_folder

PACKAGE = str(Path(pytest_llmgen.__file__).parents[1])
ENTER = (
    "import os, signal, subprocess, sys, time; sys.path.insert(0, sys.argv[1])\n"
    "from pytest_llmgen.run.sandbox import entry, plan; entry.enter(plan.Plan.from_json(sys.argv[2]))\n"
)
STAYER = (
    ENTER
    + """
marker = sys.argv[3]
subprocess.Popen(["sleep", marker])
subprocess.Popen(["sleep", marker], start_new_session=True)
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork():
        os._exit(0)
    os.execvp("sleep", ["sleep", marker])
print("ready", flush=True)
"""
)
FOREVER = STAYER + "time.sleep(600)"
PARENT = """
import sys
sys.path.insert(0, sys.argv[1])
from pathlib import Path
from pytest_llmgen.run.process import Child
child = Child.start([sys.executable, "-B", "-c", sys.argv[5], *sys.argv[1:4]], env={"PATH": "/usr/bin:/bin"},
                    cwd=Path("/"), private=Path(sys.argv[4]))
child.wait()
"""
TIERS = ["namespaces", "landlock", "portable", "off"]


@pytest.fixture
def private():
    with private_folder() as folder:
        yield folder


@functools.cache
def _refused(tier):
    answer = choice.trial(TierName(tier))
    return answer if isinstance(answer, str) else None


@pytest.fixture(params=TIERS)
def plan(request, tmp_path, private):
    if refused := _refused(request.param):
        pytest.skip(f"refused by this kernel: {refused}")
    return prepare(Tier(TierName(request.param)), tmp_path, private)


@pytest.fixture
def marker():
    return f"{5000 + os.getpid() % 1000}.{time.monotonic_ns()}"


def _start(code, plan, *arguments, **options):
    argv = [sys.executable, "-B", "-c", ENTER + code, PACKAGE, plan.to_json(), *arguments]
    env = {"PATH": "/usr/bin:/bin"}
    return Child.start(argv, env=env, cwd=Path(plan.root), private=Path(plan.private), **options)


def _alive(marker):
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if marker.encode() in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def _until(condition):
    end = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.01)


def _ready(private):
    out = private / "out" / "stdout"
    return lambda: out.exists() and "ready" in out.read_text()


def test_killing_the_tree_leaves_nothing_and_may_be_repeated(plan, marker, private):
    with _start(FOREVER.removeprefix(ENTER), plan, marker) as child:
        _until(_ready(private))
        _until(lambda: len(_alive(marker)) >= 5)  # supervisor, worker, three sleepers
        assert child.wait(0) is None
        assert child.wait(0.01) is None
        child.kill_tree()
        assert _alive(marker) == []
    child.kill_tree()
    assert child.wait() == 128 + signal.SIGKILL


def test_a_worker_that_ends_takes_its_daemons_with_it(plan, marker):
    with _start(STAYER.removeprefix(ENTER), plan, marker) as child:
        assert child.wait(20) == 0
        assert _alive(marker) == []


@pytest.mark.parametrize("victim", [signal.SIGKILL, signal.SIGTERM])
def test_no_orphan_is_left_when_the_parent_is_killed(plan, marker, private, victim):
    argv = [sys.executable, "-B", "-c", PARENT, PACKAGE, plan.to_json(), marker, str(private), FOREVER]
    parent = subprocess.Popen(argv, stderr=subprocess.DEVNULL)
    _until(_ready(private))
    parent.send_signal(victim)
    parent.wait(20)
    _until(lambda: not _alive(marker))


def test_the_supervisor_being_killed_ends_the_worker(plan, marker, private):
    with _start("print('ready', flush=True); time.sleep(600)", plan, marker) as child:
        _until(_ready(private))
        os.kill(child.pid, signal.SIGKILL)
        _until(lambda: not _alive(marker))


@pytest.mark.parametrize(("code", "status"), [("sys.exit(3)", 3), ("os.kill(os.getpid(), 11)", 139)])
def test_the_exit_status_of_the_worker_comes_through(plan, code, status):
    with _start(code, plan) as child:
        assert child.wait(20) == status


def test_a_program_that_never_entered_a_sandbox_is_killed_too(private, marker, monkeypatch):
    monkeypatch.setattr("pytest_llmgen.run.process.GRACE_SECONDS", 0.05)
    code = "import subprocess, sys, time; subprocess.Popen(['sleep', sys.argv[1]]); print('ready', flush=True)"
    argv = [sys.executable, "-c", code + "; time.sleep(600)", marker]
    with Child.start(argv, env={"PATH": "/usr/bin:/bin"}, cwd=private, private=private):
        _until(_ready(private))
    assert _alive(marker) == []


def test_descriptors_are_passed_and_input_is_empty(plan):
    theirs, ours = os.pipe()
    with _start(f"os.write({ours}, repr(sys.stdin.read()).encode())", plan, pass_fds=[ours]) as child:
        os.close(ours)
        assert child.wait(20) == 0, child.output()
    assert os.read(theirs, 100) == b"''"
    os.close(theirs)


def test_output_is_the_end_of_both_streams(private):
    code = "import sys; print('a' * 50 + 'end'); print('problem', file=sys.stderr)"
    with Child.start([sys.executable, "-c", code], env={}, cwd=private, private=private) as child:
        assert child.wait(20) == 0
        assert child.output() == "a" * 50 + "end\nproblem\n"
        assert child.output(limit=8) == "end\nlem\n"


def test_a_program_that_is_not_there_leaks_no_descriptor(private):
    before = len(list(Path("/proc/self/fd").iterdir()))
    with pytest.raises(FileNotFoundError):
        Child.start([str(private / "missing")], env={}, cwd=private, private=private)
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_orphans_are_buried_while_the_worker_runs(plan):
    code = """
if os.fork() == 0:
    if os.fork() == 0:
        with open("orphan", "w") as stream:
            stream.write(str(os.getpid()))
        os._exit(0)
    os._exit(0)
os.wait()
while not os.path.exists("orphan") or not open("orphan").read() or os.path.exists("/proc/" + open("orphan").read()):
    time.sleep(0.02)
"""
    with _start(code, plan) as child:
        assert child.wait(20) == 0, child.output()
