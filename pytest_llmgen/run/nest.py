"""A fork of the server that has imported one module more: its probes fork from there, and the server stays as it was.

Where no test imports a module, each probe and each mutant would import it in a fork of its own, and walk the heap for
its functions; that costs fifty times the probe.
"""

from __future__ import annotations

import os
import select
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any, NoReturn

from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.views import SpoiledError
from pytest_llmgen.run.wire import Decoder, receive, send

SIGN_OF_LIFE = 1.0
"""Seconds between two messages while it imports."""

Request = dict[str, Any]


class NoNestError(Exception):
    """It did not come into being: its import failed, hung, started threads or ended the process."""


def nest(
    request: Request,
    *,
    prepare: Callable[[], None],
    serve: Callable[[Request], None],
    is_mine: Callable[[Request], bool],
    channel: Channel,
    limit: float,
    alive: Callable[[], None],
) -> Request | None:
    """Fork; the child prepares, serves the request and all further ones that are its own.

    Args:
        request: the first one.
        prepare: imports, in the child.
        serve: answers a request, in the child.
        is_mine: whether a further request is one for the child.
        channel: what requests come from; the child reads it as long as it lives.
        limit: seconds that ``prepare`` may take.
        alive: is called now and then while it does.

    Returns:
        The first request that is not the child's, None when there is no more.

    Raises:
        NoNestError: nothing was served.
        SpoiledError: the child died while it served.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        with suppress(OSError):
            os.setpgid(0, 0)
        os.close(reading)
        _live(request, prepare, serve, is_mine, channel, writing)
    os.close(writing)
    with suppress(OSError):
        os.setpgid(pid, pid)
    try:
        decoder = Decoder()
        if not _is_ready(reading, limit, alive) or receive(reading, decoder) is None:
            raise NoNestError
        last = receive(reading, decoder)
    finally:
        os.close(reading)
        for kill in (os.killpg, os.kill):  # the group: an import may have started processes
            with suppress(OSError):
                kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if last is None:
        raise SpoiledError("the process that served probes died")
    found: Request | None = last["request"]
    return found


def _is_ready(reading: int, limit: float, alive: Callable[[], None]) -> bool:
    """Whether it says something in time; its end counts as that."""
    poller, end = select.poll(), time.monotonic() + limit
    poller.register(reading, select.POLLIN)
    while (left := end - time.monotonic()) > 0:
        if poller.poll(min(left, SIGN_OF_LIFE) * 1000):
            return True
        alive()
    return False


def _live(
    request: Request | None,
    prepare: Callable[[], None],
    serve: Callable[[Request], None],
    is_mine: Callable[[Request], bool],
    channel: Channel,
    writing: int,
) -> NoReturn:
    try:
        prepare()
        if threading.active_count() == 1:  # a fork would be without the others
            send(writing, {"ready": True})
            while request is not None and is_mine(request):
                serve(request)
                request = channel.receive()
            send(writing, {"request": request})
    except BaseException:  # noqa: BLE001, S110 (a module may raise anything when it is imported)
        pass
    finally:
        os._exit(0)
