"""How a target is called: from one term for each place to statements and an expression."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType

from pytest_llmgen.generate.offline.aftermath import AFTERMATH
from pytest_llmgen.generate.offline.annotations import passed
from pytest_llmgen.generate.offline.closures import CALLED, suffix_of
from pytest_llmgen.generate.offline.code import Parameter
from pytest_llmgen.generate.offline.ears import BEGIN, HEARD, LOG, WARNINGS
from pytest_llmgen.generate.offline.situations import PLACE
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.records import RESULT, Target, TargetKind

ITEM_LIMIT = 20
AWAIT = "await "
"""What a step begins with that has to be awaited."""
Input = tuple[Term, ...]
"""One term for the object under test, where there is one, then one for each parameter."""

COLLECT = f"""\
async def collect(source, limit={ITEM_LIMIT}):
    items = []
    async for item in source:
        items.append(item)
        if len(items) == limit:
            break
    return items"""

ENTER = """\
def entered(manager, error=None):
    with manager as value:
        if error is not None:
            raise error
    return value"""
"""How a probe uses a context manager to its end; a test says the same by a ``with``."""

_BINARY = {
    "__eq__": "==",
    "__ne__": "!=",
    "__lt__": "<",
    "__le__": "<=",
    "__gt__": ">",
    "__ge__": ">=",
    "__add__": "+",
    "__sub__": "-",
    "__mul__": "*",
    "__truediv__": "/",
    "__floordiv__": "//",
    "__mod__": "%",
    "__or__": "|",
    "__and__": "&",
    "__xor__": "^",
    "__pow__": "**",
    "__matmul__": "@",
}
_REFLECTED = {f"__r{name.strip('_')}__": sign for name, sign in _BINARY.items() if sign[0] not in "=!<>"}
"""Operators of what stands on the right side, where the left side does not know how: ``3 - offset``."""
_OPERANDS = (ast.Constant, ast.Name, ast.Call, ast.Attribute, ast.List, ast.Dict, ast.Set)
"""What needs no brackets beside an operator."""
_IN_PLACE = {
    f"__i{name}__": f"{sign}="
    for name, sign in {"add": "+", "sub": "-", "mul": "*", "or": "|", "and": "&", "xor": "^", "truediv": "/"}.items()
}
_UNARY = {
    "__len__": "len({})",
    "__str__": "str({})",
    "__repr__": "repr({})",
    "__bool__": "bool({})",
    "__iter__": "list({})",
    "__int__": "int({})",
    "__float__": "float({})",
    "__abs__": "abs({})",
    "__neg__": "-{}",
    "__next__": "next({})",
    "__reversed__": "list(reversed({}))",
    "__bytes__": "bytes({})",
    "__hash__": "hash({}) == hash({})",  # of the object and of one made in the same way
}
_STAND_INS = {
    "tmp_path": ("import pathlib", "import tempfile", "tmp_path = pathlib.Path(tempfile.mkdtemp())"),
    "monkeypatch": ("import pytest", "monkeypatch = pytest.MonkeyPatch()"),
    LOG: ("from pytest_llmgen.run.ears import Logs", f"{LOG} = Logs()", BEGIN[LOG]),
    WARNINGS: ("from pytest_llmgen.run.ears import Warned", f"{WARNINGS} = Warned()"),
}
UNSUITABLE = frozenset({"__del__", "__init_subclass__", "__set_name__", "__getstate__", "__reduce__"})


class Form(StrEnum):
    """How the value is taken from the call."""

    PLAIN = "plain"
    ASYNC = "async"
    LISTED = "listed"
    SLICED = "sliced"  # of an iterator that does not end soon
    ASYNC_LISTED = "async-listed"
    ENTERED = "entered"  # a context manager
    SENT = "sent"  # of a generator, which is sent values
    ATTRIBUTE = "attribute"
    SETTER = "setter"


@dataclass(frozen=True, slots=True)
class Callee:
    """The target as something to call."""

    target: Target
    access: str  # the function, or the class for methods
    parameters: tuple[Parameter, ...]
    imports: tuple[str, ...]
    form: Form = Form.PLAIN
    receiver: str = ""  # the name under which tests hold the object
    made_of: tuple[str, ...] = ()  # the parameters of its constructor
    looks: tuple[str, ...] = ()  # expressions that show the object's state: ``cart.items``, ``len(cart)``
    echoes: tuple[tuple[str, tuple[str, ...]], ...] = ()  # methods that ask for what the same arguments mean
    given: Mapping[str, Sequence[str]] = field(default_factory=dict)  # fixtures of the project -> what stands in
    called: Form | None = None  # behind the parameters stands how the returned function is called; of what form that is
    has_aftermath: bool = False  # behind the parameters stands what the object is asked at the end
    has_situation: bool = False  # the last place is what surrounds the call, and no argument
    ears: tuple[str, ...] = ()  # fixtures that hear what it says beside its result
    aim: Target | None = None  # a private function, where it is that which the calls are to reach
    optional: Mapping[str, Sequence[tuple[str, int, str]]] = field(default_factory=dict)  # as the climber takes it
    unseen: tuple[str, ...] = ()  # expressions about objects that do not give the same each time
    active: tuple[str, ...] = ()  # looks that run code of the project: one may change what others show

    def looks_at(self, row: Input) -> tuple[str, ...]:
        """The expressions that show the object's state after a call with these arguments."""
        given = {name: term.source for name, term in zip(self.places, row, strict=True) if not term.is_omitted}
        asked = [
            f"{self.receiver}.{method}({', '.join(given[name] for name in names)})"
            for method, names in self.echoes
            if given.keys() >= set(names)
        ]
        return (*self.looks, *asked, *(HEARD[name] for name in self.ears))

    @property
    def further(self) -> tuple[str, ...]:
        """The places that are no arguments."""
        pairs = ((CALLED, self.called), (AFTERMATH, self.has_aftermath), (PLACE, self.has_situation))
        return tuple(name for name, is_there in pairs if is_there)

    @property
    def places(self) -> tuple[str, ...]:
        """A name for each term of an input."""
        names = (*(item.name for item in self.parameters), *self.further)
        return (self.receiver, *names) if self.receiver else names


