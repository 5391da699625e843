"""Good tests pass vetting, bad ones are refused with the code that says why."""

import ast

import pytest

from pytest_llmgen.records import Candidate, Category, Fate, Module, Oracle, Origin, Target, TargetKind
from pytest_llmgen.vet.facts import gather
from pytest_llmgen.vet.vetting import vet

CART = """
import logging
import os
from decimal import Decimal as D

from shop.money import Money

TAX = 5
log = logging.getLogger(__name__)


class CartError(ValueError): ...


class Cart:
    def __init__(self, items=()):
        self.items = list(items)

    def add(self, name, price=1):
        if price < 0:
            raise CartError("negative price")
        self.items.append((name, price))

    def total(self):
        return sum(price for _, price in self.items)

    def save(self, path):
        path.write_text(repr(self.items))


async def fetch(client): ...


def each(function): ...
"""


@pytest.fixture(scope="module")
def facts(tmp_path_factory):
    root = tmp_path_factory.mktemp("project")
    package = root / "shop"
    package.mkdir()
    (package / "__init__.py").write_text("from shop.cart import Cart\n")
    (package / "money.py").write_text("class Money: ...\n")
    (package / "cart.py").write_text(CART)
    target = Target("shop/cart.py", "shop.cart", "Cart.total", TargetKind.METHOD, 20, 21, 20)
    module = Module("shop/cart.py", "shop.cart", ".", CART, (target,))
    return gather(root, [module], fixtures=["shop_cart"], tests=["import pytest, attr"])


def candidate(code):
    """Imports first, then helpers, the test last: as a reply would be split."""
    body = ast.parse(code).body
    imports = [ast.unparse(n) for n in body if isinstance(n, ast.Import | ast.ImportFrom)]
    rest = [n for n in body if not isinstance(n, ast.Import | ast.ImportFrom)]
    name = getattr(rest[-1], "name", "test_x")
    pieces = [ast.unparse(n) for n in rest]
    return Candidate(
        "c", "shop/cart.py::Cart.total", name, Category.EDGE, Origin.MODEL, Oracle.OBSERVED, pieces[-1], "",
        ("from shop.cart import Cart", *imports), tuple(pieces[:-1]),
    )  # fmt: skip


def wrap(body, parameters="", imports="", decorators=""):
    lines = "\n".join("    " + line for line in body.splitlines())
    return f"{imports}\n{decorators}\ndef test_x({parameters}):\n{lines}\n"


