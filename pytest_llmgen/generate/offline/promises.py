"""Tests of what annotations and ``Raises:`` sections promise: where one fails, a bug is suspected."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.calls import Callee, Form, Input, as_statement, compose
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, ParameterKind, parameters
from pytest_llmgen.generate.offline.search import Find
from pytest_llmgen.generate.offline.stated import Broken, broken
from pytest_llmgen.generate.offline.terms import Term, from_source
from pytest_llmgen.generate.offline.vagueness import is_made_of_anything, is_vague
from pytest_llmgen.generate.offline.world import ClassShape
from pytest_llmgen.records import Assignment, Candidate, Category, Oracle, Origin

_FITTING = {
    "bool": {"bool"},
    "int": {"int", "bool"},
    "float": {"float", "int", "bool"},
    "complex": {"complex", "float", "int", "bool"},
    **{name: {name} for name in ("str", "bytes", "list", "dict", "set", "tuple", "frozenset")},
}
"""Annotation to the built-in types that keep it; of a class that is not built in nothing is said."""
_NEVER_MEANT = re.compile(r"'NoneType' object|local variable .* (referenced|where it is not associated)")
_ACCIDENT = re.compile(
    r"object has no attribute|^(list|string|tuple) index out of range$|^pop from (an )?empty|"
    r"^(float |integer )?(division|modulo|floor division)( or modulo)? by zero$"
)
"""What Python says of a slip, where nobody raised anything on purpose."""
_STAND_IN = ("Mock object has no", "'Mock' object")
"""What is said where a stand-in of ours was not what the code needs."""
_FEW = 2
_STATED = (
    re.compile(r"^\s*:raises?\s+([\w.]+)\s*:\s*(.+)$"),  # reST
    re.compile(r"^\s+([A-Z]\w*(?:Error|Exception))\s*:\s*(.+)$"),  # Google
)
_NUMPY = re.compile(r"^\s*([A-Z]\w*(?:Error|Exception))\s*$\n\s+(\S.+)$", re.MULTILINE)
_CONDITIONS = (
    (re.compile(r"non-?positive|not (a )?positive|<= ?0|less than (1|one)|zero or (negative|less)"), ("0", "-1")),
    (re.compile(r"negative|< ?0|less than (0|zero)|below zero"), ("-1",)),
    (re.compile(r"\bzero\b|== ?0"), ("0",)),
    (re.compile(r"\bempty\b"), ("''", "[]")),
)
_TOO_MUCH = re.compile(r"\b(not (negative|zero|empty)|non-?(negative|zero|empty)|and|unless|both|or not)\b")
_MAX_STATED = 4


@dataclass(frozen=True, slots=True)
class _Draft:
    """A test in the making."""

    name: str
    does: str
    category: Category
    lines: tuple[str, ...]
    imports: tuple[str, ...]
    fixtures: tuple[str, ...] = ()
    helpers: tuple[str, ...] = ()


def promises(
    assignment: Assignment,
    callee: Callee,
    node: FunctionNode,
    base: Input,
    finds: Sequence[Find],
    known: Mapping[str, str],
    taken: set[str],
    classes: Mapping[str, ClassShape],
) -> list[Candidate]:
    """Tests of the promises that can be read; ``known`` are names of the module with their imports."""
    documentation = ast.get_docstring(node) or ""
    finds = [find for find in finds if not any(term.is_odd for term in find.row)]
    finds = [find for find in finds if not is_made_of_anything(find.row, classes)]
    drafts = [
        *_broken_annotation(callee, node, finds),
        *_stated_errors(callee, node, base, known),
        *(draft for each in broken(callee, documentation, finds) if (draft := _broken_statement(callee, each))),
    ]
    return [_candidate(assignment, draft, taken) for draft in drafts]


def _candidate(assignment: Assignment, draft: _Draft, taken: set[str]) -> Candidate:
    target = assignment.target
    name = naming.unique_name(f"{naming.stem(target.qualname)}_{draft.name}", taken)
    summary = f"{draft.category.value.capitalize()}: {naming.spoken(target.qualname)} {draft.does}."
    source = "\n".join([f"def {name}({', '.join(draft.fixtures)}):", f'    """{summary}"""', *draft.lines]) + "\n"
    return Candidate(
        *(f"{target.key}#{name}", target.key, name, draft.category, Origin.OFFLINE, Oracle.DOCUMENTATION),
        *(source, summary, tuple(sorted(dict.fromkeys(draft.imports))), draft.helpers),
        round=assignment.round,
    )


def _broken_annotation(callee: Callee, node: FunctionNode, finds: Sequence[Find]) -> Iterator[_Draft]:
    """The first call whose result is not of the type that is annotated, or that fails in a way nobody means."""
    wanted = node.returns.id if isinstance(node.returns, ast.Name) else ""
    is_told = not any(is_vague(item) for item in parameters(node, skip_first=bool(callee.receiver)))
    if wanted not in _FITTING or not is_told or callee.form not in {Form.PLAIN, Form.ASYNC, Form.ATTRIBUTE}:
        return
    for find in finds:
        if not _breaks(find, wanted) or any("None" in term.source for term in find.row):
            continue
        scene = compose(callee, find.row)
        try:
            arrange = [line for text in scene.statements for line in layout.statement(text)]
            check = layout.statement(f"assert isinstance({scene.expression}, {wanted})")
        except layout.TooLongError:
            continue
        does = f"gives {'an' if wanted == 'int' else 'a'} {wanted}, as its annotation says"
        gap = [""] if arrange else []
        category = Category.TYPICAL
        yield _Draft(
            *(f"gives_{wanted}_as_annotated", does, category, (*arrange, *gap, *check)),
            *(scene.imports, scene.fixtures, scene.helpers),
        )
        return


def _broken_statement(callee: Callee, broken: Broken) -> _Draft | None:
    """An input that breaks what the documentation says of every result."""
    row, statement = broken.find.row, broken.statement
    scene = compose(callee, row, frozenset({broken.argument}) if broken.argument else frozenset())
    try:
        arrange = [line for text in scene.statements for line in layout.statement(text)]
        if broken.argument:
            before = row[callee.places.index(broken.argument)].source
            act = [*layout.statement(as_statement(scene.expression)), ""]
            check = statement.check.format(name=scene.bound[broken.argument], before=before)
        elif statement.check.count("{call}") > 1:
            act = [*layout.statement(f"result = {scene.expression}"), ""]
            check = statement.check.format(call="result")
        else:
            act, check = [], statement.check.format(call=scene.expression)
        lines = (*arrange, *([""] if arrange else []), *act, *layout.statement(check))
    except layout.TooLongError:
        return None
    does, imports = f"{statement.says}, as documented", scene.imports
    return _Draft(
        f"{statement.name}_as_documented", does, Category.TYPICAL, lines, imports, scene.fixtures, scene.helpers
    )


def _breaks(find: Find, wanted: str) -> bool:
    observation = find.observation
    if observation.outcome == "raised":
        message = observation.error_message
        if message.startswith(_STAND_IN):
            return False
        return bool(_NEVER_MEANT.search(message) or (_ACCIDENT.search(message) and _is_plain(find)))
    module, _, name = (observation.value.type_name if observation.value else "").rpartition(".")
    is_meant = name == "NoneType" and not _is_plain(find)  # nothing to give for a boundary: hardly a slip
    return module == "builtins" and name not in _FITTING[wanted] and not is_meant


def _is_plain(find: Find) -> bool:
    """Whether the input has nothing empty, zero, negative or alone: what nobody need have thought of."""
    for term in find.row:
        for node in ast.walk(ast.parse(term.source or "None", mode="eval")):
            match node:
                case ast.UnaryOp(op=ast.USub()) | ast.Constant(value=0 | 1 | "" | None) if not term.is_omitted:
                    return False
                case ast.List(elts=items) | ast.Tuple(elts=items) if len(items) < _FEW:
                    return False
                case ast.Constant(value=str() as text) if len(text) < _FEW:
                    return False
    return not any(term.is_edge for term in find.row)


def _stated_errors(callee: Callee, node: FunctionNode, base: Input, known: Mapping[str, str]) -> Iterator[_Draft]:
    count = 0
    for error, text in _stated(ast.get_docstring(node) or ""):
        for place, value in _meant(text, callee):
            statement = _import_of(error, known)
            if statement is None or count >= _MAX_STATED:
                continue
            count += 1
            yield from _raising(callee, base, place, value, error, statement)


def _stated(docstring: str) -> list[tuple[str, str]]:
    found = [match.groups() for match in _NUMPY.finditer(docstring) if "Raises" in docstring]
    in_section = False
    for line in docstring.splitlines():
        if re.match(r"^\s*\w+:\s*$", line):
            in_section = line.strip() == "Raises:"
        patterns = _STATED if in_section else _STATED[:1]
        found.extend(match.groups() for pattern in patterns if (match := pattern.match(line)))
    return [(name.rpartition(".")[2], text) for name, text in found]


def _meant(text: str, callee: Callee) -> list[tuple[Parameter, Term]]:
    """The parameter and values that a condition in words speaks of; nothing where it says more than one thing."""
    named = [item for item in callee.parameters if re.search(rf"\b{re.escape(item.name)}\b", text)]
    if not named and len(callee.parameters) == 1:
        named = list(callee.parameters)
    plain = {ParameterKind.PLAIN, ParameterKind.POSITIONAL, ParameterKind.KEYWORD}
    if len(named) != 1 or named[0].kind not in plain or _TOO_MUCH.search(text):
        return []
    kind = ast.unparse(named[0].annotation) if named[0].annotation is not None else ""
    values = next((values for pattern, values in _CONDITIONS if pattern.search(text)), ())
    return [(named[0], from_source(value)) for value in values if _is_of(value, kind)]


def _is_of(value: str, kind: str) -> bool:
    if value == "''":
        return "str" in kind and "[" not in kind
    if value == "[]":
        return kind.lower().startswith(("list", "sequence", "iterable", "collection"))
    return kind.startswith(("int", "float", "Decimal"))


def _import_of(error: str, known: Mapping[str, str]) -> str | None:
    """The import that an error needs; None where it is not known."""
    if isinstance(getattr(builtins, error, None), type):
        return ""
    return known.get(error)


def _raising(
    callee: Callee, base: Input, parameter: Parameter, value: Term, error: str, statement: str
) -> Iterator[_Draft]:
    at = callee.places.index(parameter.name)
    row = (*base[:at], value, *base[at + 1 :])
    scene = compose(callee, row)
    if callee.form not in {Form.PLAIN, Form.ASYNC}:
        return
    try:
        arrange = [line for text in scene.statements for line in layout.statement(text)]
        act = layout.statement(as_statement(scene.expression), 2)
    except layout.TooLongError:
        return
    told = naming.describe(parameter.name, value)
    imports = (*scene.imports, "import pytest", *([statement] if statement else []))
    yield _Draft(
        f"rejects_{told}_as_documented",
        f"raises {error} for {told.replace('_', ' ')}, as documented",
        Category.FAILURE,
        (*arrange, f"    with pytest.raises({error}):", *act),
        *(imports, scene.fixtures, scene.helpers),
    )
