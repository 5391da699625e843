"""Services that ``llm_sandbox_allow`` opens, at their own names and ports inside a network namespace.

A process stays outside; it accepts on sockets that were made inside, and connects each to the service.
"""

from __future__ import annotations

import os
import selectors
import socket
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.run.sandbox.allow import LOOPBACK, Host

FIRST_PLACE = 2  # 127.0.0.2 and on: one for each name that is not loopback's own
CHUNK = 1 << 16
CONNECT_SECONDS = 10.0
MOST_DESCRIPTORS = 64


class Relay:
    """Make it outside, before the namespaces; :meth:`open` it inside."""

    def __init__(self, hosts: Sequence[Host]) -> None:
        self._hosts = hosts
        supervisor = os.pidfd_open(os.getpid())
        self._inside, outside = socket.socketpair()
        child = os.fork()
        if not child:
            if os.fork():  # nobody's child: the supervisor waits for all that are its own
                os._exit(0)
            self._inside.close()
            _serve(outside, supervisor, hosts)
        os.waitpid(child, 0)
        os.close(supervisor)
        outside.close()

    def open(self, private: str) -> str | None:
        """Listen for each service and hand the sockets over; the path of a hosts file that knows their names."""
        names = dict.fromkeys(host.name for host in self._hosts if host.name not in LOOPBACK)
        places = {name: f"127.0.0.{number}" for number, name in enumerate(names, start=FIRST_PLACE)}
        listeners = [
            socket.create_server((places.get(host.name, LOOPBACK[1]), host.port), backlog=16) for host in self._hosts
        ]
        socket.send_fds(self._inside, [b"."], [listener.fileno() for listener in listeners])
        for each in (*listeners, self._inside):
            each.close()
        if not places:
            return None
        known = Path("/etc/hosts").read_text() if Path("/etc/hosts").exists() else ""
        file = Path(private, "hosts")
        file.write_text(known + "".join(f"\n{place} {name}" for name, place in places.items()) + "\n")
        return str(file)


def _serve(control: socket.socket, supervisor: int, hosts: Sequence[Host]) -> None:
    """Until the supervisor ends, however it does."""
    try:
        _, descriptors, _, _ = socket.recv_fds(control, 1, MOST_DESCRIPTORS)
        with selectors.DefaultSelector() as selector:
            selector.register(supervisor, selectors.EVENT_READ, None)
            for host, descriptor in zip(hosts, descriptors, strict=True):
                selector.register(socket.socket(fileno=descriptor), selectors.EVENT_READ, host)
            while all(_step(selector, key) for key, _ in selector.select()):
                pass
    finally:
        os._exit(0)


def _step(selector: selectors.BaseSelector, key: selectors.SelectorKey) -> bool:
    if key.data is None:
        return False
    if isinstance(key.data, Host):
        _connect(selector, key.fileobj, key.data)  # type: ignore[arg-type]
    elif key.fileobj in selector.get_map():  # else it went with its other end just now
        _pass_on(selector, key.fileobj, key.data)  # type: ignore[arg-type]
    return True


def _connect(selector: selectors.BaseSelector, listener: socket.socket, host: Host) -> None:
    theirs, _ = listener.accept()
    try:
        ours = socket.create_connection((host.name, host.port), CONNECT_SECONDS)
    except OSError:
        theirs.close()
        return
    ours.settimeout(None)
    selector.register(theirs, selectors.EVENT_READ, ours)
    selector.register(ours, selectors.EVENT_READ, theirs)


def _pass_on(selector: selectors.BaseSelector, source: socket.socket, target: socket.socket) -> None:
    data = b""
    with suppress(OSError):
        data = source.recv(CHUNK)
        target.sendall(data)
    if not data:
        for each in (source, target):
            selector.unregister(each)
            each.close()
