"""Several tests that differ in literals only become one parametrized test."""

from __future__ import annotations

import ast
import copy
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from types import MappingProxyType

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.docs import is_literal
from pytest_llmgen.generate.offline.world import survey
from pytest_llmgen.records import Candidate, Category, Module, Oracle, Target

_MAX_COLUMNS = 6
_MAX_ROWS = 20
_MAX_LABEL = 24
_MAX_TOLD = 2
_ENDINGS = {Category.TYPICAL: "by", Category.EDGE: "at_the_edges_of", Category.FAILURE: "rejects_bad"}
_JOINTS = {"of", "for", "is", "raises", "rejects", "and", "as", "when"}


@dataclass(frozen=True, slots=True)
class _Hole:
    name: str
    source: str
    is_outcome: bool = False


@dataclass(frozen=True, slots=True)
class _Case:
    candidate: Candidate
    shape: str
    holes: tuple[_Hole, ...]


def merge_candidates(
    candidates: Sequence[Candidate],
    targets: Sequence[Target] = (),
    arguments: Mapping[str, Sequence[str]] = MappingProxyType({}),
) -> list[Candidate]:
    """Fold tests of one target, category, writer and shape into tables; everything else stays as it is.

    ``targets`` give the names of positional arguments, ``arguments`` those of whatever else a test may call, by its
    name.  The order is that of first appearance.
    """
    signatures = {target.key: _names(target) for target in targets}
    groups: dict[tuple[str, ...], list[_Case]] = {}
    for candidate in candidates:
        case = _case(candidate, signatures.get(candidate.target, ()), arguments)
        key = (candidate.target, candidate.category.value, candidate.oracle.value, candidate.origin.value, case.shape)
        groups.setdefault(key, []).append(case)
    taken = {candidate.name for candidate in candidates}
    merged: list[Candidate] = []
    for cases in groups.values():
        table = _table(cases[:_MAX_ROWS], taken) if len(cases) > 1 else None
        merged.extend([table, *(case.candidate for case in cases[_MAX_ROWS:])] if table else _plain(cases))
    return merged


def _plain(cases: list[_Case]) -> list[Candidate]:
    return [case.candidate for case in cases]


def arguments_of(modules: Iterable[Module]) -> dict[str, tuple[str, ...]]:
    """What functions, methods and constructors take, by their own name where all of that name take the same."""
    found: dict[str, set[tuple[str, ...]]] = {}
    for module in modules:
        for name, names in _arguments_in(module):
            found.setdefault(name, set()).add(names)
    return {name: next(iter(every)) for name, every in found.items() if len(every) == 1}


def _arguments_in(module: Module) -> Iterator[tuple[str, tuple[str, ...]]]:
    if module.error:
        return
    yield from ((target.name, _names(target)) for target in module.targets)
    shapes = survey(module, {}).classes.items()
    yield from ((name.rpartition(".")[2], tuple(item.name for item in shape.parameters)) for name, shape in shapes)


def _names(target: Target) -> tuple[str, ...]:
    try:
        tree = ast.parse(f"def {target.signature}: pass".replace("def def ", "def ").replace("def async def", "def"))
    except SyntaxError:
        return ()
    function = tree.body[0]
    assert isinstance(function, ast.FunctionDef)
    names = [item.arg for item in (*function.args.posonlyargs, *function.args.args)]
    return tuple(names[1:] if names[:1] in (["self"], ["cls"]) else names)


