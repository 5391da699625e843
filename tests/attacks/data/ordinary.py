"""What ordinary unit tests do: each must pass behind every wall, but for what is said of a tier."""


def test_temporary_files(tmp_path):
    (tmp_path / "a").write_text("x")
    assert (tmp_path / "a").read_text() == "x"


def test_rename_and_remove(tmp_path):
    p = tmp_path / "a"
    p.touch()
    p.rename(tmp_path / "b").unlink()
    assert not list(tmp_path.iterdir())


def test_permissions(tmp_path):
    p = tmp_path / "a"
    p.touch()
    p.chmod(0o600)
    assert p.stat().st_mode & 0o777 == 0o600


def test_links(tmp_path):
    (tmp_path / "a").symlink_to("b")
    assert (tmp_path / "a").is_symlink()


def test_a_tree_of_folders(tmp_path):
    import shutil

    (tmp_path / "a/b").mkdir(parents=True)
    shutil.copytree(tmp_path / "a", tmp_path / "c")
    shutil.rmtree(tmp_path / "a")
    assert (tmp_path / "c/b").is_dir()


def test_tempfile():
    import tempfile

    with tempfile.NamedTemporaryFile("w+") as f:
        f.write("x")
        f.seek(0)
        assert f.read() == "x"


def test_zip(tmp_path):
    import zipfile

    with zipfile.ZipFile(tmp_path / "z", "w") as z:
        z.writestr("a", "b")
    assert zipfile.is_zipfile(tmp_path / "z")


def test_tar(tmp_path):
    import tarfile

    with tarfile.open(tmp_path / "t", "w") as t:
        t.add(__file__, "a")
    assert tarfile.is_tarfile(tmp_path / "t")


def test_file_times(tmp_path):
    import os

    p = tmp_path / "a"
    p.touch()
    os.utime(p, (5, 5))
    assert p.stat().st_mtime == 5


def test_lock_a_file(tmp_path):
    import fcntl

    with open(tmp_path / "l", "w") as f:
        fcntl.flock(f, fcntl.LOCK_EX)
        assert not f.closed


def test_memory_map(tmp_path):
    import mmap

    p = tmp_path / "m"
    p.write_bytes(bytes(4096))
    with p.open("r+b") as f, mmap.mmap(f.fileno(), 0) as m:
        m[:1] = b"x"
    assert p.read_bytes()[:1] == b"x"


def test_beside_the_code():
    from pathlib import Path

    Path("out.txt").write_text("x")
    assert Path("out.txt").exists()


def test_read_the_project():
    from pathlib import Path

    assert "pytest" in Path("pyproject.toml").read_text()


def test_home():
    from pathlib import Path

    p = Path("~/.config/x").expanduser()
    p.parent.mkdir(parents=True, exist_ok=True)
    p.touch()
    assert p.exists()


def test_change_the_folder(monkeypatch, tmp_path):
    import os

    monkeypatch.chdir(tmp_path)
    open("a", "w").close()
    assert os.listdir() == ["a"]


def test_null_device():
    import os

    with open(os.devnull, "w") as f:
        assert f.write("x") == 1


def test_random_bytes():
    import os, secrets

    assert len(os.urandom(8)) == 8 and secrets.token_hex(4)


def test_a_program():
    import subprocess, sys

    assert subprocess.check_output([sys.executable, "-c", "print(6 * 7)"], text=True) == "42\n"


def test_a_shell_pipe():
    import subprocess

    assert subprocess.getoutput('echo b a | tr " " "\\n" | sort | head -1') == "a"


def test_a_program_that_times_out():
    import subprocess

    try:
        subprocess.run(["sleep", "9"], timeout=0.05)
    except subprocess.TimeoutExpired as e:
        assert e.cmd == ["sleep", "9"]


def test_a_background_process():
    import subprocess

    p = subprocess.Popen(["sleep", "60"])
    p.terminate()
    assert p.wait() == -15


def test_fork():
    import os

    pid = os.fork()
    if not pid:
        os._exit(7)
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7


def test_a_pipe():
    import os

    a, b = os.pipe()
    os.write(b, b"x")
    assert os.read(a, 1) == b"x"


def test_a_terminal():
    import os

    a, b = os.openpty()
    os.write(b, b"x")
    assert os.read(a, 1) == b"x"


def test_signals():
    import os, signal

    box = []
    old = signal.signal(signal.SIGUSR1, lambda *a: box.append(1))
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.signal(signal.SIGUSR1, old)
    assert box == [1]


def test_an_alarm():
    import signal

    signal.signal(signal.SIGALRM, lambda *a: None)
    signal.setitimer(signal.ITIMER_REAL, 0.01)
    signal.pause()
    assert True is not None


def test_threads():
    import threading

    box = []
    t = threading.Thread(target=box.append, args=(1,))
    t.start()
    t.join()
    assert box == [1]


def test_a_pool_of_threads():
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(len, ["a", "bb"])) == 3


def test_a_pool_of_processes():
    from concurrent.futures import ProcessPoolExecutor
    import multiprocessing

    with ProcessPoolExecutor(1, multiprocessing.get_context("fork")) as pool:
        assert pool.submit(len, "abc").result() == 3


def test_a_queue_between_processes():
    import multiprocessing

    c = multiprocessing.get_context("fork")
    q = c.Queue()
    p = c.Process(target=q.put, args=(5,))
    p.start()
    assert q.get() == 5
    p.join()


