"""Which way an input went through a function, in words: ``quantity below 1``."""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pytest_llmgen.generate.offline.code import FunctionNode
from pytest_llmgen.generate.offline.search import Find, Goal

_MAX_PHRASE = 48
_MAX_TEXT = 16
_OPERATORS: dict[type[ast.cmpop], tuple[str, str]] = {
    ast.Lt: ("is_below", "is_at_least"),
    ast.LtE: ("is_at_most", "is_above"),
    ast.Gt: ("is_above", "is_at_most"),
    ast.GtE: ("is_at_least", "is_below"),
    ast.Eq: ("is", "is_not"),
    ast.NotEq: ("is_not", "is"),
    ast.Is: ("is", "is_not"),
    ast.IsNot: ("is_not", "is"),
    ast.In: ("is_in", "is_not_in"),
    ast.NotIn: ("is_not_in", "is_in"),
}
_FLAG = re.compile(r"^(is|has|can|was|should|allow|use|with|no|not)_")
_NOUNS = {"seed", "feed", "speed", "need", "bed", "embed", "id", "breed", "weed"}
_SAME_THING = {"lower", "upper", "strip", "casefold", "keys", "values", "items", "lstrip", "rstrip", "copy"}
_ASKS = {"startswith": "starts_with", "endswith": "ends_with", "issubset": "is_within", "intersection": "meets"}


@dataclass(frozen=True, slots=True)
class Decision:
    """One way out of a condition, a loop or a handler."""

    line: int
    way: str  # what tells the ways of one line apart
    phrase: str
    is_plain: bool  # the ordinary way: what most inputs take


@dataclass(frozen=True, slots=True)
class Way:
    """What sets an input apart, as words joined by underscores."""

    phrase: str = ""
    is_plain: bool = True  # nothing special: the way that is left when no condition is met

    def after(self, joint: str) -> str:
        """The words behind what is done: ``when quantity is below 1``, but ``without lines``."""
        spoken = self.phrase.startswith(("with_", "without_"))
        return self.phrase if spoken or not self.phrase else f"{joint}_{self.phrase}"


def ways(node: FunctionNode, finds: Sequence[Find]) -> list[Way]:
    """For each find what sets it apart from the others; nothing where nothing does."""
    taken = [_single(list(decisions(node, find.goals))) for find in finds]
    counts = Counter((each.line, each.way) for found in taken for each in found)
    told: list[Way] = []
    for find, found in zip(finds, taken, strict=True):
        cause = _cause(node, find) if find.observation.outcome == "raised" else None
        apart = [each for each in found if counts[each.line, each.way] < len(finds) or len(finds) == 1]
        apart.sort(key=lambda each: (each.is_plain, counts[each.line, each.way], -each.line))
        options = [Way(each.phrase, each.is_plain) for each in ([cause] if cause else apart) if each.phrase]
        told.append(next((each for each in options if each not in told), options[0] if options else Way()))
    return told


def _single(found: Sequence[Decision]) -> list[Decision]:
    """Without conditions that came out both ways, one after the other."""
    counts = Counter(each.line for each in found)
    return [each for each in found if counts[each.line] == 1]


def decisions(node: FunctionNode, goals: frozenset[Goal]) -> Iterator[Decision]:
    """The ways that were taken, in source order."""
    lines = {line for kind, line, _ in goals if kind == "line"}
    arcs = {(a, b) for kind, a, b in goals if kind == "arc"}
    local = _Locals.of(node)
    for item in _statements(node.body):
        match item:
            case ast.If(test=test, body=body) if not local.are_in(plain := local.traced(test)):
                first = body[0].lineno
                ways = {b == first for a, b in arcs if a in {test.lineno, item.lineno}}
                for way in sorted(ways):
                    yield Decision(item.lineno, str(way), phrase_of(plain, is_true=way), is_plain=not way)
            case ast.For(target=_, iter=source, body=body) if item.lineno in lines:
                name = words_of(source) if isinstance(source, ast.Name | ast.Attribute) else ""
                if body[0].lineno not in lines and name:
                    yield Decision(item.lineno, "empty", f"{name}_is_empty", is_plain=False)
            case ast.Try(handlers=handlers):
                for handler in handlers:
                    if handler.body[0].lineno in lines and isinstance(handler.type, ast.Name):
                        yield Decision(handler.lineno, "handled", f"{handler.type.id}_is_handled", is_plain=False)