GOOD = {
    "error in a block": wrap("with pytest.raises(ValueError), Cart():\n    raise ValueError", imports="import pytest"),
    "plain": wrap("assert Cart().total() == 0"),
    "state": wrap("cart = Cart()\ncart.add('tea', 4)\nassert cart.items == [('tea', 4)]"),
    "raises": wrap(
        "with pytest.raises(CartError, match='neg'):\n    Cart().add('x', -1)",
        imports="import pytest\nfrom shop.cart import CartError",
    ),
    "broad raises, examined": wrap(
        "with pytest.raises(Exception) as info:\n    Cart().add('x', -1)\nassert 'neg' in str(info.value)",
        imports="import pytest",
    ),
    "builtin error": wrap("with pytest.raises(TypeError):\n    Cart(1)", imports="import pytest"),
    "approx": wrap("assert Cart([('a', .1)]).total() == pytest.approx(.1)", imports="import pytest"),
    "parametrize": wrap(
        "assert Cart([('a', n)]).total() == total",
        "n, total",
        "import pytest",
        "@pytest.mark.parametrize(('n', 'total'), [(1, 1), (2, 2)])",
    ),
    "parametrize by string": wrap(
        "assert Cart([('a', n)]).total() == total",
        "n, total",
        "import pytest",
        "@pytest.mark.parametrize('n, total', [(1, 1)])",
    ),
    "tmp_path": wrap("path = tmp_path / 'cart.txt'\nCart().save(path)\nassert path.read_text() == '[]'", "tmp_path"),
    "tmp_path write": wrap(
        "path = tmp_path / 'in.txt'\npath.write_text('1')\nassert Cart([path]).items == [path]", "tmp_path"
    ),
    "open in tmp_path": wrap(
        "with open(tmp_path / 'a', 'w') as f:\n    f.write('x')\nassert Cart().total() == 0", "tmp_path"
    ),
    "open for reading": wrap("with open(__file__) as f:\n    text = f.read()\nassert Cart([text]).items == [text]"),
    "os.remove in tmp_path": wrap(
        "p = str(tmp_path / 'a')\nCart().save(tmp_path / 'a')\nos.remove(p)\nassert Cart().total() == 0",
        "tmp_path",
        "import os",
    ),
    "rmtree in tmp_path": wrap(
        "d = tmp_path / 'd'\nd.mkdir()\nshutil.rmtree(d)\nassert Cart().total() == 0", "tmp_path", "import shutil"
    ),
    "parent mkdir": wrap("p = tmp_path.joinpath('a', 'b')\nassert Cart([p]).items == [p]", "tmp_path"),
    "tempfile": wrap(
        "with tempfile.TemporaryDirectory() as d:\n    p = pathlib.Path(d) / 'x'\n    Cart().save(p)\n"
        "    assert p.read_text() == '[]'",
        imports="import tempfile, pathlib",
    ),
    "setenv": wrap("monkeypatch.setenv('TAX', '7')\nassert Cart().total() == 0", "monkeypatch"),
    "read environ": wrap("assert Cart([os.environ.get('HOME')]).items", imports="import os"),
    "what a call did to the process": wrap(
        "monkeypatch.setenv('TAX', '7')\nCart().total()\nassert os.environ['TAX'] == '7'", "monkeypatch", "import os"
    ),
    "setattr": wrap("monkeypatch.setattr('shop.cart.TAX', 7)\nassert Cart().total() == 0", "monkeypatch"),
    "setattr on module": wrap(
        "monkeypatch.setattr(cart, 'TAX', 7)\nassert cart.TAX == 7", "monkeypatch", "from shop import cart"
    ),
    "stdin": wrap(
        "monkeypatch.setattr(sys, 'stdin', io.StringIO('x'))\nassert Cart().total() == 0",
        "monkeypatch",
        "import sys, io",
    ),
    "input": wrap("monkeypatch.setattr('builtins.input', lambda: 'x')\nassert Cart().total() == 0", "monkeypatch"),
    "capsys": wrap("print(Cart().total())\nassert capsys.readouterr().out == '0\\n'", "capsys"),
    "caplog": wrap("Cart().total()\nassert caplog.records == []", "caplog"),
    "mock.patch": wrap(
        "with mock.patch('shop.cart.log') as log:\n    Cart().total()\nlog.info.assert_not_called()",
        imports="from unittest import mock",
    ),
    "patch decorator": wrap(
        "Cart().total()\nassert not log.called", "log", "from unittest.mock import patch", "@patch('shop.cart.log')"
    ),
    "callback": wrap("seen = []\neach(seen.append)\nassert seen == []", imports="from shop.cart import each"),
    "mock argument": wrap(
        "client = Mock()\nCart([client]).total\nclient.get.assert_not_called()",
        imports="from unittest.mock import Mock",
    ),
    "asyncio.run": wrap(
        "assert asyncio.run(fetch(None)) is None", imports="import asyncio\nfrom shop.cart import fetch"
    ),
    "async test": (
        "import pytest\n"
        "from shop.cart import fetch\n"
        "@pytest.mark.asyncio\n"
        "async def test_x():\n"
        "    assert await fetch(None) is None"
    ),
    "sqlite in memory": wrap(
        "db = sqlite3.connect(':memory:')\nassert Cart([db]).items == [db]", imports="import sqlite3"
    ),
    "sqlite in tmp_path": wrap(
        "db = sqlite3.connect(tmp_path / 'x.db')\nassert Cart([db]).items == [db]", "tmp_path", "import sqlite3"
    ),
    "threads": wrap(
        "cart = Cart()\nts = [threading.Thread(target=cart.add, args=('a',)) for _ in range(3)]\n"
        "for t in ts:\n    t.start()\nfor t in ts:\n    t.join()\nassert cart.total() == 3",
        imports="import threading",
    ),
    "thread pool": wrap(
        "with ThreadPoolExecutor() as pool:\n    r = list(pool.map(Cart().add, 'ab'))\nassert r == [None, None]",
        imports="from concurrent.futures import ThreadPoolExecutor",
    ),
    "datetime": wrap("day = dt.date(2026, 1, 1)\nassert Cart([day]).items == [day]", imports="import datetime as dt"),
    "hypothesis": wrap(
        "assert Cart([('a', n)]).total() == n",
        "n",
        "from hypothesis import given, strategies as st",
        "@given(st.integers())",
    ),
    "hypothesis by name": wrap(
        "assert Cart([('a', n)]).total() == n",
        "n",
        "from hypothesis import given, settings, strategies as st",
        "@settings(max_examples=5)\n@given(n=st.integers())",
    ),
    "own fixture": (
        "import pytest\n"
        "@pytest.fixture\n"
        "def cart():\n"
        "    return Cart()\n"
        "def test_x(cart):\n"
        "    assert cart.total() == 0"
    ),
    "conftest fixture": wrap("assert shop_cart.total() == 0", "shop_cart"),
    "helper that asserts": "def check(cart):\n    assert cart.total() == 0\ndef test_x():\n    check(Cart())",
    "helper class": (
        "class Item:\n"
        "    price = 3\n"
        "def test_x():\n"
        "    item = Item()\n"
        "    assert Cart([('a', item.price)]).total() == 3"
    ),
    "pickle round trip": wrap("assert pickle.loads(pickle.dumps(Cart())).items == []", imports="import pickle"),
    "system exit": wrap("with pytest.raises(SystemExit):\n    Cart().total()", imports="import pytest"),
    "deepcopy": wrap("cart = Cart()\nassert copy.deepcopy(cart).items == cart.items", imports="import copy"),
    "regular expression": wrap("assert re.compile('0').match(str(Cart().total()))", imports="import re"),
    "loop": wrap(
        "cart = Cart()\n"
        "total = 0\n"
        "for n in range(3):\n"
        "    cart.add('a', n)\n"
        "    total += n\n"
        "assert total == cart.total()"
    ),
    "dependency": wrap("assert attr.has(Cart) is False", imports="import attr"),
    "local name of a builtin": wrap("input = [('a', 1)]\nassert Cart(input).total() == 1"),
    "warnings": wrap(
        "with warnings.catch_warnings():\n    warnings.simplefilter('error')\n    assert Cart().total() == 0",
        imports="import warnings",
    ),
    "platform": wrap("assert Cart([sys.maxsize]).items == [sys.maxsize]", imports="import sys"),
    "loopback server": wrap(
        "s = socket.create_connection(('127.0.0.1', 80))\nassert Cart([s]).items == [s]", imports="import socket"
    ),
    "chdir": wrap("monkeypatch.chdir(tmp_path)\nassert Cart().total() == 0", "monkeypatch, tmp_path"),
    "package import": wrap("assert shop.Cart().total() == 0", imports="import shop"),
    "bytes buffer": wrap(
        "buffer = io.BytesIO()\nz = zipfile.ZipFile(buffer, 'w')\nassert Cart([z]).items", imports="import io, zipfile"
    ),
    "nothing raised inside try": wrap(
        "try:\n    Cart().add('x', -1)\nexcept ValueError as error:\n    text = str(error)\n"
        "else:\n    pytest.fail('no error')\nassert 'neg' in text",
        imports="import pytest",
    ),
    "string replace": wrap("assert str(Cart().total()).replace('0', 'x') == 'x'"),
    "also: redirect": wrap(
        "b = io.StringIO()\nwith redirect_stdout(b):\n    Cart().total()\nassert b.getvalue() == ''",
        imports="import io\nfrom contextlib import redirect_stdout",
    ),
    "also: nonlocal": wrap(
        "hits = []\ndef cb():\n    hits.append(1)\neach(cb)\nassert hits == []", imports="from shop.cart import each"
    ),
    "also: stub class in test": wrap(
        (
            "class Stub:\n"
            "    def __init__(self):\n"
            "        self.calls = []\n"
            "    def get(self, u):\n"
            "        self.calls.append(u)\n"
            "stub = Stub()\n"
            "each(stub)\n"
            "assert stub.calls == []"
        ),
        imports="from shop.cart import each",
    ),
    "also: cm": wrap(
        (
            "c = Cart()\n"
            "with pytest.raises(ValueError) as e:\n"
            "    c.add('x', -1)\n"
            "assert e.type is ValueError and c.items == []"
        ),
        imports="import pytest",
    ),
    "also: os.path": wrap(
        (
            "p = os.path.join(str(tmp_path), 'x')\n"
            "with open(p, 'w', encoding='utf-8') as f:\n"
            "    f.write('1')\n"
            "assert Cart([p]).items == [p]"
        ),
        "tmp_path",
        "import os",
    ),
    "also: csv": wrap(
        (
            "p = tmp_path / 'x.csv'\n"
            "with p.open('w', newline='') as f:\n"
            "    csv.writer(f).writerow([1])\n"
            "assert Cart([p]).items == [p]"
        ),
        "tmp_path",
        "import csv",
    ),
    "also: mkdir parent": wrap(
        "p = tmp_path / 'a' / 'b.txt'\np.parent.mkdir()\np.write_text('x')\nassert Cart([p]).items == [p]", "tmp_path"
    ),
    "also: json": wrap("assert json.loads(json.dumps(Cart().items)) == []", imports="import json"),
    "also: dataclass repl": wrap("assert repr(Cart()).startswith('<')"),
    "also: eq": wrap("a, b = Cart(), Cart()\nassert a != b"),
    "also: setattr obj": wrap("c = Cart()\nc.items = [('a', 2)]\nassert c.total() == 2"),
    "also: monkeypatch obj": wrap(
        "monkeypatch.setattr(time, 'time', lambda: 0)\nassert Cart().total() == 0", "monkeypatch", "import time"
    ),
    "also: patch.dict environ": wrap(
        "with mock.patch.dict(os.environ, {'A': 'b'}):\n    assert Cart().total() == 0",
        imports="import os\nfrom unittest import mock",
    ),
    "also: asyncmock": wrap(
        "c = AsyncMock(return_value=1)\nassert asyncio.run(fetch(c)) is None\nc.assert_not_awaited()",
        imports="import asyncio\nfrom unittest.mock import AsyncMock\nfrom shop.cart import fetch",
    ),
    "also: dict update": wrap("d = {}\nd.update(a=Cart().total())\nassert d == {'a': 0}"),
    "also: setter on class attr patch": wrap(
        "monkeypatch.setattr(Cart, 'add', lambda self: 3)\nassert Cart().total() == 0", "monkeypatch"
    ),
    "also: param absolute tmp write": wrap(
        "p = tmp_path / name\np.write_text('x')\nassert Cart([p]).items",
        "tmp_path, name",
        "import pytest",
        "@pytest.mark.parametrize('name', ['a', 'b'])",
    ),
    "also: helper fixture file": (
        "import pytest\n"
        "@pytest.fixture\n"
        "def data(tmp_path):\n"
        "    p = tmp_path / 'x'\n"
        "    p.write_text('1')\n"
        "    return p\n"
        "def test_x(data):\n"
        "    data.write_text('2')\n"
        "    assert Cart([data]).items == [data]"
    ),
    "also: helper func with path": (
        "def make(path):\n"
        "    path.write_text('x')\n"
        "    return path\n"
        "def test_x(tmp_path):\n"
        "    p = make(tmp_path / 'a')\n"
        "    assert Cart([p]).items == [p]"
    ),
    "also: helper open": (
        "def make(path):\n"
        "    with open(path, 'w') as f:\n"
        "        f.write('x')\n"
        "def test_x(tmp_path):\n"
        "    make(tmp_path / 'a')\n"
        "    assert Cart().total() == 0"
    ),
    "also: stringio read": wrap(
        "monkeypatch.setattr('sys.stdin', io.StringIO('a'))\nassert Cart().total() == 0", "monkeypatch", "import io"
    ),
    "also: iter": wrap("assert list(iter(Cart().items)) == []"),
    "also: dt now patched": wrap(
        "assert Cart([dt.datetime.now(dt.timezone.utc)]).items", imports="import datetime as dt"
    ),
    "also: random seed": wrap("random.seed(1)\nassert Cart([random.random()]).items", imports="import random"),
    "also: logging": wrap(
        "with caplog.at_level(logging.INFO):\n    Cart().total()\nassert 'x' not in caplog.text",
        "caplog",
        "import logging",
    ),
    "also: httpx mock": wrap("t = attr.Factory(list)\nassert Cart([t]).items", "", "import attr"),
    "also: enumerate": wrap("for i, c in enumerate([Cart()]):\n    assert c.total() == i"),
    "also: comprehension": wrap("assert [c.total() for c in (Cart(), Cart())] == [0, 0]"),
    "also: gen": wrap("g = (c for c in Cart().items)\nassert next(g, None) is None"),
    "also: locale": wrap("assert Cart([locale.getlocale()]).items", imports="import locale"),
    "also: Path(__file__) read": wrap(
        "text = pathlib.Path(__file__).read_text()\nassert Cart([text]).items == [text]", imports="import pathlib"
    ),
    "also: name input param": wrap(
        "assert Cart(input).items == []", "input", "import pytest", "@pytest.mark.parametrize('input', [[]])"
    ),
    "also: type()": wrap("assert type(Cart()).__name__ == 'Cart'"),
    "also: future": wrap(
        "assert Cart().total() == 0", imports="from __future__ import annotations\nfrom typing import Any"
    ),
    "also: importlib.resources": wrap(
        "assert Cart([importlib.resources.files('shop')]).items", imports="import importlib.resources"
    ),
    "also: subTest": wrap(
        "for n in (1, 2):\n    with subtests.test(n=n):\n        assert Cart([('a', n)]).total() == n", "subtests"
    ),
}

