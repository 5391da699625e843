"""Messages between processes: length-prefixed JSON, and records to JSON and back.

Never pickle: what a child sends was near code that nobody has read yet.
"""

from __future__ import annotations

import dataclasses
import enum
import functools
import json
import os
import struct
import types
import typing
from collections.abc import Callable, Mapping
from operator import attrgetter
from typing import Any, TypeVar

MESSAGE_LIMIT = 64 * 1024 * 1024
"""Bytes of one message at most; a longer one ends the process that sent it."""
CHUNK = 1 << 16
_HEADER = struct.Struct(">I")

T = TypeVar("T")


class BadMessageError(Exception):
    """The other side sent something that is no message."""


def encode(message: Any) -> bytes:
    """Give the bytes of a message, header included.

    Raises:
        BadMessageError: it is too long.
    """
    body = json.dumps(message, separators=(",", ":")).encode()
    if len(body) > MESSAGE_LIMIT:
        raise BadMessageError(f"a message of {len(body)} bytes")
    return _HEADER.pack(len(body)) + body


def send(fd: int, message: Any) -> None:
    """Write a whole message to a blocking descriptor."""
    view = memoryview(encode(message))
    while view:
        view = view[os.write(fd, view) :]


class Decoder:
    """Cuts a stream of bytes into messages."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> None:
        """Add bytes as they came."""
        self._buffer += data

    def next(self) -> Any:
        """The next whole message, or None.

        Raises:
            BadMessageError: the stream holds something else.
        """
        if len(self._buffer) < _HEADER.size:
            return None
        (length,) = _HEADER.unpack_from(self._buffer)
        if length > MESSAGE_LIMIT:
            raise BadMessageError(f"a message of {length} bytes")
        end = _HEADER.size + length
        if len(self._buffer) < end:
            return None
        body = bytes(self._buffer[_HEADER.size : end])
        del self._buffer[:end]
        try:
            return json.loads(body)
        except ValueError as error:
            raise BadMessageError(str(error)) from None


def receive(fd: int, decoder: Decoder) -> Any:
    """Read the next message from a blocking descriptor; None at the end of the stream."""
    while (message := decoder.next()) is None:
        data = os.read(fd, CHUNK)
        if not data:
            return None
        decoder.feed(data)
    return message


def to_json(value: Any) -> Any:
    """Turn records, sets, tuples and enums into what JSON can hold."""
    kind: Any = type(value)
    return value if kind in _PLAIN else _encoder(kind)(value)


def from_json(kind: type[T], data: Any) -> T:
    """Make a record of the given class from what :func:`to_json` gave."""
    known: Any = kind
    return typing.cast("T", _decoder(known)(data))


_Way = Callable[[Any], Any]
_PLAIN = frozenset({str, int, float, bool, type(None)})


@functools.cache  # a run sends hundreds of thousands of values of a few dozen kinds
def _encoder(kind: type) -> _Way:
    if dataclasses.is_dataclass(kind):
        names = tuple(field.name for field in dataclasses.fields(kind))
        return lambda value: {name: to_json(getattr(value, name)) for name in names}
    if issubclass(kind, enum.Enum):
        return attrgetter("value")
    if issubclass(kind, Mapping):
        return lambda value: {str(key): to_json(each) for key, each in value.items()}
    if issubclass(kind, (set, frozenset)):
        return lambda value: sorted(map(to_json, value))
    if issubclass(kind, (list, tuple)):
        return lambda value: list(map(to_json, value))
    return lambda value: value


@functools.cache
def _decoder(kind: Any) -> _Way:
    way = _decoder_of_record(kind) if dataclasses.is_dataclass(kind) else _decoder_of_value(kind)
    return lambda data: None if data is None else way(data)


def _decoder_of_record(kind: Any) -> _Way:
    parts = {name: _decoder(hint) for name, hint in typing.get_type_hints(kind).items()}
    return lambda data: kind(**{name: parts[name](value) for name, value in data.items()})


def _decoder_of_value(kind: Any) -> _Way:
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin is None:
        return typing.cast("_Way", kind)
    if origin in (types.UnionType, typing.Union):
        return _decoder(next(each for each in arguments if each is not type(None)))
    if origin is tuple and arguments[-1] is not Ellipsis:
        ways = tuple(map(_decoder, arguments))
        return lambda data: tuple(way(each) for way, each in zip(ways, data, strict=True))
    inner = _decoder(arguments[-1 if origin not in (tuple, frozenset) else 0])
    if origin in (tuple, frozenset):
        return lambda data: origin(map(inner, data))
    return lambda data: {arguments[0](key): inner(value) for key, value in data.items()}
