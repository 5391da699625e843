"""Values of types that come with Python, typical ones first."""

from __future__ import annotations

from pytest_llmgen.generate.offline.terms import Term, from_source

_DECIMAL = ("from decimal import Decimal",)
_PURE = ("from pathlib import PurePosixPath",)


def _date(name: str) -> tuple[str, ...]:
    return (f"from datetime import {name}",)


_MATCHES = ("re.match('([a-z]+)', 'hello')", "re.match('([0-9]+)', '42')", "re.match('(.)(.)?', 'a')")

BASIC: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "int": (("3", "1", "0", "-1", "2", "10", "7", "100", "-5", "12345"), ()),
    "float": (("1.5", "0.0", "-1.5", "1.0", "2.0", "100.0", "0.1", "1e+30", "math.inf", "math.nan"), ("import math",)),
    "complex": (("1 + 2j", "0j", "3 + 0j", "-1.5 - 2j"), ()),
    "bool": (("True", "False"), ()),
    "str": (
        (
            "'hello'",
            "''",
            "'a'",
            "'hello world'",
            "'Hello World'",
            "'  padded  '",
            "'12'",
            "'a,b'",
            "'aba'",
            "'Ärger'",
            "'x-y_z'",
            "'日本'",
            "'😀'",
        ),
        (),
    ),
    "bytes": (("b'abc'", "b''", "b'\\x00\\xff'"), ()),
    "bytearray": (("bytearray(b'abc')", "bytearray(b'')"), ()),
    "None": (("None",), ()),
    "Decimal": (("Decimal('12.50')", "Decimal('0')", "Decimal('-1.25')", "Decimal('1')", "Decimal('0.005')"), _DECIMAL),
    "Fraction": (
        ("Fraction(1, 3)", "Fraction(0)", "Fraction(5, 2)", "Fraction(-1, 2)"),
        ("from fractions import Fraction",),
    ),
    "date": (
        ("date(2024, 1, 31)", "date(2024, 2, 1)", "date(2024, 2, 29)", "date(2023, 12, 31)", "date(2024, 6, 15)"),
        _date("date"),
    ),
    "datetime": (("datetime(2024, 1, 31, 12, 30)", "datetime(2023, 12, 31, 23, 59, 59)"), _date("datetime")),
    "time": (("time(12, 30)", "time(0, 0)"), _date("time")),
    "timedelta": (
        ("timedelta(hours=1)", "timedelta(0)", "timedelta(days=-1)", "timedelta(days=400)"),
        _date("timedelta"),
    ),
    "UUID": (("UUID(int=1)", "UUID('12345678-1234-4678-8234-567812345678')"), ("from uuid import UUID",)),
    "Pattern": (("re.compile('[0-9]+')",), ("import re",)),
    "Match": (_MATCHES, ("import re",)),
    "re.Match": (_MATCHES, ("import re",)),  # where the project has a class of that name
    "StringIO": (("io.StringIO('first\\nsecond\\n')", "io.StringIO('')", "io.StringIO('third')"), ("import io",)),
    "BytesIO": (("io.BytesIO(b'abc')", "io.BytesIO(b'')", "io.BytesIO(b'de')"), ("import io",)),
    "partial": (("functools.partial(len, 'hello')", "functools.partial(max, 1, 2)"), ("import functools",)),
    "deque": (("deque([3, 1, 2])", "deque()"), ("from collections import deque",)),
    "Counter": (("Counter('hello')", "Counter()"), ("from collections import Counter",)),
    "tzinfo": (("timezone.utc", "timezone(timedelta(hours=2))"), ("from datetime import timedelta, timezone",)),
    "ZoneInfo": (("ZoneInfo('UTC')",), ("from zoneinfo import ZoneInfo",)),
    "Logger": (("logging.getLogger('tests')",), ("import logging",)),
    "Random": (("random.Random(1)",), ("import random",)),
    "Lock": (("threading.Lock()",), ("import threading",)),
    "RLock": (("threading.RLock()",), ("import threading",)),
    "Event": (("threading.Event()",), ("import threading",)),
    "Namespace": (("argparse.Namespace(verbose=True)", "argparse.Namespace()"), ("import argparse",)),
    "Element": (("ElementTree.fromstring('<a b=\"1\">text<c/></a>')",), ("from xml.etree import ElementTree",)),
    "Exception": (("ValueError('text')", "KeyError('key')"), ()),
    "type": (("int", "str", "list"), ()),
    "IPv4Address": (
        ("IPv4Address('192.0.2.1')", "IPv4Address('127.0.0.1')", "IPv4Address('10.0.0.7')"),
        ("from ipaddress import IPv4Address",),
    ),
    "IPv6Address": (("IPv6Address('2001:db8::1')", "IPv6Address('::1')"), ("from ipaddress import IPv6Address",)),
    "IPv4Network": (
        ("IPv4Network('192.0.2.0/24')", "IPv4Network('10.0.0.0/8')"),
        ("from ipaddress import IPv4Network",),
    ),
    "IPv6Network": (("IPv6Network('2001:db8::/32')",), ("from ipaddress import IPv6Network",)),
    "PurePath": (("PurePosixPath('folder/notes.txt')", "PurePosixPath('notes')", "PurePosixPath('.')"), _PURE),
    "PureWindowsPath": (("PureWindowsPath('C:/folder/notes.txt')",), ("from pathlib import PureWindowsPath",)),
    "sqlite3.Connection": (("sqlite3.connect(':memory:')",), ("import sqlite3",)),
    "sqlite3.Cursor": (("sqlite3.connect(':memory:').cursor()",), ("import sqlite3",)),
    "asyncio.Lock": (("asyncio.Lock()",), ("import asyncio",)),
    "asyncio.Event": (("asyncio.Event()",), ("import asyncio",)),
    "asyncio.Queue": (("asyncio.Queue()",), ("import asyncio",)),
    "asyncio.Semaphore": (("asyncio.Semaphore(1)",), ("import asyncio",)),
    "Semaphore": (("threading.Semaphore(1)",), ("import threading",)),
    "Queue": (("queue.Queue()",), ("import queue",)),
    "SimpleQueue": (("queue.SimpleQueue()",), ("import queue",)),
    "memoryview": (("memoryview(b'abc')", "memoryview(b'')"), ()),
    "os.stat_result": (
        (
            "os.stat_result((0o100644, 0, 0, 1, 0, 0, 5, 0, 0, 0))",
            "os.stat_result((0o040755, 0, 0, 1, 0, 0, 0, 0, 0, 0))",
        ),
        ("import os",),
    ),
    "range": (("range(3)", "range(0)", "range(2, 5)", "range(5, 0, -2)"), ()),
    "slice": (("slice(0, 2)", "slice(1, None)", "slice(None, 2)", "slice(-1, None)", "slice(5, 9)"), ()),
}
SAME = {
    "TextIO": "StringIO",
    "IO": "StringIO",
    "BinaryIO": "BytesIO",
    "Text": "str",
    "LiteralString": "str",
    "AnyStr": "str",
    "Number": "int",
    "Real": "float",
    "SupportsFloat": "float",
    "SupportsInt": "int",
    "Hashable": "str",
    "NoneType": "None",
    "BaseException": "Exception",
    "ValueError": "Exception",
    "Type": "type",
    "timezone": "tzinfo",
    "Buffer": "bytes",
    "PurePosixPath": "PurePath",
}


def basic(name: str) -> list[Term]:
    """The values of a type of the table."""
    sources, imports = BASIC[name]
    return [from_source(source, imports if name != "float" or "math." in source else ()) for source in sources]
