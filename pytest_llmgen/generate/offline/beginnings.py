"""What a test of code that keeps something between calls begins with.

``monkeypatch`` puts back what was there, so that no test depends on another.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from pytest_llmgen.generate.offline.code import FunctionNode, dotted
from pytest_llmgen.generate.offline.keeping import OWNERS, Kept, kept_by
from pytest_llmgen.generate.offline.outside import Replaced
from pytest_llmgen.generate.offline.terms import Term

_MAX_KEPT = 3
_EXAMPLES = ("'key'", "3")
_STEP = 5
_OF_FACTORY = {"list": "[3]", "set": "{3}", "dict": "{'key': 3}", "str": "'text'"}
"""A value that a ``defaultdict`` with this factory may have."""
_FILLED = {
    "defaultdict": "defaultdict({rest}, {{{first}: {inner}}})",
    "Counter": "Counter({{{first}: 2}})",
    "deque": "deque([{first}, {second}]{more})",
    "OrderedDict": "OrderedDict({{{first}: {second}}})",
    "set": "{{{first}}}",
}
_OTHERWISE: dict[type[ast.expr], tuple[str, ...]] = {
    ast.Dict: ("{{{first}: {second}}}", "{{'other': {first}}}", "{{{first}: 'text', 'other': 'text'}}", "{{}}"),
    ast.List: ("[{first}]", "[1, 2, 3]", "[]"),
    ast.Set: ("{{{first}}}", "set()"),
}
"""What a container may hold before the call, beside what it begins with."""


def beginnings(
    nodes: Sequence[ast.AST], tree: ast.Module, module: str, examples: Sequence[str]
) -> list[list[Replaced]]:
    """For each kept name that the code mentions what it may be before the call, the usual first.

    ``examples`` are values that the call may have as arguments.
    """
    mentioned = {
        dotted(item) for node in nodes for item in ast.walk(node) if isinstance(item, ast.Name | ast.Attribute)
    }
    called = {node.name for node in nodes if isinstance(node, FunctionNode)}
    known = [kept for kept in kept_by(tree) if mentioned & set(_spelled(kept.name))]
    return [_ways(kept, module, examples, is_changed=bool(called & kept.changers)) for kept in known][:_MAX_KEPT]


def traceless(terms: Sequence[Term], tree: ast.Module) -> list[Term]:
    """The values whose making changes nothing that the module keeps, as ``Ledger.open("hello")`` may; else all."""
    changers = sorted({name for kept in kept_by(tree) for name in kept.changers})
    if not changers:
        return list(terms)
    called = re.compile(rf"\b(?:{'|'.join(changers)})\(")
    clean = [term for term in terms if not called.search("\n".join((term.source, *term.before, *term.steps)))]
    return clean or list(terms)


def _spelled(name: str) -> Iterator[str]:
    """How code calls it: ``Jobs.count`` also ``cls.count``."""
    owner, _, last = name.rpartition(".")
    yield name
    if owner:
        yield from (f"{each}.{last}" for each in OWNERS)


def _ways(kept: Kept, module: str, examples: Sequence[str], *, is_changed: bool) -> list[Replaced]:
    others = [_began(kept, module, value) for value in _others(kept, examples)]
    if kept.is_filled and not is_changed:
        return [Replaced(()), *others]
    return [_began(kept, module, kept.start), *others]


def _began(kept: Kept, module: str, value: str) -> Replaced:
    owner, _, last = kept.name.rpartition(".")
    place = f"{owner}, {last!r}" if owner else repr(f"{module}.{last}")
    imports = (*kept.imports, *(f"from {module} import {name}" for name in (owner, kept.needs) if name))
    is_filled = "(" in value or value[0] in "{["
    label = "" if value == kept.start else f"{kept.variable} {'filled' if is_filled else value}"
    if kept.is_bound_anew:
        imports = imports if owner else (*imports, f"import {module}")
        look = kept.name if owner else f"{module}.{last}"
        return Replaced((f"monkeypatch.setattr({place}, {value})",), imports, (look,), label)
    lines = (f"{kept.variable} = {value}", f"monkeypatch.setattr({place}, {kept.variable})")
    watched = tuple(f"{kept.variable}.{name}" for name in kept.attributes) or (kept.variable,)
    return Replaced(lines, imports, () if value.startswith("count(") else watched, label)


def _others(kept: Kept, examples: Sequence[str]) -> list[str]:
    first, second = (*examples, *_EXAMPLES[len(examples) :])[:2]
    made = kept.start.partition("(")[0]
    if made in _FILLED:
        inner = _OF_FACTORY.get(kept.start[len(made) + 1 : -1], "3")
        rest = kept.start[len(made) + 1 : -1]
        values = {"first": first, "second": second, "inner": inner, "rest": rest, "more": f", {rest}" if rest else ""}
        return [_FILLED[made].format(**values)]
    node = ast.parse(kept.start, mode="eval").body
    found = [text.format(first=first, second=second) for text in _OTHERWISE.get(type(node), ())]
    if isinstance(node, ast.Constant):
        found = _other_constants(node.value, first)
    return [text for text in found if text != kept.start]


def _other_constants(value: object, first: str) -> list[str]:
    match value:
        case bool():
            return [repr(not value)]
        case int() | float():
            return [repr(value + _STEP)]
        case None:
            return [first, "{'key': 'text'}"]
        case str():
            return ["'text'"]
    return []