ok = "\nassert Cart().total() == 0"
BAD = {
    "syntax": ("syntax-error", None),
    "os._exit": ("exit", wrap("os._exit(0)" + ok, imports="import os")),
    "sys.exit": ("exit", wrap("sys.exit()" + ok, imports="import sys")),
    "from os import _exit": ("exit", wrap("bye(0)" + ok, imports="from os import _exit as bye")),
    "os.system": ("starts-process", wrap("os.system('ls')" + ok, imports="import os")),
    "os.system by reference": ("starts-process", wrap("f = os.system\nf('ls')" + ok, imports="import os")),
    "os.system through pathlib": ("starts-process", wrap("pathlib.os.system('ls')" + ok, imports="import pathlib")),
    "os.system through the project": (
        "starts-process",
        wrap("c.os.system('ls')" + ok, imports="import shop.cart as c"),
    ),
    "from project import os": ("starts-process", wrap("os.system('ls')" + ok, imports="from shop.cart import os")),
    "os.fork": ("starts-process", wrap("os.fork()" + ok, imports="import os")),
    "os.kill": ("starts-process", wrap("os.kill(1, 9)" + ok, imports="import os")),
    "subprocess": ("starts-process", wrap("subprocess.run(['ls'])" + ok, imports="import subprocess")),
    "asyncio subprocess": (
        "starts-process",
        wrap("asyncio.create_subprocess_shell('x')" + ok, imports="import asyncio"),
    ),
    "multiprocessing": ("starts-process", wrap("Process()" + ok, imports="from multiprocessing import Process")),
    "os handed on": ("starts-process", wrap("f = vars(os)['system']" + ok, imports="import os")),
    "eval": ("dynamic-code", wrap("eval('1')" + ok)),
    "exec": ("dynamic-code", wrap("exec('1')" + ok)),
    "compile": ("dynamic-code", wrap("compile('1', '', 'eval')" + ok)),
    "__import__": ("dynamic-code", wrap("__import__('os')" + ok)),
    "importlib": ("dynamic-code", wrap("importlib.import_module('os')" + ok, imports="import importlib")),
    "getattr built": ("dynamic-code", wrap("getattr(Cart, 'to' + 'tal')" + ok)),
    "timeit": ("dynamic-code", wrap("timeit.timeit('x')" + ok, imports="import timeit")),
    "builtins": ("dynamic-code", wrap("builtins.print = None" + ok, imports="import builtins")),
    "globals": ("introspection", wrap("globals()['x'] = 1" + ok)),
    "subclasses": ("introspection", wrap("object.__subclasses__()" + ok)),
    "dunder globals by string": ("introspection", wrap("getattr(Cart.total, '__globals__')" + ok)),
    "private of stdlib": ("introspection", wrap("collections._tuplegetter" + ok, imports="import collections")),
    "ctypes": ("native-code", wrap("ctypes.CDLL(None)" + ok, imports="import ctypes")),
    "http": ("network", wrap("urllib.request.urlopen('http://example.com')" + ok, imports="import urllib.request")),
    "socket": ("network", wrap("s = socket.socket()\ns.connect(('10.0.0.1', 80))" + ok, imports="import socket")),
    "smtp": ("network", wrap("smtplib.SMTP('x')" + ok, imports="import smtplib")),
    "rmtree": ("file-outside-tmp", wrap("shutil.rmtree('build')" + ok, imports="import shutil")),
    "os.remove": ("file-outside-tmp", wrap("os.remove('x')" + ok, imports="import os")),
    "open for writing": ("file-outside-tmp", wrap("open('x', 'w')" + ok)),
    "Path.write_text": ("file-outside-tmp", wrap("Path('x').write_text('x')" + ok, imports="from pathlib import Path")),
    "Path by name": ("file-outside-tmp", wrap("p = Path.home()\np.unlink()" + ok, imports="from pathlib import Path")),
    "out of tmp_path": ("file-outside-tmp", wrap("(tmp_path / '../../x').write_text('x')" + ok, "tmp_path")),
    "absolute in tmp_path": ("file-outside-tmp", wrap("n = '/etc/x'\n(tmp_path / n).unlink()" + ok, "tmp_path")),
    "parent of tmp_path": (
        "file-outside-tmp",
        wrap("shutil.rmtree(tmp_path.parent)" + ok, "tmp_path", "import shutil"),
    ),
    "sqlite file": ("file-outside-tmp", wrap("sqlite3.connect('x.db')" + ok, imports="import sqlite3")),
    "os.chdir": ("file-outside-tmp", wrap("os.chdir('/')" + ok, imports="import os")),
    "environ": ("environment", wrap("os.environ['A'] = 'b'" + ok, imports="import os")),
    "environ update": ("environment", wrap("environ.update(A='b')" + ok, imports="from os import environ")),
    "environ del": ("environment", wrap("del os.environ['A']" + ok, imports="import os")),
    "sys.modules": ("interpreter-state", wrap("sys.modules['x'] = None" + ok, imports="import sys")),
    "sys.path": ("interpreter-state", wrap("sys.path.insert(0, '.')" + ok, imports="import sys")),
    "patched for good": ("interpreter-state", wrap("cart.TAX = 7" + ok, imports="from shop import cart")),
    "signal": ("signals", wrap("signal.signal(signal.SIGINT, None)" + ok, imports="import signal")),
    "pickle": ("pickle", wrap("pickle.loads(b'x')" + ok, imports="import pickle")),
    "input": ("interactive", wrap("input()" + ok)),
    "breakpoint": ("interactive", wrap("breakpoint()" + ok)),
    "hallucinated package": ("unknown-import", wrap(ok, imports="import shoptools")),
    "hallucinated module": ("unknown-import", wrap(ok, imports="import shop.basket")),
    "hallucinated name": ("unknown-name", wrap(ok, imports="from shop.cart import Carts")),
    "hallucinated attribute": ("unknown-attribute", wrap("cart.TAXES" + ok, imports="from shop import cart")),
    "not a dependency": ("undeclared-import", wrap(ok, imports="import coverage")),
    "relative import": ("relative-import", wrap(ok, imports="from . import x")),
    "star import": ("star-import", wrap(ok, imports="from shop.cart import *")),
    "sleep": ("sleep", wrap("time.sleep(0.1)" + ok, imports="import time")),
    "skip": ("skip", wrap("pytest.skip('x')" + ok, imports="import pytest")),
    "xfail mark": ("skip", wrap(ok, imports="import pytest", decorators="@pytest.mark.xfail")),
    "importorskip": ("skip", wrap("pytest.importorskip('x')" + ok, imports="import pytest")),
    "_pytest": ("pytest-internals", wrap(ok, imports="from _pytest.config import Config")),
    "pytest.main": ("pytest-internals", wrap("pytest.main([])" + ok, imports="import pytest")),
    "request.config": ("pytest-internals", wrap("request.config.option" + ok, "request")),
    "pytestconfig": ("pytest-internals", wrap(ok, "pytestconfig")),
    "hook": ("pytest-internals", "def pytest_runtest_setup(item): ...\n" + wrap(ok)),
    "plugins": ("pytest-internals", "pytest_plugins = ['x']\n" + wrap(ok)),
    "no assertion": ("no-assertion", wrap("Cart().total()")),
    "assert True": ("cannot-fail", wrap("Cart().total()\nassert True")),
    "same sides": ("cannot-fail", wrap("x = Cart()\nassert x == x")),
    "isinstance object": ("cannot-fail", wrap("assert isinstance(Cart(), object)")),
    "or True": ("cannot-fail", wrap("assert Cart().total() or True")),
    "length": ("cannot-fail", wrap("assert len(Cart().items) >= 0")),
    "tuple": ("cannot-fail", wrap("assert (Cart().total() == 1, 'message')")),
    "any error": (
        "broad-raises",
        wrap("with pytest.raises(Exception):\n    Cart().add('x', -1)", imports="import pytest"),
    ),
    "unrelated": ("unrelated-assertion", wrap("Cart().total()\nn = 1 + 1\nassert n == 2")),
    "the process, of which nothing was asked": (
        "unrelated-assertion",
        wrap("assert os.environ.get('TAX') is None", imports="import os"),
    ),
    "unrelated raises": (
        "unrelated-assertion",
        wrap("with pytest.raises(ZeroDivisionError):\n    1 / 0", imports="import pytest"),
    ),
    "unrelated raises within": (
        "unrelated-assertion",
        wrap("with Cart(), pytest.raises(ValueError):\n    raise ValueError", imports="import pytest"),
    ),
    "unknown fixture": ("unknown-fixture", wrap(ok, "basket")),
    "name": ("not-a-test", "def check():\n    assert Cart().total() == 0"),
    "decorator": ("decorator", wrap(ok, imports="import functools", decorators="@functools.cache")),
    "stray code": ("stray-code", "print('x')\n" + wrap(ok)),
    "autouse": ("shared-fixture", "import pytest\n@pytest.fixture(autouse=True)\ndef f(): ...\n" + wrap(ok)),
    "long": ("too-long", wrap("x = 1\n" * 121 + ok)),
    "trick: alias": ("starts-process", wrap("import os as o\no.popen('x')" + ok)),
    "trick: in lambda": ("dynamic-code", wrap("f = lambda: __import__('os')" + ok)),
    "trick: default": ("dynamic-code", "def test_x(a=__import__('os')):\n    assert Cart().total() == 0"),
    "trick: decorator arg": (
        "dynamic-code",
        wrap(ok, "n", "import pytest", "@pytest.mark.parametrize('n', [eval('1')])"),
    ),
    "trick: attrgetter": (
        "introspection",
        wrap("operator.attrgetter('__globals__')(Cart.total)" + ok, imports="import operator"),
    ),
    "trick: shadow": (
        "dynamic-code",
        "def helper(eval):\n    return eval\ndef test_x():\n    eval('1')\n    assert Cart().total() == 0",
    ),
    "trick: getattr name": ("dynamic-code", wrap("n = 'sys' + 'tem'\ngetattr(os, n)('ls')" + ok, imports="import os")),
    "trick: fstring": ("dynamic-code", wrap("getattr(Cart, f'__glo{1}')" + ok)),
    "trick: sys.modules os": ("interpreter-state", wrap("sys.modules['os'].system('x')" + ok, imports="import sys")),
    "trick: unittest.mock.os": (
        "starts-process",
        wrap("mock.os.system('x')" + ok, imports="from unittest import mock"),
    ),
    "trick: logging.os": ("starts-process", wrap("logging.os.system('x')" + ok, imports="import logging")),
    "trick: _os": ("starts-process", wrap("tempfile._os.system('x')" + ok, imports="import tempfile")),
    "trick: asyncio loop subprocess": (
        "starts-process",
        wrap("asyncio.subprocess.create_subprocess_exec('x')" + ok, imports="import asyncio"),
    ),
    "trick: loop.subprocess_exec": (
        "introspection",
        wrap("asyncio.get_event_loop().subprocess_exec(None, 'x')" + ok, imports="import asyncio"),
    ),
    "trick: pool": (
        "starts-process",
        wrap("concurrent.futures.ProcessPoolExecutor()" + ok, imports="import concurrent.futures"),
    ),
    "trick: pathlib write by var": (
        "file-outside-tmp",
        wrap("base = Path('/tmp')\nf = base / 'x'\nf.write_text('x')" + ok, imports="from pathlib import Path"),
    ),
    "trick: open append pos": ("file-outside-tmp", wrap("open('x', mode='a')" + ok)),
    "trick: open via io": ("file-outside-tmp", wrap("io.open('x', 'w')" + ok, imports="import io")),
    "trick: open alias": ("file-outside-tmp", wrap("f = open\nf('x', 'w')" + ok)),
    "trick: open partial": (
        "file-outside-tmp",
        wrap("functools.partial(open, 'x', 'w')()" + ok, imports="import functools"),
    ),
    "trick: map open": ("file-outside-tmp", wrap("list(map(open, ['x'], ['w']))" + ok)),
    "trick: rmtree alias": ("file-outside-tmp", wrap("f = shutil.rmtree\nf('/')" + ok, imports="import shutil")),
    "trick: Path.unlink ref": (
        "file-outside-tmp",
        wrap("f = Path('/x').unlink\nf()" + ok, imports="from pathlib import Path"),
    ),
    "trick: Path unbound": ("file-outside-tmp", wrap("Path.unlink('/x')" + ok, imports="from pathlib import Path")),
    "trick: methodcaller": (
        "dynamic-code",
        wrap("operator.methodcaller('unlink')(Path('/x'))" + ok, imports="import operator\nfrom pathlib import Path"),
    ),
    "trick: tmp join abs": (
        "file-outside-tmp",
        wrap("p = os.path.join(tmp_path, '/etc/x')\nopen(p, 'w')" + ok, "tmp_path", "import os"),
    ),
    "trick: tmp param abs": (
        "file-outside-tmp",
        wrap(
            "(tmp_path / name).write_text('x')" + ok,
            "tmp_path, name",
            "import pytest",
            "@pytest.mark.parametrize('name', ['/etc/x'])",
        ),
    ),
    "trick: reassigned": (
        "file-outside-tmp",
        wrap("p = tmp_path\np = Path('/etc')\n(p / 'x').write_text('x')" + ok, "tmp_path", "from pathlib import Path"),
    ),
    "trick: helper path": (
        "file-outside-tmp",
        (
            "from pathlib import Path\n"
            "def make(path):\n"
            "    path.write_text('x')\n"
            "def test_x():\n"
            "    make(Path('/etc/x'))\n"
            "    assert Cart().total() == 0"
        ),
    ),
    "trick: helper str": (
        "file-outside-tmp",
        (
            "def make(path):\n"
            "    with open(path, 'w') as f: ...\n"
            "def test_x():\n"
            "    make('/etc/x')\n"
            "    assert Cart().total() == 0"
        ),
    ),
    "trick: project os": ("environment", wrap("cart.os.environ['A'] = '1'" + ok, imports="from shop import cart")),
    "trick: mock env": ("environment", wrap("os.environ |= {'a': 'b'}" + ok, imports="import os")),
    "trick: fixture override": (
        "file-outside-tmp",
        (
            "import pytest\n"
            "@pytest.fixture\n"
            "def tmp_path():\n"
            "    return __file__\n"
            "def test_x(tmp_path):\n"
            "    open(tmp_path, 'w')\n"
            "    assert Cart().total() == 0"
        ),
    ),
    "trick: tmp var": (
        "file-outside-tmp",
        wrap("tmp_path = Path('/etc')\n(tmp_path / 'x').write_text('')" + ok, imports="from pathlib import Path"),
    ),
    "trick: class body": (
        "starts-process",
        "class A:\n    import os\n    os.system('x')\ndef test_x():\n    assert Cart().total() == 0",
    ),
    "trick: walrus": ("starts-process", wrap("(o := os).system('x')" + ok, imports="import os")),
    "trick: match": ("starts-process", wrap("match os:\n    case o: o.system('x')" + ok, imports="import os")),
    "trick: requests var": (
        "network",
        wrap("u = 'http://evil.example'\nurllib.request.urlopen(u)" + ok, imports="import urllib.request"),
    ),
    "trick: socket const": (
        "network",
        wrap("a = ('8.8.8.8', 53)\nsocket.create_connection(a)" + ok, imports="import socket"),
    ),
    "trick: userinfo": (
        "network",
        wrap("urllib.request.urlopen('http://localhost@evil.example')" + ok, imports="import urllib.request"),
    ),
    "trick: localhost.evil": (
        "network",
        wrap("urllib.request.urlopen('http://localhost.evil.example')" + ok, imports="import urllib.request"),
    ),
    "trick: asyncio.open_connection": (
        "network",
        wrap("asyncio.run(asyncio.open_connection('evil.example', 80))" + ok, imports="import asyncio"),
    ),
    "trick: sys.settrace": ("interpreter-state", wrap("sys.settrace(None)" + ok, imports="import sys")),
    "trick: setattr builtin": ("interpreter-state", wrap("setattr(sys, 'stdout', None)" + ok, imports="import sys")),
    "trick: del attr": ("interpreter-state", wrap("del cart.TAX" + ok, imports="from shop import cart")),
    "trick: class patch": ("interpreter-state", wrap("Cart.total = lambda self: 0" + ok)),
    "trick: threading excepthook": (
        "interpreter-state",
        wrap("threading.excepthook = None" + ok, imports="import threading"),
    ),
    "trick: string exec": ("dynamic-code", wrap("type('X', (), {'__del__': exec})" + ok)),
    "trick: gc": ("introspection", wrap("gc.get_objects()" + ok, imports="import gc")),
    "trick: frame": ("interpreter-state", wrap("sys._getframe()" + ok, imports="import sys")),
    "trick: tb": (
        "introspection",
        wrap("try:\n    1 / 0\nexcept ZeroDivisionError as e:\n    e.__traceback__.tb_frame" + ok),
    ),
    "trick: coverage": ("undeclared-import", wrap("import coverage\ncoverage.Coverage().erase()" + ok)),
    "trick: pytest.exit": ("skip", wrap("pytest.exit('x')" + ok, imports="import pytest")),
    "trick: skipif": ("skip", wrap(ok, imports="import pytest", decorators="@pytest.mark.skipif(True, reason='x')")),
    "trick: unittest skip": ("skip", wrap("raise unittest.SkipTest" + ok, imports="import unittest")),
    "trick: nested test": ("no-assertion", wrap("def test_y():\n    assert False" + "\nCart()")),
    "trick: assert not None const": ("unrelated-assertion", wrap("Cart()\nassert not False")),
    "trick: assert 1 == 1": ("cannot-fail", wrap("Cart()\nassert 1 == 1")),
    "trick: swallow": ("cannot-fail", wrap("try:\n    assert Cart().total() == 1\nexcept AssertionError:\n    pass")),
    "trick: suppress": (
        "cannot-fail",
        wrap("with contextlib.suppress(AssertionError):\n    assert Cart().total() == 1", imports="import contextlib"),
    ),
    "trick: under if False": ("cannot-fail", wrap("if False:\n    assert Cart().total() == 1")),
    "trick: return early": ("cannot-fail", wrap("return\nassert Cart().total() == 1")),
    "trick: ffi str": ("dynamic-code", wrap("ctypes = __import__('ctypes')" + ok)),
    "trick: builtins dict": ("introspection", wrap("__builtins__['eval']('1')" + ok)),
}


