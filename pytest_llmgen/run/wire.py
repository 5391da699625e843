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
from collections.abc import Mapping
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
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: to_json(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {str(k): to_json(v) for k, v in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(to_json(v) for v in value)
    if isinstance(value, (list, tuple)):
        return [to_json(v) for v in value]
    return value


def from_json(kind: type[T], data: Any) -> T:
    """Make a record of the given class from what :func:`to_json` gave."""
    return typing.cast("T", _restore(kind, data))


@functools.cache
def _hints(kind: type) -> dict[str, Any]:
    return typing.get_type_hints(kind)


def _restore(kind: Any, data: Any) -> Any:
    if data is None:
        return None
    if dataclasses.is_dataclass(kind):
        hints = _hints(typing.cast("type", kind))
        return typing.cast("Any", kind)(**{k: _restore(hints[k], v) for k, v in data.items()})
    origin = typing.get_origin(kind)
    return kind(data) if origin is None else _restore_generic(origin, typing.get_args(kind), data)


def _restore_generic(origin: Any, arguments: tuple[Any, ...], data: Any) -> Any:
    if origin in (types.UnionType, typing.Union):
        return _restore(next(a for a in arguments if a is not type(None)), data)
    if origin is tuple:
        return _restore_tuple(arguments, data)
    if origin is frozenset:
        return frozenset(_restore(arguments[0], v) for v in data)
    return {arguments[0](k): _restore(arguments[1], v) for k, v in data.items()}


def _restore_tuple(arguments: tuple[Any, ...], data: Any) -> tuple[Any, ...]:
    if arguments[-1] is Ellipsis:
        return tuple(_restore(arguments[0], v) for v in data)
    return tuple(_restore(a, v) for a, v in zip(arguments, data, strict=True))
