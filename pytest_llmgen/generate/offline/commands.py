"""Command lines for a function that reads one with ``argparse``."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import Parameter, dotted
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.terms import Term, from_source, unique

_NUMBERS = {"int": ("3", "0", "-1"), "float": ("1.5", "0", "-1")}
_FLAGS = {"store_true", "store_false", "count", "store_const", "append_const"}
_ENDING = {"help", "version"}
_MOST = 12


@dataclass(frozen=True, slots=True)
class _Argument:
    names: tuple[str, ...]
    values: tuple[str, ...]  # none for a flag
    is_option: bool
    is_required: bool

    def given(self, value: str | None = None) -> list[str]:
        """The words of a command line that give it."""
        chosen = [value if value is not None else self.values[0]] if self.values else []
        return [self.names[-1], *chosen] if self.is_option else chosen


def command_lines(items: Iterable[Parameter], nodes: Sequence[ast.AST]) -> dict[str, list[Term]]:
    """Lists of words, for those parameters that are handed to ``parse_args``: the shortest whole one first."""
    calls = [item for node in nodes for item in ast.walk(node) if isinstance(item, ast.Call)]
    parsed = {dotted(call.args[0]) for call in calls if _is(call, "parse_args", "parse_known_args") and call.args}
    names = [item.name for item in items if item.name in parsed]
    arguments = [found for call in calls if _is(call, "add_argument") if (found := _argument(call)) is not None]
    return dict.fromkeys(names, _lines(arguments)) if names and arguments else {}


def _is(call: ast.Call, *methods: str) -> bool:
    return isinstance(call.func, ast.Attribute) and call.func.attr in methods


def _argument(call: ast.Call) -> _Argument | None:
    names = tuple(item.value for item in call.args if isinstance(item, ast.Constant) and isinstance(item.value, str))
    told = {word.arg: word.value for word in call.keywords if word.arg}
    action = _constant(told.get("action"))
    if not names or action in _ENDING:
        return None
    is_option = names[0].startswith("-")
    values = () if action in _FLAGS else _values(names[-1].lstrip("-"), told)
    is_required = (
        _constant(told.get("required")) is True if is_option else _constant(told.get("nargs")) not in {"?", "*"}
    )
    return _Argument(names, values, is_option, is_required)


def _values(name: str, told: dict[str, ast.expr]) -> tuple[str, ...]:
    match told.get("choices"):
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items) if items:
            return (*(str(_constant(item)) for item in items), "other")
    kind = dotted(told["type"]) if "type" in told else "str"
    if kind in _NUMBERS:
        return (*_NUMBERS[kind], "text")
    wanted = suggested(name.replace("-", "_"))
    return (ast.literal_eval(wanted.source) if wanted is not None and wanted.source.startswith("'") else "hello",)


def _constant(node: ast.expr | None) -> object:
    return node.value if isinstance(node, ast.Constant) else None


def _lines(arguments: Sequence[_Argument]) -> list[Term]:
    needed = [item for item in arguments if item.is_required]
    base = [word for item in sorted(needed, key=lambda each: each.is_option) for word in item.given()]
    more = [[*base, *item.given(value)] for item in arguments if item not in needed for value in item.values or [None]]
    other = [
        [word for each in needed for word in each.given(value if each is item else None)]
        for item in needed
        for value in item.values[1:]
    ]
    words = [base, *more, *other, *([[]] if base else [])]
    return unique([from_source(repr(each)) for each in words])[:_MOST]
