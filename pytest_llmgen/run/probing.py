"""Probes, in the child: run the setup, evaluate the expression, describe what came of it; or only what differs."""

from __future__ import annotations

import contextlib
import io
import signal
import time
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import CodeType
from typing import Any

import pytest

from pytest_llmgen.generate.offline.clock import HELD
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.records import RESULT, Observation, Probe, Value
from pytest_llmgen.run.clocks import Clock
from pytest_llmgen.run.ears import Logs, Warned
from pytest_llmgen.run.listening import listening, simple
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.places import folder_in, from_folder
from pytest_llmgen.run.sights import sights
from pytest_llmgen.run.values import code_of, describe
from pytest_llmgen.run.wire import to_json

TEXT_LIMIT = 4000
_WHOLE = ("dict(", "list(")
_ASKED = (".method_calls", ".mock_calls")
"""What a stand-in was asked: it counts where the call ended with an error, too."""

HANG = 0.25
"""CPU seconds after which a probe that meets a mutant is taken to hang: others take a thousandth of that."""
SIGN_OF_LIFE = 0.5
"""Seconds between two records of a child that meets many probes."""


@dataclass(frozen=True, slots=True)
class Piece:
    """A probe that is compiled, with the text of what it shows when all is well."""

    setup: CodeType
    expression: CodeType
    text: str  # of the expression
    watch: tuple[str, ...]
    unseen: frozenset[str]
    afterwards: tuple[str, ...]
    asserted: tuple[str, ...] | None
    expected: str
    hour: int | None = None


def observe(probe: Probe, meter: Meter | None, root: Path, clock: Clock | None = None) -> dict[str, Any]:
    """Everything that an ``Observation`` needs, as JSON, with raw lines and arcs of the file wanted."""
    try:
        piece = compiled(probe, "")
    except Exception as error:  # noqa: BLE001 (whatever it raises is the observation)
        return {"how": "setup-failed", **_error(error)}
    with listening() as listener:
        answer = _look(piece, meter if probe.path else None, root, clock)
    hits = answer.pop("hits", {}).get(probe.path)
    if listener.heard:
        answer["heard"] = list(simple(listener.heard))
    if "value" in answer:
        answer["value"] = to_json(answer["value"])
    return {**answer, "changed": to_json(answer.get("changed", {})), "hits": to_json(hits)}


def compiled(probe: Probe, expected: str) -> Piece:
    """Compile a probe, once for all mutants that it meets.

    Raises:
        SyntaxError, ValueError: it is no code.
    """
    setup, expression = compile(probe.setup, "<setup>", "exec"), compile(probe.expression, "<probe>", "eval")
    unseen = frozenset(probe.unseen)
    watch, after, asserted = probe.watch, probe.afterwards, probe.asserted
    return Piece(setup, expression, probe.expression, watch, unseen, after, asserted, expected, probe.hour)


def differing(
    pieces: Sequence[tuple[int, Piece]], raised: frozenset[str], enough: int, root: Path, alive: Callable[[], None]
) -> Iterator[int]:
    """The numbers of those pieces that show something else than is expected, until there are enough or one hangs."""
    found, said = 0, time.monotonic()
    for number, piece in pieces:
        if time.monotonic() - said > SIGN_OF_LIFE:
            alive()
            said = time.monotonic()
        try:
            with _alarmed():
                shown = _shown(_look(piece, None, root), raised)
        except _HangError:
            yield number
            return
        if shown != piece.expected:
            yield number
            found += 1
        if found >= enough:
            return


class _HangError(BaseException):
    """Raised by the alarm inside of a probe."""


@contextlib.contextmanager
def _alarmed() -> Iterator[None]:
    def ring(_signal: int, _frame: Any) -> None:
        raise _HangError

    before = signal.signal(signal.SIGPROF, ring)
    signal.setitimer(signal.ITIMER_PROF, HANG)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)


def _shown(answer: dict[str, Any], raised: frozenset[str]) -> str:
    kind, message = answer.get("error_type"), answer.get("error_message", "")
    value, output, changed = answer.get("value"), answer.get("output", ""), answer.get("changed", {})
    return shown_text(Observation("", answer["how"], value, kind, message, output, changed), raised)


