"""From what the search found to test functions that read well."""

from __future__ import annotations

import ast
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.branches import Way
from pytest_llmgen.generate.offline.calls import (
    ENTER,
    Callee,
    Form,
    Input,
    Scene,
    as_statement,
    compose,
    managed,
    names_in,
)
from pytest_llmgen.generate.offline.ears import BEGIN, HEARD, WARNINGS
from pytest_llmgen.generate.offline.entrances import is_private
from pytest_llmgen.generate.offline.search import Find, is_finished
from pytest_llmgen.generate.offline.showing import MAX_EXPECTED, error_name, is_explicit, is_showable
from pytest_llmgen.generate.offline.situations import without_needless_names
from pytest_llmgen.generate.offline.stubs import CALLS
from pytest_llmgen.generate.offline.terms import OMITTED
from pytest_llmgen.records import RESULT, Candidate, Category, Observation, Oracle, Origin, TargetKind, Value
from pytest_llmgen.refine.rename import rename

_INLINE = 40
_SUMMARY_WIDTH = layout.WIDTH - 10
_EXACT_DIGITS = 4
"""As in ``run/values.py``: a number with no more is one that people write by hand."""
_PUBLIC = {"pydantic_core._pydantic_core": "pydantic"}
"""Where a library means its errors to be imported from."""
_TODAY = "as the code is today"


@dataclass(frozen=True, slots=True)
class Look:
    """An attribute of an object, seen after the call."""

    expression: str  # in terms of the object's name: ``cart.total``
    value: Value


