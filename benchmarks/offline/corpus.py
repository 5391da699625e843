"""Random inputs for a small program, like those of its documented examples, and what a change of it shows on them."""

from __future__ import annotations

import ast
import json
import random
import re
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

_INPUTS = 600
_SECONDS = 60
_LETTERS = "abcxyzABC 019.,-_()[]"


@dataclass(frozen=True, slots=True)
class Program:
    """A program, the function that is called, and inputs for it, those of its documentation first."""

    source: str
    name: str
    inputs: tuple[str, ...]  # calls
    documented: int  # how many of them are from the documentation


def program_of(source: str, seed: str) -> Program | None:
    """None where the documentation shows no call of literals."""
    functions = [node for node in ast.parse(source).body if isinstance(node, ast.FunctionDef)]
    for node in reversed(functions):
        calls = _documented_calls(source, node.name)
        if calls:
            rng = random.Random(seed)
            more = [_varied(rng.choice(calls), rng) for _ in range(_INPUTS)]
            inputs = dict.fromkeys([*map(repr, calls), *map(repr, more)])
            return Program(source, node.name, tuple(inputs), len({repr(call) for call in calls}))
    return None


def differing(program: Program, sources: Sequence[str]) -> list[list[bool]]:
    """For each changed source, for each input: whether it behaves in another way than the program."""
    request = {"name": program.name, "inputs": program.inputs, "source": program.source, "others": list(sources)}
    command = [sys.executable, "-I", __file__]
    done = subprocess.run(command, input=json.dumps(request), capture_output=True, text=True, check=True)
    found: list[list[bool]] = json.loads(done.stdout)
    return found


def _documented_calls(source: str, name: str) -> list[tuple[Any, ...]]:
    found = []
    for match in re.finditer(rf"\b{re.escape(name)}\(", source):
        text = source[match.start() : match.start() + 300]
        for end in (item.end() for item in re.finditer(r"\)", text)):
            try:
                call = ast.parse(text[:end], mode="eval").body
                assert isinstance(call, ast.Call)
                found.append(tuple(ast.literal_eval(item) for item in call.args))
                break
            except (SyntaxError, ValueError, AssertionError):
                continue
    return [row for row in found if row]


def _varied(row: tuple[Any, ...], rng: random.Random) -> tuple[Any, ...]:
    return tuple(_like(value, rng) for value in row)


def _like(value: Any, rng: random.Random) -> Any:  # noqa: PLR0911 (one case a line)
    match value:
        case bool():
            return rng.random() < 0.5
        case int():
            return rng.choice([value, rng.randint(-3, 12), rng.randint(0, 300), abs(value) + rng.randint(0, 3)])
        case float():
            return rng.choice([value, round(rng.uniform(-20, 20), rng.randint(0, 2)), float(rng.randint(-5, 30))])
        case str():
            return _text_like(value, rng)
        case list():
            return [_like(rng.choice(value), rng) for _ in range(rng.randint(0, 7))] if value else value
        case tuple():
            return tuple(_like(item, rng) for item in value)
        case dict():
            return {(_like(key, rng) if rng.random() < 0.3 else key): _like(item, rng) for key, item in value.items()}
        case _:
            return value


def _text_like(value: str, rng: random.Random) -> str:
    letters = value or _LETTERS
    parts = value.split()
    choice = rng.randint(0, 4)
    if choice == 0 and len(parts) > 1:
        return " ".join(rng.choice(parts) for _ in range(rng.randint(1, 6)))
    if choice == 1:
        return "".join(rng.choice(letters) for _ in range(rng.randint(0, 10)))
    if choice == 2:
        return "".join(rng.choice(letters + _LETTERS) for _ in range(rng.randint(0, 10)))
    at = rng.randint(0, len(value))
    return value[:at] + rng.choice(letters + _LETTERS) + value[at + (choice == 3) :]


def _answer(request: dict[str, Any]) -> list[list[bool]]:
    """In the child: run everything, each source with a limit on the lines it may take."""
    rows = [ast.literal_eval(text) for text in request["inputs"]]
    plain = _outcomes(request["source"], request["name"], rows)
    kept = [place for place, outcome in enumerate(plain) if outcome[:1] == "="]
    found = []
    for other in request["others"]:
        seen = _outcomes(other, request["name"], [rows[place] for place in kept])
        found.append([plain[place] != outcome for place, outcome in zip(kept, seen, strict=True)])
    return found


class _TooLongError(BaseException):
    pass


def _outcomes(source: str, name: str, rows: list[Any]) -> list[str]:
    import copy  # noqa: PLC0415 (the child runs isolated)

    namespace: dict[str, Any] = {}
    exec(compile(source, "program", "exec"), namespace)
    found = []
    for row in rows:
        ticks = [0]

        def trace(_frame: Any, _event: str, _argument: Any, ticks: list[int] = ticks) -> Any:
            ticks[0] += 1
            if ticks[0] > 20_000:
                raise _TooLongError
            return trace

        sys.settrace(trace)
        try:
            outcome = f"={namespace[name](*copy.deepcopy(row))!r}"
        except Exception as error:  # noqa: BLE001 (whatever it raises is what it does)
            outcome = f"!{type(error).__name__}"
        except _TooLongError:
            outcome = "!too long"
        finally:
            sys.settrace(None)
        found.append(outcome)
    return found


if __name__ == "__main__":
    json.dump(_answer(json.load(sys.stdin)), sys.stdout)