def test_a_pipe_between_processes():
    import multiprocessing

    c = multiprocessing.get_context("fork")
    a, b = c.Pipe()
    p = c.Process(target=b.send, args=(5,))
    p.start()
    assert a.recv() == 5
    p.join()


def test_shared_memory():
    from multiprocessing import shared_memory

    m = shared_memory.SharedMemory(create=True, size=8)
    m.close()
    m.unlink()
    assert m.size >= 8


def test_an_event_loop():
    import asyncio

    assert asyncio.run(asyncio.sleep(0, 7)) == 7


def test_a_program_in_an_event_loop():
    import asyncio

    async def main():
        p = await asyncio.create_subprocess_exec("true")
        return await p.wait()

    assert asyncio.run(main()) == 0


def test_a_server_in_an_event_loop():
    import asyncio

    async def main():
        async def serve(r, w):
            w.write(await r.read(1))
            w.close()

        async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
            r, w = await asyncio.open_connection(*server.sockets[0].getsockname())
            w.write(b"x")
            return await r.read()

    assert asyncio.run(main()) == b"x"


def test_a_web_server():
    import http.server, threading, urllib.request

    class H(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"hi")

        def log_message(self, *a):
            pass

    with http.server.HTTPServer(("127.0.0.1", 0), H) as s:
        threading.Thread(target=s.handle_request).start()
        assert urllib.request.urlopen(f"http://127.0.0.1:{s.server_port}/").read() == b"hi"


def test_a_stream_socket():
    import socket

    s = socket.create_server(("127.0.0.1", 0))
    c = socket.create_connection(s.getsockname())
    c.send(b"x")
    assert s.accept()[0].recv(1) == b"x"


def test_a_datagram():
    import socket

    s = socket.socket(type=socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    socket.socket(type=socket.SOCK_DGRAM).sendto(b"x", s.getsockname())
    assert s.recv(1) == b"x"


def test_a_socket_in_the_file_system(tmp_path, monkeypatch):
    import socket

    monkeypatch.chdir(tmp_path)
    s = socket.socket(socket.AF_UNIX)
    s.bind("s")
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect("s")
    c.send(b"x")
    assert s.accept()[0].recv(1) == b"x"


def test_a_pair_of_sockets():
    import socket

    a, b = socket.socketpair()
    a.send(b"x")
    assert b.recv(1) == b"x"


def test_the_name_of_localhost():
    import socket

    assert socket.gethostbyname("localhost") == "127.0.0.1"


def test_a_database_in_a_file(tmp_path):
    import sqlite3

    with sqlite3.connect(tmp_path / "d") as d:
        d.execute("create table t(a)")
        d.execute("insert into t values (1)")
        assert d.execute("select a from t").fetchone() == (1,)


def test_a_database_in_memory():
    import sqlite3

    assert sqlite3.connect(":memory:").execute("select 1").fetchone() == (1,)


def test_a_key_value_file(tmp_path):
    import dbm.dumb

    with dbm.dumb.open(str(tmp_path / "k"), "c") as d:
        d["a"] = "b"
        assert d["a"] == b"b"


def test_a_locale():
    import locale

    assert locale.setlocale(locale.LC_ALL, "C") == "C"


def test_a_time_zone():
    from zoneinfo import ZoneInfo
    import datetime

    assert (
        datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo("Europe/Paris")).utcoffset().seconds == 3600
    )


def test_clocks():
    import time

    assert time.time() > 0 and time.monotonic() >= 0 and time.process_time() >= 0


def test_the_environment(monkeypatch):
    import os

    monkeypatch.setenv("A", "b")
    assert os.environ["A"] == "b"


def test_output(capfd):
    import os

    os.system("echo x")
    assert capfd.readouterr().out == "x\n"


def test_logs(caplog):
    import logging

    logging.warning("x")
    assert caplog.messages == ["x"]


def test_warnings(recwarn):
    import warnings

    warnings.warn("x")
    assert len(recwarn) == 1


def test_pickles():
    import pickle

    assert pickle.loads(pickle.dumps({1: 2})) == {1: 2}


def test_code_from_strings():
    scope = {}
    exec("a = 1", scope)
    assert scope["a"] == 1


def test_imports():
    import importlib

    assert importlib.import_module("json").loads("1") == 1


def test_a_module_on_the_path(tmp_path, monkeypatch):
    (tmp_path / "mod_x.py").write_text("A = 1")
    monkeypatch.syspath_prepend(tmp_path)
    import mod_x

    assert mod_x.A == 1


def test_metadata():
    from importlib import metadata

    assert metadata.version("pytest")


def test_the_user():
    import getpass, os

    assert getpass.getuser() and os.getuid() == os.geteuid()


def test_the_C_library():
    import ctypes

    assert ctypes.CDLL(None).abs(-3) == 3


def test_much_memory():
    assert len(bytearray(200 << 20)) == 200 << 20


def test_deep_recursion():
    import pytest

    def f():
        f()

    with pytest.raises(RecursionError):
        f()


def test_a_weak_reference():
    import gc, weakref

    class A: ...

    a = A()
    r = weakref.ref(a)
    del a
    gc.collect()
    assert r() is None


def test_an_exit():
    import pytest, sys

    with pytest.raises(SystemExit) as e:
        sys.exit(3)
    assert e.value.code == 3


def test_a_nested_pytest():
    import subprocess, sys

    assert (
        subprocess.run(
            [sys.executable, "-m", "pytest", "--version"], capture_output=True
        ).returncode
        == 0
    )
