"""Hostile and ordinary programs behind each tier, as each user there is; effects are checked from outside."""

import functools
import json
import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

import pytest

import pytest_llmgen

PACKAGE = str(Path(pytest_llmgen.__file__).parents[1])
PROBES_IN_CHILD = """
import sys
sys.path.insert(0, sys.argv[1])
from pytest_llmgen.run.sandbox.choice import trial
from pytest_llmgen.run.sandbox.plan import TierName
answer = trial(TierName(sys.argv[2]))
print(answer if isinstance(answer, str) else "")
"""
USABLE = """
import sys
sys.path.insert(0, sys.argv[1])
import pytest_llmgen.records
assert sys.version_info >= (3, 11)
"""
DRIVER = """
import json, os, sys
from pathlib import Path
package, tier, root, body, facts = sys.argv[1:]
sys.path.insert(0, package)
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.sandbox.choice import prepare
from pytest_llmgen.run.sandbox.environment import child_environment
from pytest_llmgen.run.sandbox.plan import Limits, Tier, TierName
from pytest_llmgen.run.sandbox.private import private_folder
START = (
    "import sys; sys.path.insert(0, sys.argv[1]); body = open(sys.argv[3]).read();"
    "from pytest_llmgen.run.sandbox import entry, plan; entry.enter(plan.Plan.from_json(sys.argv[2]));"
    "exec(compile(body, sys.argv[3], 'exec'))"
)
with private_folder() as private:
    plan = prepare(Tier(TierName(tier)), Path(root), private, limits=Limits(file_mb=8))
    env = child_environment(os.environ, plan.home, plan.tmp)
    argv = [sys.executable, "-B", "-c", START, package, plan.to_json(), body, str(os.getpid()), facts]
    with Child.start(argv, env=env, cwd=private, private=private) as child:
        code = child.wait(30)
    print(json.dumps({"code": code, "output": child.output(), "view": plan.view, "private": str(private)}))
"""
HEAD = """
import json, os, sys
driver, facts = int(sys.argv[4]), json.loads(sys.argv[5])
results = {}
def trial(function):
    try:
        results[function.__name__] = ["done", function()]
    except BaseException as problem:
        results[function.__name__] = ["refused", repr(problem)]
"""
TAIL = """
print("RESULTS" + json.dumps(results))
"""
ATTACKS = (
    HEAD
    + """
import shutil, signal, socket, subprocess, glob
victim = facts["victim"]
@trial
def overwrite_the_source(): open(facts["root"] + "/code.py", "w").write("gone")
@trial
def create_beside_the_source(): open(facts["root"] + "/new.py", "w").write("new")
@trial
def write_in_home(): open(victim + "/home/.bashrc", "a").write("evil")
@trial
def write_in_the_shared_temporary_folder(): open(facts["tmp"] + "/" + facts["marker"], "w").write("x")
@trial
def truncate(): os.truncate(victim + "/file", 0)
@trial
def rename_into(): open("own", "w").close(); os.rename("own", victim + "/file")
@trial
def link_into(): os.symlink("/etc/passwd", victim + "/link")
@trial
def hard_link_out(): os.link(victim + "/file", "stolen"); open("stolen", "w").write("evil")
@trial
def write_through_a_link(): os.symlink(victim + "/file", "way"); open("way", "w").write("evil")
@trial
def write_by_a_shell(): assert subprocess.run(f"echo evil > '{victim}/file'", shell=True).returncode == 0
@trial
def write_by_proc_root(): open("/proc/1/root" + victim + "/file", "w").write("evil")
@trial
def remove_the_tree(): shutil.rmtree(victim)
@trial
def connect_to_the_host(): socket.create_connection(("127.0.0.1", facts["tcp"]), 2).send(b"secret")
@trial
def send_a_datagram(): socket.socket(type=socket.SOCK_DGRAM).sendto(b"secret", ("127.0.0.1", facts["udp"]))
@trial
def connect_by_multipath():
    s = socket.socket(proto=262); s.settimeout(2); s.connect(("127.0.0.1", facts["tcp"])); s.send(b"secret")
@trial
def connect_to_an_abstract_socket():
    s = socket.socket(socket.AF_UNIX); s.connect("\\0" + facts["marker"]); s.send(b"secret")
@trial
def connect_to_the_internet(): socket.create_connection(("192.0.2.1", 80), 2)
@trial
def connect_by_a_child():
    code = f"import socket; socket.create_connection(('127.0.0.1', {facts['tcp']}), 2).send(b'x')"
    subprocess.run([sys.executable, "-c", code], check=True, stderr=subprocess.DEVNULL)
@trial
def kill_another_process(): os.kill(facts["sleeper"], signal.SIGKILL)
@trial
def kill_the_parent(): os.kill(driver, signal.SIGKILL)
@trial
def read_the_environment_of_others():
    found = []
    for path in glob.glob("/proc/[0-9]*/environ"):
        try:
            if b"planted-secret" in open(path, "rb").read(): found.append(path)
        except OSError: pass
    assert found, "none readable"
@trial
def read_the_memory_of_the_parent(): open(f"/proc/{driver}/mem", "rb").close()
"""
    + TAIL
)
MORE = (
    HEAD
    + """
import ctypes, socket, subprocess
libc = ctypes.CDLL(None, use_errno=True)
def call(*arguments):
    if libc.syscall(*arguments) == -1: raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))
@trial
def read_a_file_of_the_user(): open(victim + "/file").read()
@trial
def read_a_secret_of_the_project(): assert open(".env").read()
@trial
def read_the_history_of_the_project(): assert os.listdir(".git")
@trial
def read_shadowed_passwords(): assert open("/etc/shadow").read()
@trial
def read_a_disk():
    found = [name for name in os.listdir("/dev") if name.startswith(("vd", "sd", "nvme", "xvd", "loop"))]
    assert any(open("/dev/" + name, "rb").read(1) for name in found)
@trial
def read_other_processes_lines(): assert "sleep" in open(f"/proc/{facts['sleeper']}/cmdline").read()
@trial
def write_by_the_c_library(): libc.open((victim + "/c").encode(), 0o101, 0o600) >= 0 or call(-1)
@trial
def trace_another_process(): call(101, 16, facts["sleeper"], 0, 0)
@trial
def read_memory_by_a_call(): call(310, facts["sleeper"], 0, 0, 0, 0, 0); raise OSError("nothing was read")
@trial
def take_a_descriptor(): call(438, call(434, facts["sleeper"], 0) or 3, 0, 0)
@trial
def leave_by_a_new_namespace(): call(272, 0x10000000)
@trial
def open_a_ring(): call(425, 1, 0)
@trial
def watch_by_perf(): call(298, 0, 0, -1, -1, 0)
@trial
def load_a_filter(): call(321, 0, 0, 0)
@trial
def keep_a_key(): call(248, b"user", b"k", b"v", 1, -3)
@trial
def open_a_raw_socket(): socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
@trial
def open_a_vsock(): socket.socket(socket.AF_VSOCK)
@trial
def open_a_crypto_socket(): socket.socket(socket.AF_ALG, socket.SOCK_SEQPACKET)
@trial
def change_the_kernel(): open("/proc/sys/kernel/core_pattern", "w").close()
"""
    + TAIL
)
CHMOD = (
    HEAD
    + """
@trial
def change_permissions(): os.chmod(facts["victim"] + "/file", 0o777)
@trial
def change_times(): os.utime(facts["victim"] + "/file", (0, 0))
@trial
def mount_something():
    import ctypes
    assert ctypes.CDLL(None).mount(b"none", b"/", b"tmpfs", 0, None) == 0, "mount"
"""
    + TAIL
)
COMMON = (
    HEAD
    + """
import subprocess, signal, time
@trial
def own_environment_has_the_secret():
    assert "planted-secret" in os.environ.values() or b"planted-secret" in open("/proc/self/environ", "rb").read()
@trial
def write_a_giant_file():
    with open("giant", "wb") as stream:
        for _ in range(20): stream.write(bytes(1 << 20))
@trial
def daemon():
    for pid in (os.fork,):
        if pid() == 0:
            os.setsid()
            if os.fork() == 0:
                os.execvp("sleep", ["sleep", facts["seconds"]])
            os._exit(0)
@trial
def overwrite_by_a_relative_path():
    open("code.py", "w").write("gone")
    return open("code.py").read()
"""
    + TAIL
)
ORDINARY = (
    HEAD
    + """
import asyncio, shutil, signal, sqlite3, subprocess, tempfile, threading
from pathlib import Path
@trial
def temporary_files():
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "a").write_text("a"); os.rename(folder + "/a", folder + "/b"); os.chmod(folder + "/b", 0o600)
@trial
def home(): Path("~/.config/x").expanduser().parent.mkdir(parents=True); Path("~/.config/x").expanduser().touch()
@trial
def beside_the_code(): Path("result.txt").write_text("x"); return Path("result.txt").read_text()
@trial
def change_and_remove_files_of_the_project():
    Path("data/table.txt").write_text("changed"); os.unlink("code.py"); shutil.rmtree("data")
    return [Path("code.py").exists(), Path("data").exists()]
@trial
def read_the_installation(): import email, decimal; return len(os.listdir(os.path.dirname(os.__file__))) > 50
@trial
def run_programs(): return subprocess.run([sys.executable, "-c", "print(6*7)"], capture_output=True, text=True).stdout
@trial
def shell_pipe(): return subprocess.getoutput("echo b a | tr ' ' '\\\\n' | sort | head -1")
@trial
def databases():
    with sqlite3.connect("shop.db") as db:
        db.execute("create table t(a)"); db.execute("insert into t values (1)")
        return db.execute("select a from t").fetchone()[0]
@trial
def event_loops():
    async def main():
        process = await asyncio.create_subprocess_exec("true"); return await process.wait()
    return asyncio.run(main())
@trial
def threads():
    box = []; thread = threading.Thread(target=box.append, args=(1,)); thread.start(); thread.join(); return box
@trial
def signals():
    box = []; signal.signal(signal.SIGUSR1, lambda *a: box.append(1)); os.kill(os.getpid(), signal.SIGUSR1); return box
@trial
def forks():
    pid = os.fork()
    if not pid: os._exit(7)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
@trial
def terminals():
    import pty; a, b = os.openpty(); os.write(b, b"x"); return os.read(a, 1).decode()
@trial
def unix_sockets():
    import socket
    server = socket.socket(socket.AF_UNIX); server.bind("s"); server.listen()
    client = socket.socket(socket.AF_UNIX); client.connect("s"); client.send(b"x")
    return server.accept()[0].recv(1).decode()
@trial
def user(): import getpass; return os.getuid() == os.geteuid() and os.getuid()
@trial
def null_device(): open(os.devnull, "w").write("x")
"""
    + TAIL
)
LOOPBACK = (
    HEAD
    + """
import multiprocessing, socket
from multiprocessing import shared_memory
@trial
def stream():
    server = socket.create_server(("127.0.0.1", 0)); client = socket.create_connection(server.getsockname())
    client.send(b"x"); return server.accept()[0].recv(1).decode()
@trial
def datagram():
    server = socket.socket(type=socket.SOCK_DGRAM); server.bind(("127.0.0.1", 0)); server.settimeout(5)
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", server.getsockname()); return server.recv(1).decode()
@trial
def queues():
    context = multiprocessing.get_context("fork"); queue = context.Queue()
    process = context.Process(target=queue.put, args=(5,)); process.start(); value = queue.get()
    process.join(); return value
@trial
def shared(): block = shared_memory.SharedMemory(create=True, size=10); block.close(); block.unlink()
@trial
def only_its_own_processes(): return sorted(int(name) for name in os.listdir("/proc") if name.isdigit())
"""
    + TAIL
)


