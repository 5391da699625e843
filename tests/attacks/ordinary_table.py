"""What ordinary unit tests do, as data: each must pass behind every wall, but for what is said of a tier."""

from __future__ import annotations

from collections.abc import Mapping

LANDLOCK = "landlock"
BODIES: Mapping[str, tuple[str, str]] = {  # name -> parameters, body
    "temporary files": ("tmp_path", "(tmp_path / 'a').write_text('x')\nassert (tmp_path / 'a').read_text() == 'x'"),
    "rename and remove": (
        "tmp_path", "p = tmp_path / 'a'\np.touch()\np.rename(tmp_path / 'b').unlink()\nassert not list(tmp_path.iterdir())"
    ),
    "permissions": ("tmp_path", "p = tmp_path / 'a'\np.touch()\np.chmod(0o600)\nassert p.stat().st_mode & 0o777 == 0o600"),
    "links": ("tmp_path", "(tmp_path / 'a').symlink_to('b')\nassert (tmp_path / 'a').is_symlink()"),
    "a tree of folders": (
        "tmp_path", "import shutil\n(tmp_path / 'a/b').mkdir(parents=True)\nshutil.copytree(tmp_path / 'a', tmp_path / 'c')\n"
        "shutil.rmtree(tmp_path / 'a')\nassert (tmp_path / 'c/b').is_dir()"
    ),
    "tempfile": ("", "import tempfile\nwith tempfile.NamedTemporaryFile('w+') as f:\n    f.write('x')\n    f.seek(0)\n    assert f.read() == 'x'"),
    "zip": ("tmp_path", "import zipfile\nwith zipfile.ZipFile(tmp_path / 'z', 'w') as z:\n    z.writestr('a', 'b')\nassert zipfile.is_zipfile(tmp_path / 'z')"),
    "tar": ("tmp_path", "import tarfile\nwith tarfile.open(tmp_path / 't', 'w') as t:\n    t.add(__file__, 'a')\nassert tarfile.is_tarfile(tmp_path / 't')"),
    "file times": ("tmp_path", "import os\np = tmp_path / 'a'\np.touch()\nos.utime(p, (5, 5))\nassert p.stat().st_mtime == 5"),
    "lock a file": ("tmp_path", "import fcntl\nwith open(tmp_path / 'l', 'w') as f:\n    fcntl.flock(f, fcntl.LOCK_EX)\n    assert not f.closed"),
    "memory map": ("tmp_path", "import mmap\np = tmp_path / 'm'\np.write_bytes(bytes(4096))\nwith p.open('r+b') as f, mmap.mmap(f.fileno(), 0) as m:\n    m[:1] = b'x'\nassert p.read_bytes()[:1] == b'x'"),
    "beside the code": ("", "from pathlib import Path\nPath('out.txt').write_text('x')\nassert Path('out.txt').exists()"),
    "read the project": ("", "from pathlib import Path\nassert 'pytest' in Path('pyproject.toml').read_text()"),
    "home": ("", "from pathlib import Path\np = Path('~/.config/x').expanduser()\np.parent.mkdir(parents=True, exist_ok=True)\np.touch()\nassert p.exists()"),
    "change the folder": ("monkeypatch, tmp_path", "import os\nmonkeypatch.chdir(tmp_path)\nopen('a', 'w').close()\nassert os.listdir() == ['a']"),
    "null device": ("", "import os\nwith open(os.devnull, 'w') as f:\n    assert f.write('x') == 1"),
    "random bytes": ("", "import os, secrets\nassert len(os.urandom(8)) == 8 and secrets.token_hex(4)"),
    "a program": ("", "import subprocess, sys\nassert subprocess.check_output([sys.executable, '-c', 'print(6 * 7)'], text=True) == '42\\n'"),
    "a shell pipe": ("", "import subprocess\nassert subprocess.getoutput('echo b a | tr \" \" \"\\\\n\" | sort | head -1') == 'a'"),
    "a program that times out": (
        "", "import subprocess\ntry:\n    subprocess.run(['sleep', '9'], timeout=0.05)\nexcept subprocess.TimeoutExpired as e:\n    assert e.timeout == 0.05"
    ),
    "a background process": ("", "import subprocess\np = subprocess.Popen(['sleep', '60'])\np.terminate()\nassert p.wait() == -15"),
    "fork": ("", "import os\npid = os.fork()\nif not pid:\n    os._exit(7)\nassert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 7"),
    "a pipe": ("", "import os\na, b = os.pipe()\nos.write(b, b'x')\nassert os.read(a, 1) == b'x'"),
    "a terminal": ("", "import os\na, b = os.openpty()\nos.write(b, b'x')\nassert os.read(a, 1) == b'x'"),
    "signals": ("", "import os, signal\nbox = []\nold = signal.signal(signal.SIGUSR1, lambda *a: box.append(1))\nos.kill(os.getpid(), signal.SIGUSR1)\nsignal.signal(signal.SIGUSR1, old)\nassert box == [1]"),
    "an alarm": ("", "import signal\nsignal.signal(signal.SIGALRM, lambda *a: None)\nsignal.setitimer(signal.ITIMER_REAL, 0.01)\nsignal.pause()\nassert True is not None"),
    "threads": ("", "import threading\nbox = []\nt = threading.Thread(target=box.append, args=(1,))\nt.start()\nt.join()\nassert box == [1]"),
    "a pool of threads": ("", "from concurrent.futures import ThreadPoolExecutor\nwith ThreadPoolExecutor(4) as pool:\n    assert sum(pool.map(len, ['a', 'bb'])) == 3"),
    "a pool of processes": ("", "from concurrent.futures import ProcessPoolExecutor\nimport multiprocessing\nwith ProcessPoolExecutor(1, multiprocessing.get_context('fork')) as pool:\n    assert pool.submit(len, 'abc').result() == 3"),
    "a queue between processes": ("", "import multiprocessing\nc = multiprocessing.get_context('fork')\nq = c.Queue()\np = c.Process(target=q.put, args=(5,))\np.start()\nassert q.get() == 5\np.join()"),
    "a pipe between processes": ("", "import multiprocessing\nc = multiprocessing.get_context('fork')\na, b = c.Pipe()\np = c.Process(target=b.send, args=(5,))\np.start()\nassert a.recv() == 5\np.join()"),
    "shared memory": ("", "from multiprocessing import shared_memory\nm = shared_memory.SharedMemory(create=True, size=8)\nm.close()\nm.unlink()\nassert m.size >= 8"),
    "an event loop": ("", "import asyncio\nassert asyncio.run(asyncio.sleep(0, 7)) == 7"),
    "a program in an event loop": ("", "import asyncio\nasync def main():\n    p = await asyncio.create_subprocess_exec('true')\n    return await p.wait()\nassert asyncio.run(main()) == 0"),
    "a server in an event loop": (
        "", "import asyncio\nasync def main():\n    async def serve(r, w):\n        w.write(await r.read(1))\n        w.close()\n"
        "    async with await asyncio.start_server(serve, '127.0.0.1', 0) as server:\n"
        "        r, w = await asyncio.open_connection(*server.sockets[0].getsockname())\n        w.write(b'x')\n        return await r.read()\n"
        "assert asyncio.run(main()) == b'x'"
    ),
    "a web server": (
        "", "import http.server, threading, urllib.request\nclass H(http.server.BaseHTTPRequestHandler):\n    def do_GET(self):\n"
        "        self.send_response(200)\n        self.end_headers()\n        self.wfile.write(b'hi')\n    def log_message(self, *a):\n        pass\n"
        "with http.server.HTTPServer(('127.0.0.1', 0), H) as s:\n    threading.Thread(target=s.handle_request).start()\n"
        "    assert urllib.request.urlopen(f'http://127.0.0.1:{s.server_port}/').read() == b'hi'"
    ),
    "a stream socket": ("", "import socket\ns = socket.create_server(('127.0.0.1', 0))\nc = socket.create_connection(s.getsockname())\nc.send(b'x')\nassert s.accept()[0].recv(1) == b'x'"),
    "a datagram": ("", "import socket\ns = socket.socket(type=socket.SOCK_DGRAM)\ns.bind(('127.0.0.1', 0))\nsocket.socket(type=socket.SOCK_DGRAM).sendto(b'x', s.getsockname())\nassert s.recv(1) == b'x'"),
    "a socket in the file system": ("tmp_path, monkeypatch", "import socket\nmonkeypatch.chdir(tmp_path)\ns = socket.socket(socket.AF_UNIX)\ns.bind('s')\ns.listen()\nc = socket.socket(socket.AF_UNIX)\nc.connect('s')\nc.send(b'x')\nassert s.accept()[0].recv(1) == b'x'"),
    "a pair of sockets": ("", "import socket\na, b = socket.socketpair()\na.send(b'x')\nassert b.recv(1) == b'x'"),
    "the name of localhost": ("", "import socket\nassert socket.gethostbyname('localhost') == '127.0.0.1'"),
    "a database in a file": ("tmp_path", "import sqlite3\nwith sqlite3.connect(tmp_path / 'd') as d:\n    d.execute('create table t(a)')\n    d.execute('insert into t values (1)')\n    assert d.execute('select a from t').fetchone() == (1,)"),
    "a database in memory": ("", "import sqlite3\nassert sqlite3.connect(':memory:').execute('select 1').fetchone() == (1,)"),
    "a key-value file": ("tmp_path", "import dbm.dumb\nwith dbm.dumb.open(str(tmp_path / 'k'), 'c') as d:\n    d['a'] = 'b'\n    assert d['a'] == b'b'"),
    "a locale": ("", "import locale\nassert locale.setlocale(locale.LC_ALL, 'C') == 'C'"),
    "a time zone": ("", "from zoneinfo import ZoneInfo\nimport datetime\nassert datetime.datetime(2026, 1, 1, tzinfo=ZoneInfo('Europe/Paris')).utcoffset().seconds == 3600"),
    "clocks": ("", "import time\nassert time.time() > 0 and time.monotonic() >= 0 and time.process_time() >= 0"),
    "the environment": ("monkeypatch", "import os\nmonkeypatch.setenv('A', 'b')\nassert os.environ['A'] == 'b'"),
    "output": ("capfd", "import os\nos.system('echo x')\nassert capfd.readouterr().out == 'x\\n'"),
    "logs": ("caplog", "import logging\nlogging.warning('x')\nassert caplog.messages == ['x']"),
    "warnings": ("recwarn", "import warnings\nwarnings.warn('x')\nassert len(recwarn) == 1"),
    "pickles": ("", "import pickle\nassert pickle.loads(pickle.dumps({1: 2})) == {1: 2}"),
    "code from strings": ("", "scope = {}\nexec('a = 1', scope)\nassert scope['a'] == 1"),
    "imports": ("", "import importlib\nassert importlib.import_module('json').loads('1') == 1"),
    "a module on the path": ("tmp_path, monkeypatch", "(tmp_path / 'mod_x.py').write_text('A = 1')\nmonkeypatch.syspath_prepend(tmp_path)\nimport mod_x\nassert mod_x.A == 1"),
    "metadata": ("", "from importlib import metadata\nassert metadata.version('pytest')"),
    "the user": ("", "import getpass, os\nassert getpass.getuser() and os.getuid() == os.geteuid()"),
    "the C library": ("", "import ctypes\nassert ctypes.CDLL(None).abs(-3) == 3"),
    "much memory": ("", "assert len(bytearray(200 << 20)) == 200 << 20"),
    "deep recursion": ("", "import pytest\ndef f():\n    f()\nwith pytest.raises(RecursionError):\n    f()"),
    "a weak reference": ("", "import gc, weakref\nclass A: ...\na = A()\nr = weakref.ref(a)\ndel a\ngc.collect()\nassert r() is None"),
    "an exit": ("", "import pytest, sys\nwith pytest.raises(SystemExit) as e:\n    sys.exit(3)\nassert e.value.code == 3"),
    "a nested pytest": ("", "import subprocess, sys\nassert subprocess.run([sys.executable, '-m', 'pytest', '--version'], capture_output=True).returncode == 0"),
}  # fmt: skip
NOT_BEHIND: Mapping[str, frozenset[str]] = {
    LANDLOCK: frozenset(
        (
            "a terminal",  # it would mean being able to write to the user's own ones
            "a pool of processes", "a queue between processes", "shared memory",  # /dev/shm is everybody's
            "a server in an event loop", "a web server", "a stream socket", "a datagram",  # the network is everybody's
            "lead by name",
        )
    ),
}  # fmt: skip
"""What a tier costs: these are named with what opens them (``llm_sandbox_allow``)."""


def render(name: str) -> str:
    """The test module."""
    parameters, body = BODIES[name]
    lines = "\n".join(f"    {line}" for line in body.splitlines())
    return f"def test_{name.replace(' ', '_').replace('-', '_')}({parameters}):\n{lines}\n"