@dataclass(frozen=True, slots=True)
class Seen:
    """A find that was seen twice to be the same, with further looks at objects."""

    find: Find
    callee: Callee
    state: tuple[Look, ...] = ()  # of the object under test, after the call
    parts: tuple[Look, ...] = ()  # of the result, held as ``result``
    heard: tuple[Look, ...] = ()  # log records and warnings
    last: tuple[Look, ...] = ()  # what the object answers at the end

    @property
    def ears(self) -> list[str]:
        """The fixtures that hear these."""
        return [name for name, told in HEARD.items() if told in {look.expression for look in self.heard}]


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes the candidates of one target."""

    base: Input
    raised: frozenset[str]  # errors that the module raises itself
    round: int = 1
    taken: set[str] = field(default_factory=set)
    ways: Mapping[Input, Way] = field(default_factory=dict)  # which way an input goes where others don't

    def write(self, seen: Seen, is_extra: bool = False) -> Candidate | None:
        """A test for a find, or None where nothing honest can be asserted.

        An extra one, which reached nothing new, is not written under a counted name.
        """
        if is_extra and self._name(seen) in self.taken:
            return None
        try:
            return self._write(seen)
        except layout.TooLongError:
            return None

    def _write(self, seen: Seen) -> Candidate | None:
        body = self._body(seen)
        if body is None:
            return None
        category = category_of(seen)
        name = naming.unique_name(self._name(seen), self.taken)
        summary = self._summary(seen, category)
        fixtures = [*compose(seen.callee, seen.find.row).fixtures, *(["capsys"] if _prints(seen) else []), *seen.ears]
        lines = [
            f"def {name}({', '.join(fixtures)}):",
            f'    """{summary}"""',
            *layout.in_blocks(layout.single_spaced(body.lines)),
        ]
        source = _under_own_names("\n".join(lines) + "\n", seen)
        return Candidate(
            f"{seen.callee.target.key}#{name}",
            seen.callee.target.key,
            name,
            category,
            Origin.OFFLINE,
            Oracle.OBSERVED,
            source,
            summary,
            tuple(sorted(dict.fromkeys(body.imports))),
            body.helpers,
            self.round,
            seen.find.shows,
        )

    def _name(self, seen: Seen) -> str:
        start = naming.stem(seen.callee.target.qualname)
        if seen.callee.form is Form.SETTER:  # the property itself has the same name
            start = f"{start}_set"
        wanted = self._named(seen, start, self._way(seen))
        return wanted if wanted not in self.taken else self._named(seen, start, Way())

    def _way(self, seen: Seen) -> Way:
        """What sets the input apart; a parameter that the call leaves out is no ``with_limit``."""
        way = self.ways.get(seen.find.row, Way())
        pairs = zip(seen.callee.places, seen.find.row, strict=True)
        left_out = {f"with_{naming.words(place)}" for place, term in pairs if term.is_omitted}
        return Way() if way.phrase in left_out else way

    def _named(self, seen: Seen, start: str, way: Way) -> str:
        told = self._told(seen)
        is_counted = not way.phrase and not naming.is_telling(told)
        where = f"_{way.after('when')}" if way.phrase else naming.joined(told, "for")
        observation = seen.find.observation
        result = observation.value.source if observation.value else None
        if observation.outcome == "raised":
            plain = f"{start}_raises_{error_name(observation)}"
        elif result in {"True", "False"}:
            plain = f"{start}_is_{result.lower()}"
        elif (
            result == "None"
            and not seen.state
            and not seen.heard
            and not observation.changed
            and not observation.output
        ):
            plain = f"{start}_is_none"
        else:
            return self._of_value(seen, start, way, told)
        return plain if is_counted and plain not in self.taken else f"{plain}{where}"

    def _of_value(self, seen: Seen, start: str, way: Way, told: str) -> str:
        if way.is_plain and start not in self.taken and category_of(seen) is Category.TYPICAL:
            return start
        if way.phrase and (not way.is_plain or not naming.is_telling(told)):
            return f"{start}_{way.after('when')}"
        return start + naming.joined(told, "of")

    def _told(self, seen: Seen) -> str:
        return naming.condition(seen.callee, seen.find.row, self.base)

    def _summary(self, seen: Seen, category: Category) -> str:
        is_telling = naming.is_telling(self._told(seen))
        told = self._told(seen).replace("_", " ")
        way = self._way(seen).after("when").replace("_", " ")
        told = re.sub(r"(?<=\b\d) (?=\d+\b)", ".", told)
        where = f" {told}" if told.startswith(("after ", "with ", "without ")) else f" for {told}" if told else ""
        start = f"{category.value.capitalize()}: {naming.subject(seen.callee.target.qualname)}"
        options = [
            *([f"{start} {_does(seen)} {way}, {_TODAY}."] if way else []),
            *([f"{start} {_does(seen)}, {_TODAY}."] if way or category is Category.TYPICAL or not is_telling else []),
            f"{start}{where} {_does(seen)}, {_TODAY}.",
            f"{start}{where}, {_TODAY}.",
        ]
        return _docstring_safe(next((text for text in options if len(text) <= _SUMMARY_WIDTH), options[-1]))

    def _body(self, seen: Seen) -> _Body | None:
        observation = seen.find.observation
        if observation.outcome == "raised":
            return self._raising(seen)
        bind = _places_to_name(seen)
        scene = compose(seen.callee, seen.find.row, bind)
        if seen.callee.form is Form.ENTERED:
            return _entering(seen, scene)
        act, checks, imports = _checks(seen, scene)
        if not checks:
            return None
        begin = [BEGIN[name] for name in seen.ears if name in BEGIN]
        statements = without_needless_names([*begin, *scene.statements], [scene.expression, *act, *checks])
        arrange = [line for text in statements for line in layout.statement(text)]
        gap = [""] if arrange and act else []
        if _prints(seen):
            imports = imports if seen.find.observation.value else ()
        lines = [*arrange, *gap, *act, *([""] if len(act) + len(arrange) > 1 and act else []), *checks]
        if arrange and not act:
            lines = [*arrange, "", *checks] if len(arrange) > 1 else [*arrange, *checks]
        return _Body(lines, (*scene.imports, *imports), scene.helpers)

    def _raising(self, seen: Seen) -> _Body | None:
        observation = seen.find.observation
        name = error_name(observation)
        if not is_showable(observation, self.raised):
            return None
        scene = compose(seen.callee, seen.find.row, _long_places(seen))
        asked = [look.expression for look in seen.last]
        statements = without_needless_names(scene.statements, [scene.expression, *asked])
        arrange = [line for text in statements for line in layout.statement(text)]
        is_told = is_explicit(observation, self.raised) and bool(observation.error_message)
        told = matching(observation.error_message) if is_told else ""
        opening = f"    with pytest.raises({name}{told}):"
        checks: list[str] = []
        ends: list[str] = []
        if is_told and (not told or len(opening) > layout.WIDTH):
            opening = f"    with pytest.raises({name}) as raised:"
            checks = ["", *equality("str(raised.value)", Value("builtins.str", repr(observation.error_message)), [])]
        for rank, look in enumerate(seen.last):
            checks.extend([*([""] if not rank and not checks else []), *equality(look.expression, look.value, ends)])
        if len(opening) > layout.WIDTH:
            return None
        act = layout.statement(as_statement(scene.expression), 2)
        if seen.callee.form is Form.ENTERED:
            opening, act = _entering_in_vain(opening, scene)
        gap = [""] if len(arrange) > 1 else []
        imports = ("import pytest", *_error_import(observation), *ends)
        return _Body([*arrange, *gap, opening, *act, *checks], (*scene.imports, *imports), _helpers(scene))


def _under_own_names(source: str, seen: Seen) -> str:
    """The test with the object under test by the name of the fixture that gives it."""
    receiver, term = seen.callee.receiver, seen.find.row[0] if seen.find.row else OMITTED
    if not receiver or term.source not in term.fixtures:
        return source
    lines = [line for line in source.splitlines() if line != f"    {receiver} = {term.source}"]
    text = re.sub(r'"""\n\n+', '"""\n', "\n".join(lines) + "\n")
    return rename(text, {receiver: term.source}) if receiver != term.source else text


@dataclass(frozen=True, slots=True)
class _Body:
    lines: list[str]
    imports: tuple[str, ...]
    helpers: tuple[str, ...]


def _helpers(scene: Scene) -> tuple[str, ...]:
    """What a test needs of the helpers of a probe."""
    return tuple(text for text in scene.helpers if text != ENTER)


def _entering(seen: Seen, scene: Scene) -> _Body | None:
    """``with`` around what is asserted of the value; what is seen of objects stands behind it."""
    value, imports = seen.find.observation.value, list[str]()
    checks = _state_checks(seen, scene, imports)
    has_value = value is not None and value.source is not None and (not checks or value.source != "None")
    if not checks and not has_value:
        return None
    manager, error = managed(scene.expression)
    inside, name = [f"raise {layout.tidy(error)}"] if error else [], "result" if seen.parts else ""
    if has_value and value is not None:
        name = name or "value"
        told = equality(name, value, imports)
        checks, inside = (checks, told) if not error and _is_constant(value) else ([*told, *checks], inside)
    statements = without_needless_names(scene.statements, [scene.expression, *checks, *inside])
    arrange = [line for text in statements for line in layout.statement(text)]
    opening = f"    with {layout.tidy(manager)}{f' as {name}' if name else ''}:"
    act = [
        opening,
        *(f"        {line.strip()}" if line.strip() == line else f"    {line}" for line in inside or ["pass"]),
    ]
    if max(map(len, act)) > layout.WIDTH:
        raise layout.TooLongError(opening)
    gap = [""] if checks else []
    return _Body([*arrange, *act, *gap, *checks], (*scene.imports, *imports), _helpers(scene))


def _entering_in_vain(opening: str, scene: Scene) -> tuple[str, list[str]]:
    """The opening and body of a ``with`` that ends with an error: raised by entering, or handed on."""
    manager, error = (layout.tidy(text) if text else "" for text in managed(scene.expression))
    together = f"{opening.removesuffix(':')}, {manager}:"
    if not error:
        return opening, [f"        {manager}.__enter__()"]
    if len(together) <= layout.WIDTH:
        return together, [f"        raise {error}"]
    return opening, [f"        with {manager}:", f"            raise {error}"]


def _is_constant(value: Value) -> bool:
    """Whether it is the same inside of the block and behind it."""
    return isinstance(ast.parse(value.source or "", mode="eval").body, ast.Constant)


def category_of(seen: Seen) -> Category:
    """Failure if it raised, edge if an argument or the result is a boundary, else typical."""
    observation = seen.find.observation
    if observation.outcome == "raised":
        return Category.FAILURE
    offset = 1 if seen.callee.receiver else 0
    if any(term.is_edge for term in seen.find.row[offset:]):
        return Category.EDGE
    empty = {"None", "''", "[]", "{}", "()", "set()"}
    is_command = bool(observation.changed or seen.state or observation.output)
    return (
        Category.EDGE
        if observation.value and observation.value.source in empty and not is_command
        else (Category.TYPICAL)
    )


def _places_to_name(seen: Seen) -> frozenset[str]:
    scene = seen.find.scene
    told = {name for text in seen.find.observation.changed for name in names_in(text)}
    changed = {place for place, name in scene.bound.items() if name in told}
    return frozenset(changed) | _long_places(seen)


def _long_places(seen: Seen) -> frozenset[str]:
    pairs = zip(seen.callee.places, seen.find.row, strict=True)
    return frozenset(place for place, term in pairs if len(term.source) > _INLINE or term.steps)


def _state_checks(seen: Seen, scene: Scene, imports: list[str]) -> list[str]:
    """Lines that assert what became of arguments, of what they noted, and of the object."""
    observation = seen.find.observation
    checks: list[str] = []
    for place, name in scene.bound.items():
        changed = observation.changed.get(seen.find.scene.bound.get(place, ""))
        if changed is not None and changed.source is not None and place != seen.callee.receiver:
            checks.extend(equality(name, changed, imports))
    for name in scene.watched:
        if (told := observation.changed.get(name)) is not None and told.source is not None:
            checks.extend(equality(name, told, imports))
    for look in (*seen.state, *seen.parts, *seen.heard, *seen.last):
        checks.extend(equality(look.expression, look.value, imports))
    return checks


def _checks(seen: Seen, scene: Scene) -> tuple[list[str], list[str], tuple[str, ...]]:
    """Lines that act, lines that assert, and what they must import."""
    observation = seen.find.observation
    value = observation.value
    imports: list[str] = []
    checks = _state_checks(seen, scene, imports)
    if observation.output:
        checks.extend(layout.expression(repr(observation.output), "assert capsys.readouterr().out == "))
    has_value = value is not None and value.source is not None and value.source != "None"
    if seen.callee.form is Form.SETTER and not checks:
        return [], [], ()
    if value is not None and not checks and value.source == "None" and is_private(seen.callee.target):
        return [], [], ()  # says nothing to a reader: what it is for is seen through the functions that call it
    if value is not None and not checks and value.source is not None:
        return [], equality(_final(seen, scene), value, imports), tuple(imports)
    if value is None or not (has_value or checks):
        return [], [], ()
    if has_value and value is not None:
        first = equality("result", value, imports)
        return layout.statement(f"result = {_final(seen, scene)}"), [*first, *checks], tuple(imports)
    prefix = "result = " if seen.parts else ""
    return layout.statement(prefix + as_statement(_final(seen, scene))), checks, tuple(imports)


def _final(seen: Seen, scene: Scene) -> str:
    if seen.callee.form is Form.SLICED and is_finished(seen.find.observation):
        finished = replace(seen.callee, form=Form.LISTED)
        return compose(finished, seen.find.row, frozenset(scene.bound)).expression
    return scene.expression


def equality(left: str, value: Value, imports: list[str]) -> list[str]:
    """Lines that assert that ``left`` has the value; what they need is added to ``imports``."""
    assert value.source is not None
    if len(value.source) > MAX_EXPECTED:
        raise layout.TooLongError(value.source)
    imports.extend(value.imports)
    left = layout.tidy(left)
    if isinstance(ast.parse(left, mode="eval").body, ast.Compare | ast.BoolOp | ast.UnaryOp | ast.BinOp | ast.IfExp):
        return _of_operator(left, value)
    if value.source in {"None", "True", "False"}:
        return _fitting(left, " is ", value.source)
    if value.is_approximate:
        imports.append("import pytest")
        return _fitting(left, " == ", approximated(value.source))
    return _fitting(left, " == ", value.source)


def _denied(left: str) -> str:
    match ast.parse(left, mode="eval").body:
        case ast.Compare(left=one, ops=[ast.In()], comparators=[other]):
            return f"{ast.unparse(one)} not in {ast.unparse(other)}"
        case ast.Compare(left=one, ops=[ast.Eq()], comparators=[other]):
            return f"{ast.unparse(one)} != {ast.unparse(other)}"
        case ast.Compare():
            return f"({left}) is False"  # nothing else that is false will do
        case _:
            return f"not ({left})"


def _of_operator(left: str, value: Value) -> list[str]:
    """``assert a == b`` instead of ``assert a == b is True``; another result is compared by name."""
    assert value.source is not None
    is_condition = isinstance(ast.parse(left, mode="eval").body, ast.Compare | ast.BoolOp)
    if is_condition and value.source == "True":
        return layout.statement(f"assert {left}")
    if is_condition and value.source == "False":
        return layout.statement(f"assert {_denied(left)}")
    operator = " is " if value.source in {"None", "True", "False"} else " == "
    return [*layout.statement(f"result = {left}"), *_fitting("result", operator, value.source)]


def _fitting(left: str, operator: str, right: str) -> list[str]:
    flat = f"    assert {left}{operator}{layout.tidy(right)}"
    if len(flat) <= layout.WIDTH:
        return [flat]
    bound = f"    assert result{operator}{layout.tidy(right)}"
    if len(right) <= _INLINE and len(bound) <= layout.WIDTH:
        return [*layout.statement(f"result = {left}"), bound]
    expected = layout.expression(right, "expected = ")
    check = f"    assert {left}{operator}expected"
    if len(check) <= layout.WIDTH:
        return [*expected, check]
    return [*layout.statement(f"result = {left}"), *expected, f"    assert result{operator}expected"]


def approximated(source: str) -> str:
    """``pytest.approx`` round numbers that are alone or one level deep, else round each inexact number inside."""
    node = ast.parse(source, mode="eval").body
    match node:
        case ast.List(elts=items) | ast.Tuple(elts=items) if all(_is_number(item) for item in items):
            return f"pytest.approx({source})"
        case ast.Dict(values=items) if all(_is_number(item) for item in items):
            return f"pytest.approx({source})"
        case _:
            return f"pytest.approx({source})" if _is_number(node) else ast.unparse(_Rounding().visit(node))


class _Rounding(ast.NodeTransformer):
    """Wraps inexact numbers; keys and members of sets are looked up by hash, and stay."""

    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        is_inexact = isinstance(node.value, float) and not _has_few_digits(node.value)
        return _rounded(node) if is_inexact else node

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        inner = self.visit(node.operand)
        return node if inner is node.operand else _rounded(node)

    def visit_Dict(self, node: ast.Dict) -> ast.Dict:
        node.values = [self.visit(value) for value in node.values]
        return node

    def visit_Set(self, node: ast.Set) -> ast.Set:
        return node

    def visit_Call(self, node: ast.Call) -> ast.Call:
        """Of a record its fields; what another call does with an odd number is not known."""
        for word in node.keywords:
            word.value = self.visit(word.value)
        return node


def _rounded(node: ast.expr) -> ast.expr:
    return ast.parse(f"pytest.approx({ast.unparse(node)})", mode="eval").body


def _has_few_digits(number: float) -> bool:
    digits = repr(abs(number)).replace(".", "").strip("0").partition("e")[0]
    return number.is_integer() or len(digits) <= _EXACT_DIGITS


def _is_number(node: ast.expr) -> bool:
    inner = node.operand if isinstance(node, ast.UnaryOp) else node
    return isinstance(inner, ast.Constant) and isinstance(inner.value, int | float)


def matching(message: str) -> str:
    """The ``match`` argument for the whole of an error's message; empty where it cannot be shown in a line."""
    if not message or "\n" in message:
        return ""
    escaped = "^" + re.sub(r"([.^$*+?{}\[\]|()\\])", r"\\\1", message) + "$"
    text = layout.quoted(escaped.replace("\\", "\x00")).replace("\x00", "\\").replace("\\x00", "\\")
    raw = "r" if "\\" in escaped else ""
    return f", match={raw}{text}" if '\\"' not in text or not raw else ""