class _Punch(ast.NodeTransformer):
    """Replaces literals by numbered names and notes what stood there."""

    def __init__(self, called: str, names: tuple[str, ...], others: Mapping[str, Sequence[str]]) -> None:
        self.called, self.names, self.others = called, names, others
        self.objects = set[str]()  # variables, which may be called as well
        self.outcome = ""  # what is compared, while inside the right side of a comparison
        self.holes: list[_Hole] = []

    def hole(self, node: ast.expr, name: str) -> ast.expr:
        if not is_literal(ast.unparse(node)):
            self.visit(node)
            return node
        is_outcome = bool(self.outcome) or name in {"expected", "message"}
        self.holes.append(_Hole(name, ast.unparse(node), is_outcome))
        return ast.Name(f"HOLE_{len(self.holes) - 1}", ast.Load())

    def visit_Assign(self, node: ast.Assign) -> ast.Assign:
        name = ast.unparse(node.targets[0]).rpartition(".")[2]
        self.objects.add(name)
        if name == "expected" or not isinstance(node.value, ast.List | ast.Dict | ast.Set):
            self.outcome = name if name == "expected" else ""
            node.value = self.hole(node.value, name)
            self.outcome = ""
        return node

    def visit_Compare(self, node: ast.Compare) -> ast.Compare:
        self.visit(node.left)
        self.outcome = _looked_at(node.left) or "expected"
        node.comparators = [self.hole(item, self.outcome) for item in node.comparators]
        self.outcome = ""
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        called = ast.unparse(node.func).rpartition(".")[2]
        called = "__call__" if called in self.objects else called
        if isinstance(node.func, ast.Attribute):
            self.visit(node.func.value)
            if ast.unparse(node.func.value) == "monkeypatch":
                return self._patched(node)
        for rank, item in enumerate(node.args):
            node.args[rank] = self.hole(item, self._argument(called, rank))
        for word in node.keywords:
            word.value = self.hole(word.value, "message" if word.arg == "match" else word.arg or "options")
        return node

    def _patched(self, node: ast.Call) -> ast.Call:
        """What is replaced stays in the test; of a variable in the environment only the value may differ."""
        match node.args:
            case [ast.Constant(value=str() as name), value] if node.func.attr == "setenv":  # type: ignore[attr-defined]
                node.args[1] = self.hole(value, name.lower() if name.isidentifier() else "value")
        return node

    def _argument(self, called: str, rank: int) -> str:
        others = self.others.get(called, ())
        if called != self.called and rank < len(others):
            return others[rank]
        if self.outcome or called == "approx":
            return self.outcome or "expected"
        if called == self.called and rank < len(self.names):
            return self.names[rank]
        plain = "value" if called == self.called else called.lower()
        return plain if rank == 0 else f"{plain}_{rank + 1}"


def _looked_at(left: ast.expr) -> str:
    """What a column of expected values is called: the attribute, or what a collection is shown by."""
    match left:
        case ast.Attribute(attr=attr):
            return {"out": "output"}.get(attr, attr)
        case ast.Call(func=ast.Name(id="list" | "dict" | "len" as shown), args=[ast.Name()]):
            return {"len": "length"}.get(shown, "items")
        case _:
            return ""


def _case(candidate: Candidate, names: tuple[str, ...], others: Mapping[str, Sequence[str]]) -> _Case:
    function = copy.deepcopy(ast.parse(candidate.source).body[0])
    assert isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef)
    if function.decorator_list or isinstance(function, ast.AsyncFunctionDef):
        return _Case(candidate, candidate.id, ())
    punch = _Punch(candidate.target.rpartition("::")[2].rpartition(".")[2], names, others)
    body = [ast.dump(punch.visit(node)) for node in _in_one(function.body[1:])]
    shape = "\n".join([ast.dump(function.args), *body, *candidate.helpers])
    return _Case(candidate, shape, tuple(punch.holes))


def _in_one(body: list[ast.stmt]) -> list[ast.stmt]:
    """A check without the line that only names what is expected: short and long values have the same shape."""
    found: list[ast.stmt] = []
    for node in body:
        match (found[-1] if found else None), node:
            case (
                ast.Assign(targets=[ast.Name(id="expected")], value=value) as named,
                ast.Assert(test=ast.Compare(comparators=[ast.Name(id="expected")]) as check),
            ) if is_literal(ast.unparse(value)):
                check.comparators = [value]
                found[-1] = ast.copy_location(node, named)
            case _:
                found.append(node)
    return found


