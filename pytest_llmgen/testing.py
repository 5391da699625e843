r"""A double of the Messages API on the loopback interface, for tests of the plugin and of its configuration.

::

    def test_my_configuration(pytester, monkeypatch):
        with FakeAnthropic([FakeReply("```python\ndef test_one(): ...\n```")]) as api:
            for name, value in api.environment.items():
                monkeypatch.setenv(name, value)
            pytester.runpytest("--llm-generate")
        assert len(api.requests) == 1
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Literal, Self
from urllib.parse import urlsplit

CHARACTERS_PER_TOKEN = 4
MESSAGES, BATCHES = "/v1/messages", "/v1/messages/batches"
_OK = 200
_BATCH = {
    "type": "message_batch",
    "created_at": "2026-01-01T00:00:00Z",
    "expires_at": "2026-01-02T00:00:00Z",
    "request_counts": {"processing": 0, "succeeded": 0, "errored": 0, "canceled": 0, "expired": 0},
}
Fault = Literal["", "drop", "cut", "junk", "garbage"]


@dataclass(frozen=True, slots=True)
class FakeReply:
    """One answer of the double.

    ``fault``: ``drop`` closes the connection without an answer, ``cut`` in the middle of one, ``junk`` answers with
    JSON that is not a message, ``garbage`` with no JSON at all.  ``delay`` is in seconds
    and ends early when the double is closed.
    """

    text: str = ""
    status: int = 200
    stop_reason: str | None = "end_turn"
    error_type: str = "api_error"
    message: str = "scripted error"
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    usage: Mapping[str, int] | None = None  # default: a quarter of the characters
    fault: Fault = ""
    delay: float = 0.0


@dataclass(frozen=True, slots=True)
class FakeRequest:
    """One request that the double received."""

    path: str
    headers: Mapping[str, str]  # names in lower case
    body: Mapping[str, Any]


Script = Sequence[FakeReply | str] | Callable[[FakeRequest], FakeReply | str]


class FakeAnthropic:
    """A server that speaks ``POST /v1/messages`` and its batches; a context manager.

    ``script`` is a sequence of replies, given in the order of the requests, or a function from request to reply;
    a plain string is a reply's text.  A request beyond the script is answered with status 400.  Requests without a
    key, or with another than ``key``, are answered with status 401; both ``x-api-key`` and a bearer token count.

    Each request in a batch takes a reply of the script; one with another status than 200 is an error in the batch.
    A batch is done when it has been looked at ``batch_looks`` times; ``batches`` are their requests by name.
    """

    def __init__(self, script: Script = (), *, key: str | None = None, batch_looks: int = 0) -> None:
        self._script, self._key, self.batch_looks = script, key, batch_looks
        self.batches: dict[str, list[tuple[str, FakeRequest]]] = {}
        self._looks: dict[str, int] = {}
        self._lock, self._closed = threading.Condition(), threading.Event()
        self.requests: list[FakeRequest] = []
        self.most_at_once = 0
        self._open = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"double": self}))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)

    @property
    def url(self) -> str:
        """The base URL."""
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that make the SDK talk to this double, past any proxy."""
        return {
            "ANTHROPIC_BASE_URL": self.url,
            "ANTHROPIC_API_KEY": self._key or "a-key-for-the-double",
            "NO_PROXY": "127.0.0.1",
            "no_proxy": "127.0.0.1",
        }

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closed.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def wait_for(self, requests: int, timeout: float) -> bool:
        """Wait until that many requests have come; False when ``timeout`` (seconds) was over before."""
        with self._lock:
            return self._lock.wait_for(lambda: len(self.requests) >= requests, timeout)

    def answer(self, request: FakeRequest) -> FakeReply:
        """The next reply; also waits for its delay."""
        with self._lock:
            number = len(self.requests)
            self.requests.append(request)
            self._lock.notify_all()
            self._open += 1
            self.most_at_once = max(self.most_at_once, self._open)
        try:
            reply = self._reply(request, number)
            self._closed.wait(reply.delay)
            return reply
        finally:
            with self._lock:
                self._open -= 1

    def is_known(self, request: FakeRequest) -> bool:
        """Whether its key is accepted."""
        given = request.headers.get("x-api-key") or request.headers.get("authorization", "").removeprefix("Bearer ")
        return bool(given) and self._key in {None, given}

    def take_batch(self, request: FakeRequest) -> str:
        """Keep a batch; its name."""
        with self._lock:
            name = f"msgbatch_fake_{len(self.batches) + 1}"
            inner = request.body["requests"]
            self.batches[name] = [
                (item["custom_id"], FakeRequest(MESSAGES, request.headers, item["params"])) for item in inner
            ]
            self._looks[name] = 0
            return name

    def look_at(self, name: str, *, is_new: bool = False) -> dict[str, Any]:
        """What the API says of a batch."""
        with self._lock:
            self._looks[name] += not is_new
            is_done = self._looks[name] > self.batch_looks
        state = {"id": name, "processing_status": "ended" if is_done else "in_progress"}
        return {**_BATCH, **state, "results_url": f"{self.url}{BATCHES}/{name}/results" if is_done else None}

    def results_of(self, name: str) -> str:
        """The answers of a batch, a line each, the last request first: the API promises no order."""
        return "".join(json.dumps(self._result(key, inner)) + "\n" for key, inner in reversed(self.batches[name]))

    def _result(self, key: str, request: FakeRequest) -> dict[str, Any]:
        reply = self.answer(request)
        if reply.fault:
            return {"custom_id": key, "result": {"type": "expired"}}
        kind, word = ("succeeded", "message") if reply.status == _OK else ("errored", "error")
        return {"custom_id": key, "result": {"type": kind, word: _payload(reply, request)}}

    def _reply(self, request: FakeRequest, number: int) -> FakeReply:
        if not self.is_known(request):
            return FakeReply(status=401, error_type="authentication_error", message="invalid x-api-key")
        if callable(self._script):
            reply = self._script(request)
        elif number < len(self._script):
            reply = self._script[number]
        else:
            return FakeReply(status=400, error_type="invalid_request_error", message="the script has ended")
        return FakeReply(reply) if isinstance(reply, str) else reply


