"""Hosts: what a test connects to must be seen to be loopback."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence
from urllib.parse import urlsplit

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.known import words
from pytest_llmgen.vet.paths import mentions
from pytest_llmgen.vet.scope import Scope, flow

_CLIENTS = ("socket.", "http.client.", "urllib.request.", "requests.", "httpx.", "aiohttp.", "urllib3.", "websockets.")
_REQUESTS = words(
    "create_connection urlopen urlretrieve HTTPConnection HTTPSConnection get post put delete head patch options "
    "request getaddrinfo gethostbyname stream connect open"
)
_VERBS = frozenset({"GET", "POST", "PUT", "DELETE", "PATCH", "HEAD", "OPTIONS"})
_STREAMS = frozenset({"create_connection", "open_connection", "create_datagram_endpoint", "open_unix_connection"})
_CONNECTS = frozenset({"connect", "connect_ex", "sendto"})
_OWN = words("getsockname server_address server_port server_name port url base_url")
"""What a server of the test's own says of itself."""
_LOOPBACK = re.compile(r"127(\.\d+){3}|localhost|::1|0\.0\.0\.0|")
_INTERCEPTORS = frozenset({"requests_mock", "respx_mock", "respx", "responses", "httpretty", "aioresponses", "vcr"})


def check_network(scope: Scope) -> Iterator[Refusal]:
    """Refusals for talking to other machines, or to services of this one."""
    clients = flow(scope, frozenset(), lambda value, names: mentions(value, names) or _is_client(scope, value))
    own = flow(scope, frozenset(), lambda value, names: mentions(value, names) or _is_own(value))
    if _INTERCEPTORS & {name for name in scope.facts.dependencies if name in scope.imported} or _is_intercepted(scope):
        return
    for node in scope.walk():
        if isinstance(node, ast.Call) and (place := _place(scope, node, clients)) is not None:
            wrong = [each for each in place if not _is_loopback(each, own)]
            if wrong or not place:
                to = ast.unparse(wrong[0]) if wrong else "a host that cannot be seen here"
                message = f"it connects to {to}: use a stand-in, or a server on 127.0.0.1"
                yield scope.refusal("network", message, node, Fate.UNSAFE)


def _is_intercepted(scope: Scope) -> bool:
    return any(isinstance(node, ast.arg) and node.arg in _INTERCEPTORS for node in ast.walk(scope.test.args))


def _place(scope: Scope, node: ast.Call, clients: frozenset[str]) -> Sequence[ast.AST] | None:
    """The expressions that say where a call goes; None where it goes nowhere."""
    name = scope.dotted(node.func) or ""
    tail = node.func.attr if isinstance(node.func, ast.Attribute) else name.rpartition(".")[2]
    receiver = node.func.value if isinstance(node.func, ast.Attribute) else None
    of_client = receiver is not None and not name and (mentions(receiver, clients) or _is_client(scope, receiver))
    given = [*node.args, *(keyword.value for keyword in node.keywords if keyword.arg in {"host", "url", "address"})]
    if name.startswith("asyncio.") or (not name and tail in _STREAMS and tail != "create_connection"):
        return _first(given, 0) if tail in _STREAMS else None
    if name.startswith(_CLIENTS) and tail in _REQUESTS:
        return _first(given, 1 if tail in {"request", "stream"} else 0)
    if of_client and tail in _CONNECTS:
        return given[-1:] if tail == "sendto" else _first(given, 0)
    if of_client and tail in _REQUESTS:
        urls = [
            arg for arg in given if not (isinstance(arg, ast.Constant) and (arg.value in _VERBS or not _is_url(arg)))
        ]
        return urls or None
    return None


def _first(given: Sequence[ast.AST], place: int) -> Sequence[ast.AST]:
    return given[place : place + 1]


def _is_url(node: ast.Constant) -> bool:
    return not isinstance(node.value, str) or "://" in node.value or not node.value.startswith("/")


def _is_client(scope: Scope, node: ast.AST) -> bool:
    names = (scope.dotted(each) or "" for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))
    return any(
        name.startswith(_CLIENTS) and name.rpartition(".")[2] not in {"socketpair", "gethostname"} for name in names
    )


def _is_own(node: ast.AST) -> bool:
    return any(isinstance(each, ast.Attribute) and each.attr in _OWN for each in ast.walk(node))


def _is_loopback(node: ast.AST, own: frozenset[str]) -> bool:
    if isinstance(node, ast.JoinedStr) and node.values:
        return _is_local_format(node, own)
    if isinstance(node, ast.Tuple) and node.elts:
        return _is_loopback(node.elts[0], own)
    if isinstance(node, ast.Call) and node.args and not _is_own(node):  # a Request
        return _is_loopback(node.args[0], own)
    if isinstance(node, ast.Constant):
        return isinstance(node.value, str) and bool(_LOOPBACK.fullmatch(_host(node.value)))
    return _is_own(node) or mentions(node, own)


def _is_local_format(node: ast.JoinedStr, own: frozenset[str]) -> bool:
    first = node.values[0]
    if isinstance(first, ast.Constant):
        after = re.fullmatch(r"(?:\w+://)?([^/:@]*)[:/].*", str(first.value))
        text = re.fullmatch(r"\w+://([^/:@]*)[:/].*", str(first.value)) or after
        host = text[1] if text else ""
        return bool(host and _LOOPBACK.fullmatch(host)) or (str(first.value).endswith("://") and _holds_own(node, own))
    return _holds_own(node, own)


def _holds_own(node: ast.JoinedStr, own: frozenset[str]) -> bool:
    inner = next((each.value for each in node.values if isinstance(each, ast.FormattedValue)), None)
    return inner is not None and (_is_own(inner) or mentions(inner, own))


def _host(text: str) -> str:
    try:
        return (urlsplit(text).hostname or "?") if "://" in text else text
    except ValueError:
        return "?"