@dataclass(frozen=True, slots=True)
class Scene:
    """What one input comes to in code."""

    imports: tuple[str, ...]
    fixtures: tuple[str, ...]
    statements: tuple[str, ...]
    expression: str
    bound: dict[str, str] = field(default_factory=dict)  # place -> variable
    helpers: tuple[str, ...] = ()
    watched: tuple[str, ...] = ()
    afterwards: tuple[str, ...] = ()  # what is asked at the end


def form_of(target: Target) -> Form:
    """How the value of a target is taken, as far as its definition tells."""
    if any(item.endswith(".setter") for item in target.decorators):
        return Form.SETTER
    if any("contextmanager" in item and "async" not in item for item in target.decorators):
        return Form.ENTERED
    if target.is_async:
        return Form.ASYNC_LISTED if target.is_generator else Form.ASYNC
    if target.kind is TargetKind.PROPERTY:
        return Form.ATTRIBUTE
    return Form.SLICED if target.is_generator else Form.PLAIN


def access(import_line: str, qualname: str, module: str) -> str:
    """The expression that reaches ``qualname`` after the import."""
    match ast.parse(import_line).body[:1]:
        case [ast.ImportFrom(names=names)]:
            bound = {alias.asname or alias.name: alias.name for alias in names}
            head = qualname.partition(".")[0]
            if head in bound.values():
                return next(name for name, real in bound.items() if real == head) + qualname[len(head) :]
            return f"{next(iter(bound))}.{qualname}"
        case [ast.Import(names=[alias, *_])]:
            return f"{alias.asname or alias.name}.{qualname}"
        case _:
            return f"{module}.{qualname}"


def look(owner: str, attribute: str) -> str:
    """The expression that shows an attribute."""
    whole = {"__len__": "len", "__str__": "str", "__iter__": "list", "__repr__": "repr", "__dict__": "dict"}
    return f"{whole[attribute]}({owner})" if attribute in whole else f"{owner}.{attribute}"


def names_in(expression: str) -> set[str]:
    """The variables that an expression mentions."""
    return {node.id for node in ast.walk(ast.parse(expression, mode="eval")) if isinstance(node, ast.Name)}