class _Handler(BaseHTTPRequestHandler):
    """Speaks HTTP for a self.double."""

    double: FakeAnthropic
    protocol_version = "HTTP/1.1"

    def log_message(self, *_: object) -> None:
        """Say nothing: the terminal is pytest's."""

    def do_POST(self) -> None:  # the base class asks for this name
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = FakeRequest(self.path, headers, json.loads(body or b"{}"))
        if urlsplit(self.path).path == BATCHES and self.double.is_known(request):
            self._write(json.dumps(self.double.look_at(self.double.take_batch(request), is_new=True)).encode())
            return
        reply = self.double.answer(request)
        if urlsplit(self.path).path not in {MESSAGES, BATCHES}:
            reply = FakeReply(status=404, error_type="not_found_error", message=self.path)
        try:
            self._send(reply, request)
        except OSError:
            self.close_connection = True  # the client went away: its test knows why

    def do_GET(self) -> None:  # as above
        name, _, rest = urlsplit(self.path).path.removeprefix(BATCHES + "/").partition("/")
        if name not in self.double.batches:
            error = {"type": "error", "error": {"type": "not_found_error", "message": self.path}}
            self._write(json.dumps(error).encode(), 404)
        elif rest:
            self._write(self.double.results_of(name).encode())
        else:
            self._write(json.dumps(self.double.look_at(name)).encode())

    def _write(self, data: bytes, status: int = _OK) -> None:
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def _send(self, reply: FakeReply, request: FakeRequest) -> None:
        if reply.fault == "drop":
            self._hang_up()
            return
        data = b"<html>" if reply.fault == "garbage" else json.dumps(_payload(reply, request)).encode()
        self.send_response(reply.status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(data)))
        self.send_header("request-id", f"req_fake_{len(self.double.requests)}")
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data[: len(data) // 2] if reply.fault == "cut" else data)
        if reply.fault == "cut":
            self._hang_up()

    def _hang_up(self) -> None:
        """Without the shutdown the client would wait for its read timeout."""
        self.wfile.flush()
        self.connection.shutdown(2)
        self.close_connection = True


def _payload(reply: FakeReply, request: FakeRequest) -> object:
    if reply.fault == "junk":
        return {"unexpected": True}
    if reply.status != _OK:
        error = {"type": reply.error_type, "message": reply.message, "details": dict(reply.details)}
        return {"type": "error", "error": error}
    asked = len(json.dumps(request.body)) // CHARACTERS_PER_TOKEN
    estimate = {"input_tokens": asked, "output_tokens": len(reply.text) // CHARACTERS_PER_TOKEN}
    return {
        "id": "msg_fake",
        "type": "message",
        "role": "assistant",
        "model": request.body.get("model"),
        "content": [{"type": "text", "text": reply.text}] if reply.text else [],
        "stop_reason": reply.stop_reason,
        "stop_sequence": None,
        "usage": estimate if reply.usage is None else dict(reply.usage),
    }