def _error_import(observation: Observation) -> tuple[str, ...]:
    module, _, name = (observation.error_type or "").rpartition(".")
    module = _PUBLIC.get(module, module)
    return () if module in {"builtins", ""} else (f"from {module} import {name}",)


def _prints(seen: Seen) -> bool:
    return bool(seen.find.observation.output) and seen.find.observation.outcome == "returned"


def _does(seen: Seen) -> str:
    observation = seen.find.observation
    if observation.outcome == "raised":
        return f"raises {error_name(observation)}"
    bound = {name for place, name in seen.find.scene.bound.items() if place != seen.callee.receiver}
    changed = {name for name, value in observation.changed.items() if value.source is not None}
    if seen.callee.target.kind is not TargetKind.PROPERTY and (seen.state or changed & bound):
        return "changes " + ("the object" if seen.state else "its argument")
    kept = [name for name in seen.find.scene.watched if name in changed and name.isidentifier() and name != CALLS]
    if kept and (observation.value is None or observation.value.source in {None, "None"}):
        return f"changes {' and '.join(kept)}"
    return _says(seen)


def _says(seen: Seen) -> str:
    observation = seen.find.observation
    if observation.output:
        return "writes its output"
    if seen.heard:
        return "warns" if WARNINGS in seen.ears else "writes to the log"
    source = observation.value.source if observation.value else None
    if source is None:
        return _gives_object(seen)
    short = layout.tidy(source)
    return f"gives {short}" if len(short) <= _INLINE and "\\" not in short else "gives its full result"


def _gives_object(seen: Seen) -> str:
    """What to say of a result that cannot be written down."""
    if any(look.expression == f"{RESULT} is {seen.callee.receiver}" for look in seen.parts):
        return "gives the object itself"
    if seen.state and not seen.parts:
        return "changes the object"
    value, made = seen.find.observation.value, seen.callee.target.qualname.rpartition(".")[2] == "__init__"
    kind = value.type_name.rpartition(".")[2] if value is not None else ""
    if made or not kind.isidentifier():
        return "makes an object"
    if seen.callee.form in {Form.LISTED, Form.SLICED, Form.ASYNC_LISTED}:
        return "gives its items"
    article = "an" if kind.lstrip("_")[:1].lower() in set("aeio") else "a"
    return f"gives {article} {kind}"


def _docstring_safe(text: str) -> str:
    plain = text.replace("\\", "/").replace('"""', "'''").replace('"', "'")
    printable = "".join(letter if letter.isprintable() else " " for letter in plain)
    return printable if len(printable) <= _SUMMARY_WIDTH else printable[: _SUMMARY_WIDTH - 3].rstrip() + "..."
