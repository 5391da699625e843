"""Types of the standard library, and annotations that say nothing that can be made: what a call begins with."""

import pytest
from test_generate_offline_generator import assignments_of, candidates_of, module_of

from pytest_llmgen.generate.offline.planning import Plan, plan_of
from pytest_llmgen.records import Oracle


def plan_for(source: str) -> Plan:
    module = module_of("zoo", source)
    return plan_of(assignments_of(module)[-1], {"zoo": module})


def values(source: str) -> list[str]:
    return [term.source for term in plan_for(source).pools[0]]


@pytest.mark.parametrize(
    ("imports", "annotation", "value"),
    [
        ("import pathlib", "pathlib.PurePosixPath", "PurePosixPath('folder/notes.txt')"),
        ("import ipaddress", "ipaddress.IPv4Network", "IPv4Network('192.0.2.0/24')"),
        ("import asyncio", "asyncio.Lock", "asyncio.Lock()"),
        ("import threading", "threading.Lock", "threading.Lock()"),
        ("from types import MappingProxyType", "MappingProxyType[str, int]", "MappingProxyType({})"),
        ("from contextlib import AbstractContextManager", "AbstractContextManager[int]", "nullcontext(3)"),
        ("from uuid import UUID", "UUID", "UUID('12345678-1234-4678-8234-567812345678')"),
        ("", "range", "range(5, 0, -2)"),
        ("from typing import TypeVar\nT = TypeVar('T', bound=bytes)", "T", "b'abc'"),
        ("from typing import TypeVar\nKind = TypeVar('Kind', int, bytes)", "Kind", "b'abc'"),
    ],
)
def test_a_type_of_python_has_its_values(imports: str, annotation: str, value: str) -> None:
    assert value in values(f"{imports}\n\ndef f(one: {annotation}):\n    return one\n")


def test_flags_come_together_and_not_at_all() -> None:
    source = (
        "import enum\n\nclass Ink(enum.Flag):\n    RED = 1\n    BLUE = 2\n\ndef f(ink: Ink):\n    return ink.value\n"
    )
    assert values(source) == ["Ink.RED", "Ink.BLUE", "Ink.RED | Ink.BLUE", "Ink(0)"]


def test_a_stream_begins_with_what_the_code_looks_for() -> None:
    source = "import io\n\ndef f(stream: io.BytesIO):\n    return stream.read(3) == b'GIF'\n"
    assert {"io.BytesIO(b'GIF')", "io.BytesIO(b'GIF' + b'abc')"} <= set(values(source))


@pytest.mark.parametrize("annotation", ["", ": Unheard", ": SimpleNamespace"])
def test_an_object_of_which_only_attributes_are_read_has_just_these(annotation: str) -> None:
    source = f"def f(user{annotation}):\n    return user.age >= 18 and (user.city if user.is_known else 'nowhere')\n"
    first, *_ = values(source)
    assert first.startswith("SimpleNamespace(age=")
    assert "is_known=True" in first


def test_texts_of_one_object_differ() -> None:
    source = "def f(user):\n    return f'{user.given_name}-{user.family_name}'\n"
    assert values(source)[0] == "SimpleNamespace(given_name='hello', family_name='a')"


@pytest.mark.parametrize(
    ("source", "promised"),
    [
        ("def f(thing: Unheard) -> int:\n    return thing + 'text'[thing.size:]\n", []),
        (
            (
                "import asyncio\nfrom collections.abc import Awaitable, Callable\n\n"
                "async def f(work: Callable[[], Awaitable[int]]) -> int:\n    return await work()\n"
            ),
            [],
        ),
        ("def f(thing: str) -> int:\n    return thing.strip()\n", ["test_f_gives_int_as_annotated"]),
    ],
)
def test_an_annotation_is_held_against_the_code_only_where_all_arguments_keep_theirs(
    source: str, promised: list[str]
) -> None:
    found = candidates_of(module_of("zoo", f"from __future__ import annotations\n\n{source}"))
    assert [each.name for each in found if each.oracle is Oracle.DOCUMENTATION] == promised