def compose(callee: Callee, row: Input, bind: frozenset[str] | None = None) -> Scene:
    """Write an input as code; shared arguments get names, or those in ``bind`` if it is given."""
    taken, places, further = _taken(callee, row), callee.places, callee.further
    bound = {}
    around = row[-1:] if callee.has_situation else ()
    statements: list[str] = [line for term in around for line in term.before]
    for place, term in zip(places, row, strict=True):
        wanted = term.is_shared if bind is None else place in bind
        is_receiver = place == callee.receiver
        if is_receiver or (place not in further and wanted and not term.is_omitted and "*" not in term.source[:1]):
            bound[place] = place if is_receiver or place not in taken else f"{place}_value"
    for term in row:
        statements.extend(line for line in term.before if line not in statements)
    for place, term in zip(places, row, strict=True):
        if place in bound and term.source in term.fixtures and place != callee.receiver:
            bound[place] = term.source  # a fixture has its name already
        elif place in bound:
            statements.append(f"{bound[place]} = {term.source}")
            statements.extend(step_of(bound[place], step) for step in term.steps)
    again = next((suffix_of(term) for place, term in zip(places, row, strict=True) if place == CALLED), "")
    form = callee.called if callee.called and again else callee.form
    imports: tuple[str, ...] = ()
    if form is Form.ENTERED:
        expression = _entered(_call(callee, row, bound), again)
    elif form is Form.SENT:
        expression = f"list(map({_call(callee, row, bound)}.send, {again}))"
    else:
        expression, imports = _take(form, _call(callee, row, bound) + again)
    gathered = dict.fromkeys([*callee.imports, *(line for term in row for line in term.imports), *imports])
    fixtures = dict.fromkeys(name for term in row for name in term.fixtures)
    collect = [COLLECT] if form is Form.ASYNC_LISTED else [ENTER] if form is Form.ENTERED else []
    helpers = tuple(dict.fromkeys([*collect, *(text for term in row for text in term.helpers)]))
    watched = tuple(dict.fromkeys(name for term in row for name in term.watched))
    last = tuple(term.source for place, term in zip(places, row, strict=True) if place == AFTERMATH)
    afterwards = tuple(source for source in last if source)
    return Scene(tuple(gathered), tuple(fixtures), tuple(statements), expression, bound, helpers, watched, afterwards)


def _entered(call: str, error: str) -> str:
    return f"entered({call}, {error})" if error else f"entered({call})"


def managed(expression: str) -> tuple[str, str]:
    """The context manager that an expression enters, and the error that is raised within it, if any."""
    match ast.parse(expression, mode="eval").body:
        case ast.Call(args=[manager, *error]):
            return ast.unparse(manager), "".join(map(ast.unparse, error))
    return expression, ""