@pytest.mark.parametrize("code", GOOD.values(), ids=GOOD)
def test_an_ordinary_test_is_let_through(code, facts):
    assert vet(candidate(code), facts) == ()


@pytest.mark.parametrize(("reason", "code"), BAD.values(), ids=BAD)
def test_a_bad_test_is_refused_with_its_reason(reason, code, facts):
    if code is None:
        one = Candidate(
            "c", "shop/cart.py::Cart.total", "test_x", Category.EDGE, Origin.MODEL, Oracle.OBSERVED, "def x(:"
        )
    else:
        one = candidate(code)
    assert reason in {refusal.code for refusal in vet(one, facts)}


def test_the_tables_are_large_enough_to_mean_something():
    assert len(GOOD) >= 40 <= len(BAD)


def test_unsafe_reasons_come_first(facts):
    refusals = vet(candidate(wrap("import time\ntime.sleep(1)\nos.system('x')", imports="import os")), facts)
    assert [refusals[0].fate, refusals[-1].fate] == [Fate.UNSAFE, Fate.INVALID]


def test_a_wrong_name_gets_the_nearest_right_one(facts):
    (refusal,) = vet(candidate(wrap(ok, imports="from shop.cart import Carts")), facts)
    assert (
        refusal.message == "shop.cart has no name Carts; did you mean Cart?" or "did you mean Cart" in refusal.message
    )


def test_the_line_counts_in_the_test_function(facts):
    (refusal,) = vet(candidate(wrap("x = 1\neval('1')" + ok)), facts)
    assert refusal.line == 3