def _table(cases: list[_Case], taken: set[str]) -> Candidate | None:
    varying = [rank for rank in range(len(cases[0].holes)) if len({case.holes[rank].source for case in cases}) > 1]
    varying.sort(key=lambda rank: cases[0].holes[rank].is_outcome)
    if not 0 < len(varying) <= _MAX_COLUMNS:
        return None
    columns = _columns([cases[0].holes[rank].name for rank in varying], cases[0].candidate.source)
    try:
        source, name = _source(cases, dict(zip(varying, columns, strict=True)), taken)
    except layout.TooLongError:
        return None
    first = cases[0].candidate
    imports = sorted({"import pytest", *(line for case in cases for line in case.candidate.imports)})
    identity = f"{first.target}#{name}"
    summary = _summary(first)
    shows = next((case.candidate.shows for case in cases if case.candidate.shows), "")
    return replace(first, id=identity, name=name, source=source, summary=summary, imports=tuple(imports), shows=shows)


def _columns(names: list[str], source: str) -> list[str]:
    function = ast.parse(source).body[0]
    assert isinstance(function, ast.FunctionDef)
    assigned = {node.id for node in ast.walk(function) if isinstance(node, ast.Name)} - {"expected"}
    taken: set[str] = set()
    columns = []
    for name in names:
        plain = name if name not in assigned or _is_assigned_first(name, function) else f"{name}_value"
        count = 2
        unique = plain
        if unique in taken and "expected" not in taken:
            unique = "expected"  # the same word for what goes in and what comes out
        while unique in taken:
            unique, count = f"{plain}_{count}", count + 1
        taken.add(unique)
        columns.append(unique)
    return columns


def _is_assigned_first(name: str, function: ast.FunctionDef) -> bool:
    assigns = [node for node in function.body if isinstance(node, ast.Assign)]
    return any(ast.unparse(node.targets[0]) == name and is_literal(ast.unparse(node.value)) for node in assigns)


def _summary(first: Candidate) -> str:
    name = naming.subject(first.target.rpartition("::")[2])
    says = "as the code is today" if first.oracle is Oracle.OBSERVED else "as documented"
    did = "raises the error of each row" if first.category is Category.FAILURE else "gives the result of each row"
    return f"{first.category.value.capitalize()}: {name} {did}, {says}."


def _source(cases: list[_Case], columns: dict[int, str], taken: set[str]) -> tuple[str, str]:
    first = cases[0].candidate
    names = [case.candidate.name for case in cases]
    start = _common(names)
    told = [column for rank, column in columns.items() if not cases[0].holes[rank].is_outcome][:_MAX_TOLD] or ["values"]
    ending = f"{_ENDINGS[first.category]}_{'_and_'.join(told)}"
    ending = _documented(first) or ending
    name = _free(f"{naming.stem(first.target.rpartition('::')[2])}_{ending}", taken)
    function = ast.parse(first.source).body[0]
    assert isinstance(function, ast.FunctionDef)
    fixtures = [item.arg for item in function.args.args]
    header = f"def {name}({', '.join([*fixtures, *columns.values()])}):"
    if len(header) > layout.WIDTH:
        raise layout.TooLongError(header)
    rows = _rows(cases, columns, start)
    heads = ", ".join(f'"{column}"' for column in columns.values())
    heads = heads if len(columns) == 1 else f"({heads})"
    decorator = ["@pytest.mark.parametrize(", f"    {heads},", "    [", *rows, "    ],", ")"]
    docstring = f'    """{_summary(first)}"""'
    return "\n".join([*decorator, header, docstring, *_body(first, columns)]) + "\n", name


def _documented(first: Candidate) -> str:
    """The end of the name of a table of documented examples."""
    if first.oracle is Oracle.OBSERVED or "_as_documented" not in first.name or first.category is Category.FAILURE:
        return ""
    return "as_documented" if first.category is Category.TYPICAL else "as_documented_at_the_edges"


