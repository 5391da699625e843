"""Calls that leave the program: requests, processes, chance, waiting; each with what a test puts in its place."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pytest_llmgen.generate.offline.answers import answers_to
from pytest_llmgen.generate.offline.code import FunctionNode, dotted
from pytest_llmgen.generate.offline.uses import use_of_calls

_VERBS = ("get", "post", "put", "patch", "delete", "head", "options", "request")
_ASKING = {
    *(f"{library}.{verb}" for library in ("requests", "httpx") for verb in _VERBS),
    *("urllib.request.urlopen", "subprocess.run", "subprocess.check_output", "subprocess.check_call"),
    *("socket.gethostname", "socket.gethostbyname", "getpass.getuser", "getpass.getpass", "platform.system"),
}
"""Functions whose answer the code takes apart."""
_FIXED: dict[str, tuple[str, tuple[str, ...]]] = {
    "uuid.uuid4": ("lambda: UUID(int=1)", ("from uuid import UUID",)),
    "uuid.uuid1": ("lambda: UUID(int=1)", ("from uuid import UUID",)),
    "random.random": ("lambda: 0.5", ()),
    "random.randint": ("lambda low, high: low", ()),
    "random.randrange": ("lambda start, *rest: start if rest else 0", ()),
    "random.uniform": ("lambda low, high: low", ()),
    "random.choice": ("lambda items: items[0]", ()),
    "random.shuffle": ("lambda items: items.reverse()", ()),
    "random.sample": ("lambda items, k: list(items)[:k]", ()),
    "secrets.token_hex": ("lambda *size: '0f'", ()),
    "secrets.token_urlsafe": ("lambda *size: 'token'", ()),
    "secrets.randbelow": ("lambda limit: 0", ()),
    "secrets.choice": ("lambda items: items[0]", ()),
    "time.sleep": ("lambda seconds: None", ()),
}
"""Functions of which a test wants nothing but that they do the same each time, and at once."""
_OTHERWISE = {"random.random": "lambda: 0.999", "random.randint": "lambda low, high: high"}


@dataclass(frozen=True, slots=True)
class Replaced:
    """Statements of one way in which a call is answered; the first of a place is the usual one."""

    lines: tuple[str, ...]
    imports: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    label: str = ""


def replaced(
    nodes: Sequence[ast.AST], names: Mapping[str, str], module: str, kinds: Mapping[str, str]
) -> list[list[Replaced]]:
    """For each call that leaves the program its answers; ``names`` are those of the module, with what they stand for.

    ``kinds`` are types that names suggest.
    """
    functions = [node for node in nodes if isinstance(node, FunctionNode)]
    found = {}
    for called in _called(functions):
        full = full_name(called, names)
        if not _is_imported(called.partition(".")[0], names):
            continue
        if full in _ASKING:
            found[called] = _answered(called, f"{module}.{called}", functions, kinds)
        elif full in _FIXED:
            found[called] = _fixed(full, f"{module}.{called}")
    return list(found.values())


@lru_cache(maxsize=32)  # every function of a module asks for the same
def imported_names(tree: ast.Module) -> Mapping[str, str]:
    """Names that the module imports, with what they stand for."""
    found = {}
    for node in tree.body:
        match node:
            case ast.Import(names=aliases):
                found.update({each.asname or each.name: each.name for each in aliases})
            case ast.ImportFrom(module=str() as source, names=aliases, level=0):
                found.update({each.asname or each.name: f"{source}.{each.name}" for each in aliases})
    return found


def full_name(called: str, names: Mapping[str, str]) -> str:
    """What a dotted name stands for by the imports of its module: ``dt.now`` for ``datetime.datetime.now``."""
    head, _, rest = called.partition(".")
    return f"{names.get(head, head)}.{rest}".rstrip(".")


def _called(functions: Iterable[FunctionNode]) -> dict[str, None]:
    calls = (item for node in functions for item in ast.walk(node) if isinstance(item, ast.Call))
    return dict.fromkeys(name for call in calls if (name := dotted(call.func)))


def _is_imported(head: str, names: Mapping[str, str]) -> bool:
    return any(name.partition(".")[0] == head for name in names)


def _fixed(full: str, place: str) -> list[Replaced]:
    source, imports = _FIXED[full]
    other = _OTHERWISE.get(full)
    more = [Replaced((_set(place, other),), label=f"other {full.rpartition('.')[2]}")] if other else []
    return [Replaced((_set(place, source),), imports), *more]


def _answered(called: str, place: str, functions: Iterable[FunctionNode], kinds: Mapping[str, str]) -> list[Replaced]:
    name = called.rpartition(".")[2]
    node = next(node for node in functions if called in _called([node]))
    use = use_of_calls(called, node)
    mock = "from unittest.mock import Mock"
    return [
        Replaced(
            (*answer.lines, f"{name} = Mock(return_value=answer)", _set(place, name)),
            (mock, *answer.imports),
            (f"{name}.mock_calls",),
            answer.label,
        )
        for answer in answers_to(use, "answer", kinds)
    ]


def _set(place: str, value: str) -> str:
    return f"monkeypatch.setattr({place!r}, {value})"
