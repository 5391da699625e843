"""Whether a property only tells, as far as its code shows: some objects change when one is read."""

from __future__ import annotations

import dis
import functools
import inspect
from collections.abc import Iterator
from types import CodeType, FunctionType

_WRITING = ("STORE_ATTR", "DELETE_ATTR", "STORE_SUBSCR", "DELETE_SUBSCR", "STORE_GLOBAL", "IMPORT_NAME")
_CHANGING = frozenset(
    {"append", "add", "extend", "update", "pop", "popitem", "popleft", "remove", "insert", "clear", "setdefault"}
    | {"discard", "sort", "reverse", "send", "write", "read", "readline", "close", "open", "next", "print", "setattr"}
    | {"start", "stop", "run", "acquire", "release", "put", "get_nowait", "seek", "flush", "appendleft", "delattr"}
)


def is_harmless(owner: type, name: str) -> bool:
    """Whether nothing that the property runs, of its class, seems to change anything."""
    item = inspect.getattr_static(owner, name, None)
    return all(_only_tells(code) for code in _codes(owner, item, set()))


def _codes(owner: type, item: object, seen: set[CodeType]) -> Iterator[CodeType]:
    code = _code_of(item)
    if code is None or code in seen:
        return
    seen.add(code)
    yield code
    for name in code.co_names:
        yield from _codes(owner, inspect.getattr_static(owner, name, None), seen)


def _code_of(item: object) -> CodeType | None:
    match item:
        case property():
            item = item.fget
        case functools.cached_property():
            item = item.func
        case classmethod() | staticmethod():
            item = item.__func__
    return item.__code__ if isinstance(item, FunctionType) else None


@functools.cache
def _only_tells(code: CodeType) -> bool:
    if _CHANGING & set(code.co_names):
        return False
    return not any(step.opname in _WRITING for step in dis.get_instructions(code))