APART = (
    HEAD
    + """
import signal
from pytest_llmgen.run.fork import run_child
def ask(deed):
    def work(report):
        try: answer = repr(deed())
        except OSError as problem: answer = type(problem).__name__
        report.send("it", answer=answer)
    seen = []
    run_child(work, lambda record: seen.append(record["answer"]), 5)
    return seen
@trial
def ask_whether_it_lives(): return ask(lambda: os.kill(os.getppid(), 0))
@trial
def stop(): return ask(lambda: os.kill(os.getppid(), signal.SIGSTOP))
@trial
def open_its_memory(): return ask(lambda: open(f"/proc/{os.getppid()}/mem", "rb"))
@trial
def read_its_maps(): return ask(lambda: open(f"/proc/{os.getppid()}/maps").read())
@trial
def read_its_descriptors(): return ask(lambda: os.readlink(f"/proc/{os.getppid()}/fd/0"))
@trial
def read_its_environment(): return ask(lambda: open(f"/proc/{os.getppid()}/environ").read())
@trial
def read_of_itself(): return ask(lambda: len(open("/proc/self/environ").read() + open("/proc/self/maps").read()) > 9)
"""
    + TAIL
)


def _users():
    return ["me", "nobody"] if os.geteuid() == 0 else ["me"]