def stand_ins(fixtures: Sequence[str], given: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[str]:
    """What a probe has in the place of fixtures; who runs it undoes what ``monkeypatch`` did.

    ``given`` are those of the project.  No line comes twice: fixtures share what they are made from.
    """
    lines = (line for name in fixtures for line in (*_STAND_INS.get(name, ()), *given.get(name, ())))
    return list(dict.fromkeys(lines))


def step_of(name: str, step: str) -> str:
    """A step as a statement: ``await .fetch(3)`` is run to its end."""
    return f"asyncio.run({name}{step[len(AWAIT) :]})" if step.startswith(AWAIT) else f"{name}{step}"


def made_of(name: str, term: Term, given: Mapping[str, Sequence[str]] = MappingProxyType({})) -> list[str]:
    """The statements that bring an object into being under a name, as a probe needs them."""
    made = f"{name} = {term.source}"
    return [
        *term.imports,
        *term.helpers,
        *stand_ins(term.fixtures, given),
        *term.before,
        made,
        *(step_of(name, step) for step in term.steps),
    ]


def _taken(callee: Callee, row: Input) -> set[str]:
    lines = [*callee.imports, *(line for term in row for line in term.imports)]
    names = {line.split()[-1] for line in lines} | {
        RESULT,
        "tmp_path",
        "text_file",
        "data_file",
        "monkeypatch",
        "capsys",
        *HEARD,
        "pytest",
        "collect",
        "entered",
        "answer",
        "answers",
        "calls",
    }
    made = {line.partition(" = ")[0] for term in row for line in term.before if " = " in line}
    return names | made | {callee.receiver, callee.access.partition(".")[0]}


def _call(callee: Callee, row: Input, bound: dict[str, str]) -> str:
    terms = [Term(bound[place]) if place in bound else term for place, term in zip(callee.places, row, strict=True)]
    del terms[len(terms) - len(callee.further) :]
    name = callee.target.name
    if not callee.receiver:
        return f"{callee.access}({passed(callee.parameters, terms)})"
    owner = bound[callee.receiver]
    if callee.form is Form.ATTRIBUTE:
        return f"{owner}.{name}"
    if callee.form is Form.SETTER:
        return f"setattr({owner}, {name!r}, {terms[1].source})"
    if name in _UNARY and not callee.parameters:
        return _UNARY[name].format(owner, _twin(row[0], owner))
    if len(callee.parameters) == 1:
        special = _with_one(name, owner, terms[1].source)
        if special:
            return special
    head = owner if name == "__call__" else f"{owner}.{name}"
    return f"{head}({passed(callee.parameters, terms[1:])})"


def _twin(term: Term, name: str) -> str:
    """An expression for an object that was made in the same way; the object itself where that takes statements."""
    return name if term.steps or term.before or term.fixtures else term.source


def _with_one(name: str, owner: str, argument: str) -> str:
    if not argument:
        return ""
    if name in _REFLECTED:
        is_one = isinstance(ast.parse(argument, mode="eval").body, _OPERANDS)
        left = argument if is_one else f"({argument})"
        return f"{left} {_REFLECTED[name]} {owner}"
    if name in _BINARY:
        return f"{owner} {_BINARY[name]} {argument}"
    if name == "__getitem__":
        return f"{owner}[{_index(argument)}]"
    return f"{argument} in {owner}" if name == "__contains__" else ""


def _index(argument: str) -> str:
    """``0:2`` for ``slice(0, 2)``."""
    match ast.parse(argument, mode="eval").body:
        case ast.Call(func=ast.Name(id="slice"), args=[start, stop], keywords=[]):
            return ":".join("" if ast.unparse(each) == "None" else ast.unparse(each) for each in (start, stop))
        case _:
            return argument


def as_statement(expression: str) -> str:
    """The expression as a reader would write it alone on a line: ``setattr`` becomes an assignment, and so on."""
    match ast.parse(expression, mode="eval").body:
        case (
            ast.Call(func=ast.Name(id="setattr"), args=[owner, ast.Constant(value=str() as name), value])
            | ast.Call(
                func=ast.Attribute(value=owner, attr="__setattr__"), args=[ast.Constant(value=str() as name), value]
            )
        ) if name.isidentifier():
            return f"{ast.unparse(owner)}.{name} = {ast.unparse(value)}"
        case ast.Call(
            func=ast.Attribute(value=owner, attr="__delattr__"), args=[ast.Constant(value=str() as name)]
        ) if name.isidentifier():
            return f"del {ast.unparse(owner)}.{name}"
        case ast.Call(func=ast.Attribute(value=owner, attr="__setitem__"), args=[key, value], keywords=[]):
            return f"{ast.unparse(owner)}[{ast.unparse(key)}] = {ast.unparse(value)}"
        case ast.Call(func=ast.Attribute(value=owner, attr="__delitem__"), args=[key], keywords=[]):
            return f"del {ast.unparse(owner)}[{ast.unparse(key)}]"
        case ast.Call(func=ast.Attribute(value=owner, attr=name), args=[other], keywords=[]) if name in _IN_PLACE:
            return f"{ast.unparse(owner)} {_IN_PLACE[name]} {ast.unparse(other)}"
        case _:
            return expression


def _take(form: Form, call: str) -> tuple[str, tuple[str, ...]]:
    match form:
        case Form.ASYNC:
            return f"asyncio.run({call})", ("import asyncio",)
        case Form.ASYNC_LISTED:
            return f"asyncio.run(collect({call}))", ("import asyncio",)
        case Form.LISTED:
            return f"list({call})", ()
        case Form.SLICED:
            return f"list(itertools.islice({call}, {ITEM_LIMIT}))", ("import itertools",)
        case _:
            return call, ()