def _rows(cases: list[_Case], columns: dict[int, str], start: str) -> list[str]:
    rows = []
    seen: set[str] = set()
    inputs = [rank for rank in columns if not cases[0].holes[rank].is_outcome]
    for case in cases:
        told = _value_label(case.holes[inputs[0]].source) if len(inputs) == 1 else ""
        label = told or _label(case.candidate.name[len(start) :])
        if label == "usual" and len(inputs) == 1 and case.holes[inputs[0]].source.lstrip("-").isdigit():
            label = f"{columns[inputs[0]]}-{case.holes[inputs[0]].source}".replace("_", "-")
        if label == "usual" and len(inputs) == 1 and case.holes[inputs[0]].source in {"[]", "{}", "()", "''", '""'}:
            label = "empty"
        if label.isdigit() and len(inputs) == 1 and case.holes[inputs[0]].source == f"-{label}":
            label = f"minus-{label}"
        label = _free(label, seen, "-")
        values = ", ".join(case.holes[rank].source for rank in columns)
        rows.extend(layout.expression(f"pytest.param({values}, id={label!r})", "", ",", depth=2))
    return rows


def _value_label(source: str) -> str:
    """A short plain text speaks for itself; empty for any other value."""
    text = ast.literal_eval(source)
    if not isinstance(text, str):
        return ""
    is_plain = text.isascii() and text.isprintable() and text == text.strip() and "\\" not in text
    is_word = any(map(str.isalnum, text)) or not set(text) & set("[]:/")
    return text if is_plain and 0 < len(text) <= _MAX_LABEL and is_word else ""


def _label(rest: str) -> str:
    parts = [part for part in rest.split("_") if part]
    while len(parts) > 1 and parts[0] in _JOINTS:
        parts = parts[1:]
    label = "-".join(parts)
    return f"case-{label}" if label.isdigit() and rest.startswith("_") else label or "usual"


def _common(names: list[str]) -> str:
    shared = takewhile(lambda parts: len(set(parts)) == 1, zip(*(name.split("_") for name in names), strict=False))
    return "".join(f"{parts[0]}_" for parts in shared)


def _free(name: str, taken: set[str], joint: str = "_") -> str:
    result, count = name, 2
    while result in taken:
        result, count = f"{name}{joint}{count}", count + 1
    taken.add(result)
    return result


def _body(first: Candidate, columns: dict[int, str]) -> list[str]:
    function = ast.parse(first.source).body[0]
    assert isinstance(function, ast.FunctionDef)
    lines = first.source.splitlines()
    punch = _Punch(first.target.rpartition("::")[2].rpartition(".")[2], (), {})
    written: list[str] = []
    for node in _in_one(function.body[1:]):
        blank = [""] if written and not lines[node.lineno - 2].strip() else []
        filled = _Fill(columns, punch).visit(punch.visit(copy.deepcopy(node)))
        text = ast.unparse(filled)
        if isinstance(filled, ast.Assign) and len(set(text.split(" = "))) == 1:
            continue
        written.extend([*blank, *_laid_out(filled)])
    return written


class _Fill(ast.NodeTransformer):
    """Puts column names, or the literal that all rows share, into the holes."""

    def __init__(self, columns: dict[int, str], punch: _Punch) -> None:
        self.columns, self.punch = columns, punch

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not node.id.startswith("HOLE_"):
            return node
        rank = int(node.id.removeprefix("HOLE_"))
        if rank in self.columns:
            return ast.Name(self.columns[rank], ast.Load())
        return ast.parse(self.punch.holes[rank].source, mode="eval").body


def _laid_out(node: ast.stmt) -> list[str]:
    if isinstance(node, ast.With):
        opening = "    " + layout.tidy(f"with {ast.unparse(node.items[0])}:\n    pass").splitlines()[0]
        if len(opening) > layout.WIDTH:
            raise layout.TooLongError(opening)
        return [opening, *(line for item in node.body for line in layout.statement(ast.unparse(item), 2))]
    return layout.statement(ast.unparse(node))