class Playground:
    """A user's project, home and machine that a program in the sandbox must leave alone."""

    def __init__(self, user, stack):
        self.user = user
        self.python = sys.executable if user == "me" else shutil.which("python3", path="/usr/bin:/usr/local/bin")
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="play,ground:"))).resolve()
        self.root, self.victim = self.folder / "project", self.folder / "victim"
        for path, text in (
            ("project/code.py", "A = 1\n"),
            ("project/.env", "A=1"),
            ("project/.git/HEAD", "x"),
            ("project/data/table.txt", "1"),
            ("victim/file", "mine"),
        ):
            (self.folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self.folder / path).write_text(text)
        (self.victim / "home").mkdir()
        (self.victim / "home/.bashrc").write_text("alias")
        self.marker = f"llmgen-attack-{os.getpid()}-{self.folder.name[-6:]}"
        self.seconds = f"{4000 + os.getpid() % 1000}.{abs(hash(self.marker)) % 10**6}"
        self._listen(stack)
        self._give_away()
        self.sleeper = stack.enter_context(self.start(["sleep", "600"]))
        stack.callback(self.sleeper.kill)

    def _listen(self, stack):
        self.listeners = [
            stack.enter_context(socket.create_server(("127.0.0.1", 0))),
            stack.enter_context(socket.socket(type=socket.SOCK_DGRAM)),
            stack.enter_context(socket.socket(socket.AF_UNIX)),
        ]
        self.listeners[1].bind(("127.0.0.1", 0))
        self.listeners[2].bind("\0" + self.marker)
        self.listeners[2].listen()
        for listener in self.listeners:
            listener.setblocking(False)

    def _give_away(self):
        if self.user == "nobody":
            entry = pwd.getpwnam("nobody")
            for path in (self.folder, *self.folder.rglob("*")):
                os.chown(path, entry.pw_uid, entry.pw_gid)

    def start(self, argv, **options):
        who = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []}
        env = {**os.environ, "SHOP_API_KEY": "planted-secret", "TMPDIR": tempfile.gettempdir(), "SHOP_MODE": "test"}
        return subprocess.Popen(argv, env=env, **(who if self.user == "nobody" else {}), **options)

    def python_run(self, code, *arguments):
        process = self.start(
            [self.python, "-B", "-c", code, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd="/",
        )
        out, err = process.communicate(timeout=60)
        assert process.returncode == 0, err
        return out

    def run(self, tier, program):
        body = self.folder / "body.py"
        body.write_text(program)
        facts = {
            "victim": str(self.victim), "root": str(self.root), "tmp": tempfile.gettempdir(), "marker": self.marker,
            "tcp": self.listeners[0].getsockname()[1], "udp": self.listeners[1].getsockname()[1],
            "sleeper": self.sleeper.pid, "seconds": self.seconds,
        }  # fmt: skip
        told = json.loads(self.python_run(DRIVER, PACKAGE, tier, str(self.root), str(body), json.dumps(facts)))
        assert told["code"] == 0, told["output"]
        assert not Path(told["private"]).exists()
        return json.loads(told["output"].partition("RESULTS")[2].splitlines()[0])

    def snapshot(self):
        paths = [path for folder in (self.root, self.victim) for path in (folder, *folder.rglob("*"))]
        return {p: (p.lstat().st_mode, p.lstat().st_mtime_ns, p.is_file() and p.read_bytes()) for p in paths}

    def heard(self):
        return [listener for listener in self.listeners if _hears(listener)]

    def daemons(self):
        return [path for path in Path("/proc").glob("[0-9]*/cmdline") if self.seconds in _text(path)]


def _hears(listener):
    try:
        return bool(listener.recv(100) if listener.type == socket.SOCK_DGRAM else listener.accept())
    except BlockingIOError:
        return False


def _text(path):
    try:
        return path.read_bytes().decode(errors="replace")
    except OSError:
        return ""


@pytest.fixture(params=_users())
def playground(request):
    with ExitStack() as stack:
        play = Playground(request.param, stack)
        try:
            usable = play.python and play.start([play.python, "-B", "-c", USABLE, PACKAGE]).wait(20) == 0
        except PermissionError:
            usable = False
        if not usable:
            pytest.skip("no Python that this user can run the package with")
        yield play


@functools.cache
def _refused(user, tier):
    with ExitStack() as stack:
        return Playground(user, stack).python_run(PROBES_IN_CHILD, PACKAGE, tier).strip()


@pytest.fixture
def wall(request, playground):
    if refused := _refused(playground.user, request.param):
        pytest.skip(f"refused by this kernel: {refused}")
    return request.param


def behind(*tiers):
    return pytest.mark.parametrize("wall", tiers, indirect=True)


@behind("namespaces", "landlock")
def test_attacks_leave_no_trace_outside(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, ATTACKS)
    assert playground.snapshot() == before
    assert playground.heard() == []
    assert playground.sleeper.poll() is None
    assert not Path(tempfile.gettempdir(), playground.marker).exists()
    # In the overlay the project looks writable; that nothing came through is what the snapshot says.
    # A datagram goes to the namespace's own loopback, where nobody listens.
    harmless = {"overwrite_the_source", "create_beside_the_source", "send_a_datagram"}
    harmless = harmless if wall == "namespaces" else set()
    assert {name for name, (outcome, _) in results.items() if outcome == "done"} == harmless


@behind("namespaces", "landlock")
def test_what_no_test_needs_is_refused(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, MORE)
    assert playground.snapshot() == before
    # Names and command lines of processes are open to all who share /proc.
    known = {"read_other_processes_lines"} if wall == "landlock" else set()
    assert {name for name, (outcome, _) in results.items() if outcome == "done"} == known


@behind("portable")
def test_the_portable_layer_holds_against_accident(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, ATTACKS)
    assert playground.snapshot() == before
    assert playground.sleeper.poll() is None
    assert not Path(tempfile.gettempdir(), playground.marker).exists()
    assert {results[name][0] for name in ("remove_the_tree", "connect_to_the_internet", "kill_another_process")} == {
        "refused"
    }


@behind("namespaces")  # Landlock has no right for permissions and times
def test_permissions_times_and_mounts_cannot_be_changed_in_namespaces(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, CHMOD)
    assert playground.snapshot() == before
    assert {outcome for outcome, _ in results.values()} == {"refused"}, results


@behind("namespaces", "landlock", "portable")
def test_every_tier_strips_secrets_limits_files_and_ends_daemons(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, COMMON)
    assert results["own_environment_has_the_secret"][0] == "refused"
    assert "EFBIG" in results["write_a_giant_file"][1] or "File too large" in results["write_a_giant_file"][1]
    assert results["daemon"][0] == "done"
    assert playground.daemons() == []
    assert results["overwrite_by_a_relative_path"] == ["done", "gone"]
    assert playground.snapshot() == before


@behind("namespaces", "landlock", "portable")
def test_a_forked_child_can_neither_signal_nor_look_into_its_worker(playground, wall):
    results = playground.run(wall, APART)
    assert results.pop("read_of_itself") == ["done", ["True"]]
    assert {str(answer) for answer in results.values()} == {"['done', ['PermissionError']]"}, results


@behind("namespaces", "landlock", "portable")
def test_ordinary_tests_can_do_their_work(playground, wall):
    before = playground.snapshot()
    results = playground.run(wall, ORDINARY)
    # Opening a terminal by Landlock alone would mean being able to write to the user's own ones.
    refused = {"terminals"} if wall == "landlock" else set()
    assert {name for name, (outcome, _) in results.items() if outcome != "done"} == refused, results
    values = {name: value for name, (_, value) in results.items()}
    assert values["change_and_remove_files_of_the_project"] == [False, False]
    assert (values["run_programs"], values["databases"], values["forks"], values["shell_pipe"]) == ("42\n", 1, 7, "a")
    assert values["signals"] == values["threads"] == [1]
    assert values["unix_sockets"] == values["beside_the_code"] == "x"
    assert refused or values["terminals"] == "x"
    assert values["user"] == (os.getuid() if playground.user == "me" else pwd.getpwnam("nobody").pw_uid)
    assert playground.snapshot() == before


@behind("namespaces")
def test_namespaces_have_a_network_and_shared_memory_of_their_own(playground, wall):
    results = playground.run(wall, LOOPBACK)
    assert {outcome for outcome, _ in results.values()} == {"done"}, results
    assert (results["stream"][1], results["datagram"][1], results["queues"][1]) == ("x", "x", 5)
    assert set(results["only_its_own_processes"][1]) <= set(range(1, 12))
