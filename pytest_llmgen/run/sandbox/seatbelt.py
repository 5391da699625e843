"""macOS's own sandbox (Seatbelt): a profile that a process puts on for good, and its children with it.

Written from what is public of the profile language; it was never tried on a Mac.
"""

from __future__ import annotations

import ctypes
import socket
from collections.abc import Iterable, Iterator, Sequence

from pytest_llmgen.run.sandbox.allow import LOOPBACK, Host
from pytest_llmgen.run.sandbox.plan import Plan

NOWHERE = ("192.0.2.1", 9)
"""An address for documentation, which is nobody's."""
LIBRARY = "/usr/lib/libSystem.dylib"
DEVICES = ("/dev/null", "/dev/zero", "/dev/random", "/dev/urandom", "/dev/tty", "/dev/ptmx", "/dev/dtracehelper")
SERVICES = (
    *("com.apple.securityd", "com.apple.securityd.xpc", "com.apple.SecurityServer"),  # the keychain
    *("com.apple.coreservices.launchservicesd", "com.apple.pasteboard.1"),  # programs outside of the sandbox, clipboard
)


def restrict(plan: Plan) -> None:
    """Put on the profile of a plan, for good; raises ``OSError`` where the system refuses it."""
    library = ctypes.CDLL(LIBRARY)
    problem = ctypes.c_char_p()
    if library.sandbox_init(profile(plan).encode(), ctypes.c_uint64(0), ctypes.byref(problem)):
        raise OSError((problem.value or b"sandbox_init").decode(errors="replace"))
    prove()


def prove() -> None:
    """See that the profile is in force: a wall that was never tried is not believed; raises ``OSError`` if not."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(NOWHERE)  # sends nothing
        except PermissionError:
            return
    raise OSError("the profile was taken and does not hold: the network is still there")


def profile(plan: Plan) -> str:
    """The text that ``sandbox-exec -p`` takes; of two rules that fit the later one holds."""
    return "\n".join(_rules(plan)) + "\n"


def _rules(plan: Plan) -> Iterator[str]:
    writable = (plan.private, plan.seen, *plan.writable)
    yield "(version 1)"
    yield "(allow default)"
    yield "(deny network*)"
    yield _rule("allow network*", (f"(local unix-socket (subpath {_quoted(path)}))" for path in writable))
    yield _rule("allow network*", (f"(remote unix-socket (subpath {_quoted(path)}))" for path in writable))
    yield from (f"(allow network-outbound (remote ip {_quoted(_place(host))}))" for host in plan.hosts)
    yield "(deny file-write*)"
    yield _rule("allow file-write*", (*_below(writable), *(f"(literal {_quoted(path)})" for path in DEVICES)))
    yield from _reading(plan, writable)
    yield "(deny signal)"
    yield "(allow signal (target same-sandbox))"
    yield "(deny process-info* (target others))"
    yield "(deny appleevent-send)"
    yield _rule("deny mach-lookup", (f"(global-name {_quoted(name)})" for name in SERVICES))


def _reading(plan: Plan, writable: Sequence[str]) -> Iterator[str]:
    """The innermost place decides, so the outer ones come first; names and sizes stay open, as paths need them."""
    if not plan.readable:
        return
    answers = dict.fromkeys(plan.hidden, "deny") | dict.fromkeys((*plan.readable, *writable), "allow")
    for path in sorted(answers, key=lambda path: (len(path), path)):
        yield _rule(f"{answers[path]} file-read-data", _below([path]))


def _below(paths: Iterable[str]) -> list[str]:
    return [f"(subpath {_quoted(path)})" for path in paths]


def _rule(head: str, filters: Iterable[str]) -> str:
    return f"({head} {' '.join(filters)})"


def _place(host: Host) -> str:
    """The profile language knows this machine and all others, no names."""
    return f"{'localhost' if host.name in LOOPBACK else '*'}:{host.port}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