@dataclass(frozen=True, slots=True)
class _Locals:
    """The variables of a function that are no parameters: a reader of the test does not know them."""

    given: frozenset[str]
    names: frozenset[str]
    origins: Mapping[str, ast.expr]  # of those that only hold a parameter in another form: ``clean = code.strip()``

    @classmethod
    def of(cls, node: FunctionNode) -> _Locals:
        """The variables of a function."""
        given = {each.arg for each in ast.walk(node.args) if isinstance(each, ast.arg)}
        stored = Counter(each.id for each in _names(node) if isinstance(each.ctx, ast.Store))
        plain = [item for item in _statements(node.body) if isinstance(item, ast.Assign) and len(item.targets) == 1]
        origins = {
            item.targets[0].id: item.value
            for item in plain
            if isinstance(item.targets[0], ast.Name) and stored[item.targets[0].id] == 1
            if _held(item.value) in given - stored.keys()
        }
        return cls(frozenset(given), frozenset(stored.keys() - given), origins)

    def traced(self, test: ast.expr) -> ast.expr:
        """The condition in terms of parameters, as far as that is known."""
        traced: ast.expr = _Traced(self.origins).visit(copy.deepcopy(test))
        return traced

    def hide(self, test: ast.expr) -> bool:
        """Whether a condition says nothing to a caller: no parameter is compared with anything in it."""
        is_compared = any(isinstance(each, ast.Compare) for each in ast.walk(test))
        is_known = is_compared and any(each.id in self.given for each in _names(test))
        return self.are_in(test) and not is_known

    def are_in(self, test: ast.expr) -> bool:
        """Whether a condition names one of them."""
        return any(each.id in self.names for each in _names(test))


class _Traced(ast.NodeTransformer):
    def __init__(self, origins: Mapping[str, ast.expr]) -> None:
        self.origins = origins

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.origins.get(node.id, node)


