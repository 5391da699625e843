"""The values that each place of a call may take."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from itertools import permutations, zip_longest

from pytest_llmgen.generate.offline.annotations import Annotations, passed
from pytest_llmgen.generate.offline.calls import AWAIT
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, ParameterKind, decorator_names, parameters
from pytest_llmgen.generate.offline.keeping import CHANGING_CALLS
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.terms import OMITTED, Term, from_source, literal, unique
from pytest_llmgen.generate.offline.usage import annotated
from pytest_llmgen.generate.offline.world import ClassShape

_MAX_POOL = 48
_MAX_FITTING = 26
_LITERALS_FIRST = 3
_MAX_LITERALS = 12
_RECEIVERS = 3
_MAX_FRESH = 10
_MAX_RECEIVERS = 60
_STEP_METHODS = 7
_ERRORS = ("Error", "Exception", "Interrupt", "Exit")
_STEP_DUNDERS = {"__setitem__", "__call__", "__enter__", "__aenter__"}
_MAX_PAIRS = 16
_REPEATED = 4
_MAX_ASSIGNED = 8
_NUMBER_UNITS = {
    "timedelta": ("seconds", "days", "minutes", "hours", "microseconds"),
}
_MAX_COUNTED = 30
_CONTAINERS = {"list", "dict", "tuple", "set"}
_STREAMS = {"io.BytesIO": ("bytes", "b'abc'"), "io.StringIO": ("str", "'\\nabc\\n'")}
_OF_TYPE = {"int": "3", "str": "'hello'", "list": "[1, 2]", "NoneType": "None", "float": "1.5"}
_ODD_ITEMS = ("[1, 2]", "None", "'12'", "-1")
"""Further values for ``*items``, by themselves."""
_MAX_WRONG = 2
"""Values of other types than those that a guard asks for."""
_OPTION_KINDS = ("str", "int", "Callable", "bool", "list[int]")
_ENDINGS = ("close", "stop", "shutdown", "cancel", "disconnect", "release", "finish")
_REWIND = Term(".seek(0)")
_LINES = {"str": from_source("'first\\nsecond\\n'"), "bytes": from_source("b'first\\nsecond\\n'")}
_AWARE = Term("datetime(2024, 1, 31, 12, 30, tzinfo=timezone.utc)", ("from datetime import datetime, timezone",))
_UNKNOWN = "unknown"
"""A name that no ``**kwargs`` is likely to have."""
MAX_ALIKE = 8
ALIKE = frozenset(
    {"__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__"}
    | {"__add__", "__sub__", "__mul__", "__or__", "__and__", "__xor__", "__radd__", "__iadd__"}
)
"""Methods that are mostly given another object of their own class."""


@dataclass(frozen=True, slots=True)
class Sources:
    """Where values come from beside annotations."""

    literals: tuple[Term, ...] = ()
    seen: tuple[tuple[Term, ...], ...] = ()
    mentioned: tuple[object, ...] = ()  # plain values of the code, as they are
    options: tuple[str, ...] = ()  # names that the body reads from its ``**kwargs``
    guards: Mapping[str, set[str]] = field(default_factory=dict)  # types that are asked for, by parameter
    paths: Mapping[str, Sequence[Term]] = field(default_factory=dict)  # files, for parameters that are paths
    lines: Mapping[str, Sequence[Term]] = field(default_factory=dict)  # command lines, for parameters that hold one
    is_zoned: bool = False  # whether the body asks a moment for its time zone


def pool(parameter: Parameter, annotations: Annotations, sources: Sources, rank: int) -> list[Term]:
    """Values for one parameter, the most typical first; empty where none can be made."""
    if parameter.kind is ParameterKind.DOUBLE_STAR:
        return [OMITTED, *_named_options(sources.options, annotations)]
    known = annotations.terms(parameter.annotation)
    if parameter.name in sources.lines:  # left out, it would be pytest's own
        return list(sources.lines[parameter.name])
    if parameter.name in sources.paths:  # of any other text a test would make a file beside the code
        nothing = [term for term in known if term.source == "None"]
        return [*([OMITTED] if parameter.has_default else []), *sources.paths[parameter.name], *nothing]
    typed = _varied(parameter.name, known or annotations.guessed(parameter), rank)
    if sources.is_zoned and any(term.source.startswith("datetime(") for term in typed):
        typed = [*typed[:1], _AWARE, *typed[1:]]
    if parameter.kind is ParameterKind.STAR:
        return _star(typed)
    fitting = _fitting(sources.literals, typed, sources.mentioned)
    seen = [row[rank] for row in sources.seen if rank < len(row)]
    asked = sources.guards.get(parameter.name, set(_OF_TYPE))
    wrong = [replace(from_source(text), is_odd=True) for kind, text in _OF_TYPE.items() if kind not in asked]
    found = [
        *seen,
        *typed[:_LITERALS_FIRST],
        *fitting[:_MAX_FITTING],
        *wrong[:_MAX_WRONG],
        *typed[_LITERALS_FIRST:],
        *fitting[_MAX_FITTING:],
    ]
    if parameter.has_default:
        return unique([OMITTED, *_other_side(parameter.default), *found])[:_MAX_POOL]
    return unique(found)[:_MAX_POOL]


def endings_of_block(node: FunctionNode, rank: int) -> list[Term]:
    """What ``__exit__`` is given in one of its places: nothing, or an error, first one that the code names."""
    if node.name not in {"__exit__", "__aexit__"}:
        return []
    said = [item.id for item in ast.walk(node) if isinstance(item, ast.Name) and item.id.endswith(_ERRORS)]
    builtin = [name for name in dict.fromkeys([*said, "ValueError"]) if hasattr(builtins, name)]
    texts = {0: builtin, 1: [f"{name}('boom')" for name in builtin]}.get(rank, [])
    return [from_source(text) for text in ("None", *texts)]


def _varied(name: str, typed: list[Term], rank: int) -> list[Term]:
    """The same terms, begun so that the arguments of one call differ and low ends stand below high ones."""
    wanted = suggested(name)
    plain = [term for term in typed if not term.is_edge]
    if wanted is not None and _kind(wanted) in {_kind(term) for term in plain[:_LITERALS_FIRST]}:
        return unique([wanted, *typed])
    single = [term for term in plain if _kind(term) not in _CONTAINERS]
    turns = single if plain and single[:1] == plain[:1] else plain  # no mapping for what may be anything
    return unique([*(turns[rank % len(turns) :][:1] if turns else []), *typed])


def _named_options(names: Sequence[str], annotations: Annotations) -> list[Term]:
    """``key=value`` for each name that the body reads from its ``**kwargs``."""
    found = []
    for name in names:
        wanted = suggested(name)
        values = [annotations.terms_of_text(kind)[0] for kind in _OPTION_KINDS]
        for term in [*([wanted] if wanted else []), *values]:
            label = f"{name} {'' if '(' in term.source or ':' in term.source else term.source}"
            found.append(replace(term, source=f"{name}={term.source}", is_shared=False, label=label))
    return [*found[:1], Term(f"{_UNKNOWN}=3", is_odd=True, label=f"{_UNKNOWN} 3"), *found[1:]]


def _star(typed: list[Term]) -> list[Term]:
    two = [Term(", ".join(term.source for term in typed[:count])) for count in (1, 2, 3) if len(typed) >= count]
    return unique([*two[1:2], OMITTED, *two, *(replace(from_source(text), is_odd=True) for text in _ODD_ITEMS)])


def _other_side(default: ast.expr | None) -> list[Term]:
    match default:
        case ast.Constant(value=bool() as value):
            return [from_source(repr(not value))]
        case _:
            return []


def _fitting(literals: Sequence[Term], typed: Sequence[Term], mentioned: Sequence[object] = ()) -> list[Term]:
    """The literals of the types that the parameter takes, also inside containers."""
    kinds = {_kind(term) for term in typed}
    fitting = [term for term in literals if _kind(term) in kinds]
    if "float" in kinds and "int" not in kinds:
        fitting.extend(term for term in literals if _kind(term) == "int")
    fitting.extend(_counted(typed, literals))
    fitting.extend(_streamed(typed, literals))
    inner = {kind for term in typed for kind in _inner_kinds(term)}
    items = [term for term in literals if _kind(term) in inner]
    if "list" in kinds and items:
        fitting.extend(from_source(f"[{item.source}]") for item in items[:12])
        fitting.append(from_source("[" + ", ".join(item.source for item in items[:4]) + "]"))
        fitting.extend(_together(mentioned, inner))
    if "dict" in kinds:
        fitting.extend(_with_literals(next(term for term in typed if _kind(term) == "dict"), literals))
    return fitting


def _counted(typed: Sequence[Term], literals: Sequence[Term]) -> list[Term]:
    """``timedelta(seconds=60)``: the numbers of the code in each unit of a type that counts."""
    kinds = {name: term for term in typed for name in _NUMBER_UNITS if term.source.startswith(f"{name}(")}
    numbers = [term.source for term in literals if _kind(term) in {"int", "float"}][:_MAX_COUNTED]
    return [
        replace(term, source=f"{kind}({unit}={number})", is_edge=False)
        for kind, term in kinds.items()
        for unit in _NUMBER_UNITS[kind]
        for number in numbers
    ]


def _streamed(typed: Sequence[Term], literals: Sequence[Term]) -> list[Term]:
    """``io.BytesIO(b'GIF')``: the texts of the code as what a stream begins with, or is."""
    kinds = {kind: term for term in typed for kind in _STREAMS if term.source.startswith(f"{kind}(")}
    return [
        replace(term, source=f"{kind}({item.source}{more})", is_edge=False)
        for kind, term in kinds.items()
        for item in literals[:_MAX_LITERALS]
        if _kind(item) == _STREAMS[kind][0]
        for more in ("", f" + {_STREAMS[kind][1]}")
    ]


def _together(mentioned: Sequence[object], kinds: set[str]) -> list[Term]:
    """All values of one type that the code mentions in one list, in both orders: a table shows itself whole."""
    found = []
    for kind in sorted(kinds):
        alike = [value for value in mentioned if type(value).__name__ == kind][:_MAX_LITERALS]
        if len(alike) > len("ab"):
            found.extend([literal(alike), literal(alike[::-1])])
    return found


def _with_literals(term: Term, literals: Sequence[Term]) -> list[Term]:
    """The dictionary with each of its values exchanged for each literal, and with each key left out."""
    node = ast.parse(term.source, mode="eval").body
    assert isinstance(node, ast.Dict)
    keys = [ast.unparse(key) for key in node.keys if key is not None]
    values = [ast.unparse(value) for value in node.values]
    rows = [
        [literal.source if at == place else value for at, value in enumerate(values)]
        for literal in literals[:_MAX_LITERALS]
        for place in range(len(values))
        if literal.source not in keys
    ]
    found = [", ".join(f"{key}: {value}" for key, value in zip(keys, row, strict=True)) for row in rows]
    less = [
        ", ".join(f"{key}: {value}" for at, (key, value) in enumerate(zip(keys, values, strict=True)) if at != place)
        for place in range(len(keys))
    ]
    return [replace(term, source=f"{{{inner}}}", is_edge=not inner, is_odd=True) for inner in (*found, *less)]


def _kind(term: Term) -> str:
    if term.is_omitted:
        return ""
    node = ast.parse(term.source, mode="eval").body
    if isinstance(node, ast.UnaryOp):
        node = node.operand
    if isinstance(node, ast.Constant):
        return type(node.value).__name__
    return {ast.List: "list", ast.Dict: "dict", ast.Tuple: "tuple", ast.Set: "set"}.get(type(node), "")


def _inner_kinds(term: Term) -> set[str]:
    if term.is_omitted:
        return set()
    node = ast.parse(term.source, mode="eval").body
    if not isinstance(node, ast.List):
        return set()
    return {type(item.value).__name__ for item in node.elts if isinstance(item, ast.Constant)}


Rows = Callable[[str, tuple[Parameter, ...]], Sequence[tuple[Term, ...]]]
"""Name and parameters of a method to the arguments that it has in other code."""


def receivers(
    shape: ClassShape, annotations: Annotations, literals: Sequence[Term], target: str, seen_of: Rows
) -> list[Term]:
    """Objects of a class: fresh ones, and some brought into a state by one or two calls."""
    fresh = annotations.receivers(shape, target)
    if not fresh or target == "__init__":
        return fresh
    steps = _steps(shape, annotations, literals, target, seen_of)
    own = [step for step in steps if step.source.startswith((f".{target}(", "[" if target == "__setitem__" else "(("))]
    others = [step for step in steps if step not in own]
    steps = [*others, *own]
    wound = (
        [_after(base, [step, _REWIND]) for step in _writes(steps) for base in fresh[:2]]
        if "seek" in shape.methods
        else []
    )
    ended = [_after(fresh[0], [Term(f".{name}()")]) for name in _endings(shape, target)]
    alone = [_after(base, [step]) for step in steps for base in fresh[:_RECEIVERS]]
    alone = unique([*alone[:2], *(_after(base, steps[:1]) for base in fresh[1:_MAX_FRESH] if steps), *alone[2:]])
    pairs = [_after(fresh[0], [one, other]) for one, other in _pairs(steps)][:_MAX_PAIRS]
    more = [_after(fresh[0], steps[:3])] if len(steps) > len("ab") else []
    alone.extend(_after(fresh[0], [step] * count) for count in (2, 3) for step in steps[:_REPEATED])
    stateful = _in_turn(alone, pairs) + more
    order = [*stateful[:1], *fresh, *stateful[1:]] if others else [*fresh, *stateful]
    order = [*order[:2], *wound, *ended, *order[2:]]
    return unique(order)[:_MAX_RECEIVERS]


def _writes(steps: Sequence[Term]) -> list[Term]:
    return [step for step in steps if step.source.startswith(".write(")]


def _endings(shape: ClassShape, target: str) -> list[str]:
    """Methods after which an object is of no more use: many others then refuse to work."""
    known = [name for name in shape.methods if name in _ENDINGS and name != target]
    return [
        name
        for name in known
        if not any(item.is_required for item in parameters(shape.methods[name], skip_first=True))
        and not isinstance(shape.methods[name], ast.AsyncFunctionDef)
    ]


def _pairs(steps: list[Term]) -> list[tuple[Term, Term]]:
    """Each method twice with other arguments, then each method after each other one."""
    named: dict[str, list[Term]] = {}
    for step in steps:
        named.setdefault(re.split(r"(?<!^)[( =\[]", step.source)[0], []).append(step)
    twins = [pair for same in named.values() for pair in permutations(same[:2], 2)]
    return [*twins, *permutations([same[0] for same in named.values()], 2)]


def _in_turn(one: list[Term], other: list[Term]) -> list[Term]:
    return [term for pair in zip_longest(one, other) for term in pair if term is not None]


def _after(base: Term, steps: list[Term]) -> Term:
    imports = dict.fromkeys([*base.imports, *(line for step in steps for line in step.imports)])
    fixtures = dict.fromkeys([*base.fixtures, *(name for step in steps for name in step.fixtures)])
    before = dict.fromkeys([*base.before, *(line for step in steps for line in step.before)])
    return Term(
        base.source,
        tuple(imports),
        base.is_edge,
        tuple(fixtures),
        tuple(before),
        (*base.steps, *(step.source for step in steps)),
        is_shared=True,
        watched=base.watched,
        label=base.label,
    )


def _steps(
    shape: ClassShape, annotations: Annotations, literals: Sequence[Term], target: str, seen_of: Rows
) -> list[Term]:
    """Calls that change an object, first those that write what the target reads."""
    changing = [
        (name, node)
        for name, node in shape.methods.items()
        if (not name.startswith("_") or name in _STEP_DUNDERS - {target})
        and (
            name in _STEP_DUNDERS or changes_object(node, {} if "property" in decorator_names(node) else shape.methods)
        )
        and not _is_special(node)
    ]
    read = held(shape.methods, target, ast.Load)
    changing.sort(key=lambda item: -len(read & held(shape.methods, item[0], ast.Store)))
    found: list[Term] = []
    for name, node in changing[:_STEP_METHODS]:
        items = annotated(parameters(node, skip_first=True), node)
        sources = Sources(tuple(literals[:4]), tuple(seen_of(name, items)))
        columns = [pool(item, annotations, sources, rank) for rank, item in enumerate(items)]
        if any("line" in other for other in shape.methods):
            columns = [_with_lines(column) for column in columns]
        if all(columns):
            found.extend(
                _step(name, node, items, [column[min(rank, len(column) - 1)] for column in columns])
                for rank in (0, 1, 2)
            )
    slots = [_assigned(name, kind, annotations) for name, kind in shape.slots.items() if name in read]
    assigned = [term for terms in zip_longest(*slots) for term in terms if term is not None]
    return unique(_in_turn(assigned, found))


def _with_lines(column: list[Term]) -> list[Term]:
    """Of an object that gives lines: texts that have some, before others."""
    kinds = [_kind(term) for term in column[:1]]
    lines = [_LINES[kind] for kind in kinds if kind in _LINES]
    return unique([*lines, *column])


def _assigned(name: str, kind: ast.expr, annotations: Annotations) -> list[Term]:
    """Assignments of a public attribute that is empty at first."""
    terms = [term for term in annotations.assigned(name, kind) if term.source != "None"][:_MAX_ASSIGNED]
    return [replace(term, source=f".{name} = {term.source}", is_shared=False) for term in terms]


def _step(name: str, node: FunctionNode, items: tuple[Parameter, ...], row: list[Term]) -> Term:
    imports = dict.fromkeys(line for term in row for line in term.imports)
    fixtures = dict.fromkeys(item for term in row for item in term.fixtures)
    before = dict.fromkeys(line for term in row for line in term.before)
    source = f".{name}({passed(items, row)})"
    if name == "__setitem__" and len(row) >= len("kv") and not any(term.is_omitted for term in row[:2]):
        source = f"[{row[0].source}] = {row[1].source}"
    elif isinstance(node, ast.AsyncFunctionDef):
        return Term(f"{AWAIT}{source}", (*imports, "import asyncio"), fixtures=tuple(fixtures), before=tuple(before))
    elif name == "__call__":
        source = source.removeprefix(".__call__")
    elif "property" in decorator_names(node):
        source = f".{name}"
    return Term(source, tuple(imports), fixtures=tuple(fixtures), before=tuple(before))


def _is_special(node: FunctionNode) -> bool:
    special = {"cached_property", "setter", "staticmethod", "classmethod", "contextmanager"}
    is_stream = isinstance(node, ast.AsyncFunctionDef) and any(isinstance(item, ast.Yield) for item in ast.walk(node))
    return is_stream or bool(special & set(decorator_names(node)))


def held(methods: Mapping[str, FunctionNode], name: str, context: type[ast.Load | ast.Store]) -> set[str]:
    """Attributes of the object that a method, or one that it calls, reads or writes."""
    waiting, found = [name], set[str]()
    for current in waiting:
        for item in ast.walk(methods[current]) if current in methods else ():
            if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == "self":
                if item.attr in methods and item.attr not in waiting:
                    waiting.append(item.attr)
                elif isinstance(item.ctx, context) or context is ast.Store:
                    found.add(item.attr)
    return found


def changes_object(node: FunctionNode, methods: Mapping[str, FunctionNode] | None = None) -> bool:
    """Whether a method, or one of the ``methods`` that it calls, seems to change its object."""
    if _changes(node):
        return True
    return any(_changes((methods or {})[name]) for name in _called(node) if name in (methods or {}))


@lru_cache(maxsize=4096)  # every method of a class asks it of all the others
def _called(node: FunctionNode) -> frozenset[str]:
    """Methods of its object that a method calls."""
    return frozenset(
        item.func.attr
        for item in ast.walk(node)
        if isinstance(item, ast.Call)
        and isinstance(item.func, ast.Attribute)
        and isinstance(item.func.value, ast.Name)
        and item.func.value.id == "self"
    )


@lru_cache(maxsize=4096)
def _changes(node: FunctionNode) -> bool:
    for item in ast.walk(node):
        match item:
            case ast.Subscript(value=ast.Name(id="self"), ctx=ast.Store() | ast.Del()):
                return True
            case ast.Attribute(value=ast.Name(id="self"), ctx=ast.Store() | ast.Del()):
                return True
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self")), ctx=ast.Store() | ast.Del()):
                return True
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self")), attr=attr)):
                if attr in CHANGING_CALLS:
                    return True
            case ast.Expr(value=ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"))))):
                return True
    return False