def _look(piece: Piece, meter: Meter | None, root: Path, clock: Clock | None = None) -> dict[str, Any]:
    namespace = _fresh(root)
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(piece.setup, namespace)  # noqa: S102 (a probe is code to run)
        except _HangError:
            raise
        except BaseException as error:  # noqa: BLE001 (whatever it raises is the observation)
            _undo(namespace)
            return {"how": "setup-failed", **_error(error)}
        before = watched(piece.watch, namespace, piece.unseen, is_whole=False)
        output.seek(0)
        output.truncate()
        moment = contextlib.nullcontext() if piece.hour is None or clock is None else clock.at(piece.hour)
        with moment:
            answer = _evaluate(piece.expression, namespace, meter)
        printed = output.getvalue()[:TEXT_LIMIT]
        asked = piece.watch if answer["how"] == "returned" else [name for name in piece.watch if name.endswith(_ASKED)]
        after = watched(asked, namespace, piece.unseen, echo=piece.text)
        is_shown = any(RESULT in name for name in after.keys() - set(asked))
        if is_shown and _is_echo(piece.text, answer["value"]):
            answer["value"] = replace(answer["value"], source=None)
        last = watched_last(piece.afterwards, namespace, piece.unseen)
        _undo(namespace)
        before |= _whole_before(piece, [name for name in after if name.startswith(_WHOLE)], root)
    changed = {name: value for name, value in after.items() if value != before.get(name)} | last
    if folder := folder_in(namespace):
        changed = {name: from_folder(value, folder) for name, value in changed.items()}
        answer |= {"value": from_folder(answer["value"], folder)} if "value" in answer else {}
    if piece.asserted is not None:
        changed = {name: value for name, value in changed.items() if name in piece.asserted}
    return {**answer, "output": printed, "changed": changed}


def _fresh(root: Path) -> dict[str, Any]:
    return {"__name__": "llmgen_probe", "__file__": str(root / "llmgen_probe.py")}


def _undo(namespace: dict[str, Any]) -> None:
    """Give back what ``monkeypatch`` replaced, hear nothing more, close files: other probes run in this process."""
    namespace.pop(HELD, None)
    for item in list(namespace.values()):
        if isinstance(item, pytest.MonkeyPatch):
            item.undo()
        elif isinstance(item, Logs | Warned):
            item.close()


def _evaluate(expression: Any, namespace: dict[str, Any], meter: Meter | None) -> dict[str, Any]:
    """``meter`` is None where no lines are wanted: reading them costs as much as the rest."""
    if meter is not None:
        meter.start()
    began = time.process_time()
    try:
        value = eval(expression, namespace)  # noqa: S307 (a probe is code to run)
    except _HangError:
        raise
    except BaseException as error:  # noqa: BLE001 (whatever it raises is the observation)
        seconds = time.process_time() - began
        return {"hits": meter.stop() if meter else {}, "how": "raised", "seconds": seconds, **_error(error)}
    seconds = time.process_time() - began
    hits = meter.stop() if meter else {}
    namespace[RESULT] = value
    return {"hits": hits, "how": "returned", "seconds": seconds, "value": describe(value)}


def watched(
    watch: Sequence[str],
    namespace: dict[str, Any],
    unseen: Collection[str] = (),
    *,
    is_whole: bool = True,
    echo: str = "",
) -> dict[str, Value]:
    """What is seen of names and paths of attributes: of what has no source text, and of the result, the parts.

    Without ``is_whole`` no collection is read to its end. A result that would be written as the call that
    gave it, ``echo``, says nothing: its parts do.
    """
    found: dict[str, Value] = {}
    held = {name: namespace[name] for name in watch if name in namespace}
    names = [name for name in watch if name not in unseen and (is_whole or not name.startswith(_WHOLE))]
    for name in [*names, *([RESULT] if RESULT in namespace else [])]:
        with contextlib.suppress(Exception):
            value = eval(code_of(name, "eval"), namespace)  # noqa: S307 (a probe is code to run)
            told = describe(value)
            if name != RESULT:
                found[name] = told
            if told.source is None or (name == RESULT and _is_echo(echo, told)):
                seen = sights(name, value, held, frozenset(unseen), is_whole=is_whole)
                found |= {text: each for text, each in seen.items() if text not in found}
    return found


def _is_echo(expression: str, value: Value) -> bool:
    """Whether the value is the object that the expression makes: ``Size(3)`` would be compared with itself.

    ``list(words(text))`` is no such call: its value is written as the items.
    """
    if value.type_name.startswith("builtins."):
        return False
    made = expression.partition("(")[0].rpartition(".")[2]
    return value.source is not None and made == value.type_name.rpartition(".")[2]


def watched_last(texts: Sequence[str], namespace: dict[str, Any], unseen: Collection[str] = ()) -> dict[str, Value]:
    """What is asked at the very end: plain answers only."""
    found: dict[str, Value] = {}
    for text in texts:
        with contextlib.suppress(Exception):
            told = describe(eval(text, namespace))  # noqa: S307 (a probe is code to run)
            if told.source is not None and text not in unseen:
                found[text] = told
    return found


def _whole_before(piece: Piece, names: Sequence[str], root: Path) -> dict[str, Value]:
    """Whole collections as they were: of the same objects made anew, since some change when they are read."""
    found: dict[str, Value] = {}
    if not names or all(RESULT in name for name in names):
        return found
    namespace = _fresh(root)
    with contextlib.suppress(Exception):
        exec(piece.setup, namespace)  # noqa: S102 (a probe is code to run)
        for name in names:
            found[name] = describe(eval(code_of(name, "eval"), namespace))  # noqa: S307 (a probe is code to run)
    _undo(namespace)
    return found


def _error(error: BaseException) -> dict[str, str]:
    kind = type(error)
    try:
        text = str(error)[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001 (an exception of the code under test may not even print)
        text = ""
    return {"error_type": f"{kind.__module__}.{kind.__qualname__}", "error_message": text}