def _held(node: ast.expr) -> str:
    """The name of what an expression gives in another form; empty for anything else."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _SAME_THING:
            return _held(value)
        case ast.Call(func=ast.Name(id="str" | "int" | "float" | "list"), args=[thing]):
            return _held(thing)
        case _:
            return ""


def _names(node: ast.AST) -> Iterator[ast.Name]:
    return (each for each in ast.walk(node) if isinstance(each, ast.Name))


def _statements(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    for item in body:
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            continue
        yield item
        for part in ("body", "orelse", "finalbody"):
            yield from _statements(getattr(item, part, []))
        for handler in getattr(item, "handlers", []):
            yield from _statements(handler.body)


def _cause(node: FunctionNode, find: Find) -> Decision | None:
    """The condition of the ``raise`` that was met."""
    lines = {line for kind, line, _ in find.goals if kind == "line"}
    local = _Locals.of(node)
    best: Decision | None = None
    for item in _statements(node.body):
        if not isinstance(item, ast.If):
            continue
        for branch, way in ((item.body, True), (item.orelse, False)):
            met = [each for each in branch if isinstance(each, ast.Raise) and each.lineno in lines]
            test = local.traced(item.test)
            phrase = phrase_of(test, is_true=way) if met else ""
            if phrase and not local.hide(test):
                best = Decision(item.lineno, str(way), phrase, is_plain=False)
    return best


def phrase_of(test: ast.expr, *, is_true: bool) -> str:  # noqa: PLR0911 (one case a line)
    """A condition that came out true or false, as words; empty where they would not be plain."""
    match test:
        case ast.UnaryOp(op=ast.Not(), operand=inner):
            return phrase_of(inner, is_true=not is_true)
        case ast.BoolOp(op=operator, values=values):
            return _joined(values, isinstance(operator, ast.And), is_true=is_true)
        case ast.Compare(left=left, ops=[operator], comparators=[right]):
            return _short(_compared(left, operator, right, is_true=is_true))
        case ast.Call(func=ast.Name(id="isinstance"), args=[thing, kind]):
            name, type_name = words_of(thing), words_of(kind)
            return _short(f"{name}_is_{'a' if is_true else 'no'}_{type_name}") if name and type_name else ""
        case ast.Call(func=ast.Attribute(attr=method)) if method in _SAME_THING:
            return _short(_present(words_of(test), is_true=is_true))
        case ast.Call(func=ast.Attribute(value=thing, attr=method), args=args):
            return _short(_asked(thing, method, args, is_true=is_true))
        case ast.Name() | ast.Attribute() | ast.Subscript() | ast.NamedExpr():
            return _short(_present(words_of(test), is_true=is_true))
        case ast.Call(func=ast.Name(id="len"), args=[thing]):
            return _short(_present(words_of(thing), is_true=is_true))
        case _:
            return ""


def _joined(values: Sequence[ast.expr], is_and: bool, *, is_true: bool) -> str:
    parts = [phrase_of(value, is_true=is_true) for value in values]
    if not all(parts) or len(parts) > 2:  # noqa: PLR2004 (more than two say too much)
        return ""
    one, other = parts
    head = one.split("_is_")[0]
    if other.startswith(f"{head}_is_"):  # quantity_is_below_1_or_above_99
        other = other.removeprefix(f"{head}_is_")
    elif is_and != is_true:
        return ""  # which of the two it was is not known
    elif f"_{one.removeprefix('with_')}_" in f"_{other}_":  # expires is not None and today > expires
        return other
    return _short(f"{one}_{'and' if is_and == is_true else 'or'}_{other}")


def _compared(left: ast.expr, operator: ast.cmpop, right: ast.expr, *, is_true: bool) -> str:
    if isinstance(left, ast.Constant) and not isinstance(right, ast.Constant):
        turned = {ast.Lt: ast.Gt(), ast.Gt: ast.Lt(), ast.LtE: ast.GtE(), ast.GtE: ast.LtE()}
        left, operator, right = right, turned.get(type(operator), operator), left
    remainder = _remainder(left, operator, right, is_true=is_true)
    name, other = words_of(left), words_of(right)
    if remainder or not name or not other or type(operator) not in _OPERATORS:
        return remainder
    verb = _OPERATORS[type(operator)][0 if is_true else 1]
    if other == "none":
        return f"without_{name}" if verb == "is" else f"with_{name}"
    if other == "empty":
        return f"{name}_{verb}_empty"
    return f"{name}_{verb}_{other}"


def _remainder(left: ast.expr, operator: ast.cmpop, right: ast.expr, *, is_true: bool) -> str:
    match left, right:
        case ast.BinOp(left=number, op=ast.Mod(), right=ast.Constant(value=int() as by)), ast.Constant(
            value=int() as rest
        ):
            name = words_of(number)
            is_equal = isinstance(operator, ast.Eq) == is_true
            if not name or not isinstance(operator, ast.Eq | ast.NotEq) or rest not in {0, 1}:
                return ""
            if by == 2:  # noqa: PLR2004 (even and odd)
                return f"{name}_is_{'even' if is_equal == (rest == 0) else 'odd'}"
            return f"{name}_is_{'' if is_equal else 'not_'}divisible_by_{by}" if rest == 0 else ""
        case _:
            return ""


def _asked(thing: ast.expr, method: str, args: Sequence[ast.expr], *, is_true: bool) -> str:
    name = words_of(thing)
    if not name:
        return ""
    if method in _ASKS and len(args) == 1:
        what = words_of(args[0])
        return f"{name}_{'' if is_true else 'not_'}{_ASKS[method]}_{what}" if what else ""
    if method.startswith("is") and not args:
        asked = method if "_" in method else f"is_{method[2:]}"
        return f"{name}_{asked if is_true else asked.replace('is_', 'is_not_', 1)}"
    return ""


def _present(name: str, *, is_true: bool) -> str:
    if not name:
        return ""
    if name in {"len", "length", "size", "self"}:
        return "not_empty" if is_true else "empty"
    if name.startswith("no_"):
        return f"{'without' if is_true else 'with'}_{name.removeprefix('no_')}"
    if name.endswith("ed") and name not in _NOUNS:
        return name if is_true else f"not_{name}"
    if _FLAG.match(name):
        plain = name.removeprefix("is_")
        return plain if is_true else f"not_{plain}"
    return f"with_{name}" if is_true else f"without_{name}"


def words_of(node: ast.expr) -> str:  # noqa: C901, PLR0911, PLR0912 (one case a line)
    """An operand as words joined by underscores; empty where it is more than a name or a value."""
    match node:
        case ast.Name(id=name):
            return _plain(name)
        case ast.Attribute(value=ast.Name(id="self" | "cls"), attr=attr):
            return _plain(attr)
        case ast.Attribute(value=value, attr=attr):
            owner = words_of(value)
            return f"{owner}_{_plain(attr)}" if owner else ""
        case ast.Constant(value=None):
            return "none"
        case ast.Constant(value=bool() as flag):
            return str(flag).lower()
        case ast.Constant(value=int() | float() as number):
            return str(number).replace(".", "_").replace("-", "minus_")
        case ast.UnaryOp(op=ast.USub(), operand=ast.Constant(value=int() | float() as number)):
            return f"minus_{number}".replace(".", "_")
        case ast.Constant(value=str() as text):
            return _of_text(text)
        case ast.Call(func=ast.Name(id="len"), args=[thing]):
            name = words_of(thing)
            return f"length_of_{name}" if name else ""
        case ast.Call(func=ast.Attribute(value=value, attr=method)) if method in _SAME_THING:
            return words_of(value)
        case ast.Call(
            func=ast.Name(id="abs" | "int" | "str" | "list" | "set" | "sorted" | "range" | "enumerate"), args=[thing]
        ):
            return words_of(thing)
        case ast.Subscript(value=value, slice=ast.Constant(value=str() as key)):
            return _plain(key) if key.isidentifier() else words_of(value)
        case ast.Subscript(value=value, slice=ast.Constant(value=0)):
            name = words_of(value)
            return f"first_of_{name}" if name else ""
        case ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Tuple(elts=[]):
            return "empty"
        case ast.NamedExpr(target=ast.Name(id=name)):
            return _plain(name)
        case _:
            return ""


def _of_text(text: str) -> str:
    if not text:
        return "empty"
    plain = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").lower()
    return plain if 0 < len(plain) <= _MAX_TEXT else ""


def _plain(name: str) -> str:
    parts = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name.strip("_")).split("_")
    return "_".join(part.lower() for part in parts if part)


def _short(phrase: str) -> str:
    return phrase if len(phrase) <= _MAX_PHRASE else ""
