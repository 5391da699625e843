"""What an untyped parameter probably is: read from its name, its default and what the body does with it."""

from __future__ import annotations

import ast
import copy
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import lru_cache, partial

from pytest_llmgen.generate.offline.answers import answers_to, documents_for
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, ParameterKind, body_nodes, dotted
from pytest_llmgen.generate.offline.contents import Guess, bare, filled, items_of, of_target
from pytest_llmgen.generate.offline.uses import Use, is_foreign, use_of_name

_STR_METHODS = frozenset(name for name in dir(str) if not name.startswith("_")) - {"count", "index", "format_map"}
_METHODS: dict[str, str] = {
    **dict.fromkeys(_STR_METHODS, "str"),
    **dict.fromkeys(["append", "extend", "insert", "sort", "reverse", "remove"], "list[int]"),
    **dict.fromkeys(["items", "keys", "values", "get", "setdefault", "update"], "dict[str, int]"),
    **dict.fromkeys(["union", "intersection", "difference", "issubset", "issuperset"], "set[int]"),
    **dict.fromkeys(["decode", "hex"], "bytes"),
    **dict.fromkeys(["read", "readline", "readlines", "write"], "TextIO"),
    **dict.fromkeys(["year", "month", "day", "weekday", "isoformat", "toordinal"], "date"),
    **dict.fromkeys(["hour", "minute", "timestamp", "tzinfo", "replace_tz"], "datetime"),
    **dict.fromkeys(["total_seconds", "days"], "timedelta"),
    **dict.fromkeys(["read_text", "exists", "is_file", "is_dir", "iterdir", "suffix", "stem"], "Path"),
    **dict.fromkeys(["is_integer"], "float"),
    **dict.fromkeys(["quantize"], "Decimal"),
    **dict.fromkeys(["group", "groups", "groupdict", "lastgroup", "lastindex"], "re.Match"),
}
_NAMES: dict[str, tuple[str, ...]] = {
    "str": (
        *("s", "st", "text", "string", "name", "line", "word", "sentence", "path", "url", "email", "title", "key"),
        *("prefix", "suffix", "separator", "sep", "delimiter", "pattern", "message", "char", "substring", "value_str"),
    ),
    "int": (
        *("n", "m", "i", "j", "k", "x", "y", "a", "b", "c", "num", "number", "count", "size", "index", "limit"),
        *("length", "width", "height", "age", "year", "month", "day", "quantity", "depth", "start", "stop", "step"),
        *("days", "hours", "weeks", "months", "years", "milliseconds", "microseconds", "times", "retries", "attempts"),
        *("max_length", "seconds", "minutes", "base", "digits", "total", "position", "level", "port"),
        *("pos", "offset", "amt", "nbytes", "sizehint", "maxsize", "max_size"),
    ),
    "list[int]": (
        "numbers",
        "nums",
        "values",
        "lst",
        "l",
        "xs",
        "arr",
        "array",
        "items",
        "seq",
        "sequence",
        "iterable",
        "collection",
    ),
    "list[str]": ("words", "strings", "lines", "names", "keys", "parts", "paths", "tokens", "texts"),
    "dict[str, int]": ("d", "mapping", "data", "options", "config", "dictionary", "settings", "headers", "params"),
    "float": ("price", "rate", "amount", "ratio", "factor", "weight", "percent", "tolerance", "threshold"),
    "bool": ("strict", "verbose", "reverse", "force", "enabled", "flag", "ignore_case", "case_sensitive"),
    "Callable": ("func", "function", "fn", "f", "callback", "predicate", "pred"),
    "date": ("date", "start_date", "end_date", "birthday"),
}
BY_NAME = {name: kind for kind, names in _NAMES.items() for name in names}
_CALLS = {
    **dict.fromkeys(["len", "list", "tuple", "reversed", "enumerate", "iter", "zip"], ("list[int]", "str")),
    **dict.fromkeys(["sorted", "set", "any", "all", "filter", "Counter"], ("list[int]", "str")),
    **dict.fromkeys(["sum", "max", "min"], ("list[int]",)),
    **dict.fromkeys(["range", "chr", "bin", "oct"], ("int",)),
    **dict.fromkeys(["abs", "round", "pow", "divmod", "floor", "ceil", "sqrt", "isnan"], ("float", "int")),
    **dict.fromkeys(["int", "float", "Decimal"], ("str", "int")),
    **dict.fromkeys(["ord", "open"], ("str",)),
    "dict": ("dict[str, int]",),
    "callable": ("Callable",),
}
_TEXT_TAKERS = frozenset(
    {"match", "fullmatch", "search", "finditer", "findall", "split", "rsplit", "partition", "rpartition"}
    | {"startswith", "endswith", "find", "rfind", "strip", "lstrip", "rstrip", "removeprefix", "removesuffix"}
    | {"fromisoformat", "strptime", "loads"}
)
"""Methods of patterns, texts and moments, and functions, whose first argument is a text."""
_SECOND_TAKERS = frozenset({"sub", "subn", "replace"})
"""Methods of which the second argument is a text, too."""
_ARITHMETIC = ast.Sub | ast.FloorDiv | ast.Div | ast.Pow | ast.BitAnd | ast.BitOr | ast.BitXor | ast.LShift | ast.RShift
_STRONG, _MEDIUM, _WEAK = 4, 2, 1
_KEPT = 3
_MAX_WITHIN = 3
"""Containers within containers that are looked into."""
_MAX_ASKED = 8
_NO_PLURALS = ("ss", "is", "us", "pos", "has", "as")
_ANY_MAPPING = re.compile(r"(\w+\.)?([dD]ict|(Mutable)?Mapping)(\[str, (Any|object|typing\.Any)\])?")
_ANYTHING = ("str",)
"""What an attribute may be that is only handed on."""


_SAYS_NOTHING = {"Any", "typing.Any", "object"}
"""Annotations that say less than the use does."""


@lru_cache(maxsize=4096)  # of each method, for every target of its class
def annotated(parameters: tuple[Parameter, ...], node: FunctionNode) -> tuple[Parameter, ...]:
    """The parameters, each without annotation given the one that its use suggests."""
    return tuple(item if item.kind is ParameterKind.DOUBLE_STAR else _annotate(item, node) for item in parameters)


def with_uses(maker: FunctionNode, methods: Mapping[str, FunctionNode]) -> FunctionNode:
    """A constructor as if it did itself what methods do with the parameters that it keeps."""
    names = {item.arg for item in (*maker.args.posonlyargs, *maker.args.args, *maker.args.kwonlyargs)}
    kept: dict[str, str] = {}
    for node in ast.walk(maker):
        match node:
            case ast.Assign(targets=[ast.Attribute(value=ast.Name(id="self"), attr=attr)], value=ast.Name(id=name)) if (
                name in names
            ):
                kept[attr] = name
    if not kept:
        return maker
    others = [item for method in methods.values() if method is not maker for item in method.body]
    renamed = [_Renamed(kept).visit(copy.deepcopy(item)) for item in others]
    whole = copy.copy(maker)
    whole.body = [*maker.body, *renamed]
    return whole


class _Renamed(ast.NodeTransformer):
    """``self.size`` as ``size``."""

    def __init__(self, kept: Mapping[str, str]) -> None:
        self._kept = kept

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        match node:
            case ast.Attribute(value=ast.Name(id="self"), attr=attr) if attr in self._kept:
                return ast.Name(self._kept[attr], ast.Load())
        self.generic_visit(node)
        return node


def _annotate(parameter: Parameter, node: FunctionNode) -> Parameter:
    if parameter.annotation is not None and ast.unparse(parameter.annotation) in _SAYS_NOTHING:
        kinds = [*guess(parameter.name, node, parameter.default), "Any"]
        return replace(parameter, annotation=ast.parse(" | ".join(kinds), mode="eval").body)
    if parameter.annotation is not None:
        return _with_pairs(parameter, node)
    kinds = guess(parameter.name, node, parameter.default)
    if parameter.kind is ParameterKind.STAR:
        kinds = _of_each(parameter.name, kinds)
    use = use_of_name(parameter.name, node)
    if use.is_structured and is_foreign(use):
        kinds = [_answering(parameter.name, use), *(kind for kind in kinds if kind == "None")]
    elif kinds in ([], ["None"]):  # that it may be left out says nothing of what it is
        asked, read = _asked_of(parameter.name, node), _read_of(parameter.name, node)
        if not asked and not read:
            return parameter
        kinds = [_stub(parameter.name, asked) if asked else _record(read), *kinds]
    return replace(parameter, annotation=ast.parse(" | ".join(kinds), mode="eval").body, is_guessed=True)


def _stub(name: str, asked: list[str]) -> str:
    return f"Stub[{', '.join(map(repr, [name, *asked]))}]"


def _answering(name: str, use: Use) -> str:
    """``Answering[lines, imports, label, ...]`` for what is asked more of than a plain answer."""
    told = [text for answer in answers_to(use, name, BY_NAME) for text in (answer.lines, answer.imports, answer.label)]
    return f"Answering[{name!r}, {', '.join(map(repr, told))}]"


def _record(read: Mapping[str, list[str]]) -> str:
    """``Record[{'age': int | None}]``: attributes with what each seems to be."""
    kinds = [f"{attr!r}: {' | '.join(found or _ANYTHING)}" for attr, found in read.items()]
    return f"Record[{{{', '.join(kinds)}}}]"


def _read_of(name: str, node: FunctionNode) -> dict[str, list[str]]:
    """Attributes that are read from a parameter of which no method is called, with what each seems to be."""
    flat = _Flat(name).visit(copy.deepcopy(node))
    attrs = {
        item.attr: None
        for item in body_nodes(node)
        if isinstance(item, ast.Attribute) and isinstance(item.value, ast.Name) and item.value.id == name
    }
    return {
        attr: (["bool"] if _is_flag(f"{name}.{attr}", flat) else guess(f"{name}.{attr}", flat) or guess(attr, flat))
        for attr in list(attrs)[:_MAX_ASKED]
    }


def _is_flag(name: str, node: FunctionNode) -> bool:
    """Whether all that is done with a name is to ask whether it is true."""
    asked = 0
    for item in body_nodes(node):
        match item:
            case ast.If(test=test) | ast.IfExp(test=test) | ast.While(test=test):
                tests = test.values if isinstance(test, ast.BoolOp) else [test]
                bare = [each.operand if isinstance(each, ast.UnaryOp) else each for each in tests]
                asked += sum(isinstance(each, ast.Name) and each.id == name for each in bare)
    return asked > 0 and asked == sum(isinstance(item, ast.Name) and item.id == name for item in body_nodes(node))


class _Flat(ast.NodeTransformer):
    """``user.age`` as one name, so that what is done with it speaks for what it is."""

    def __init__(self, name: str) -> None:
        self._name = name

    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        is_read = isinstance(node.value, ast.Name) and node.value.id == self._name
        return ast.Name(f"{self._name}.{node.attr}", node.ctx) if is_read else node


def _asked_of(name: str, node: FunctionNode) -> list[str]:
    """Methods that are called on a parameter, and what is read from their results with a value: ``get.status=200``."""
    held: dict[str, str] = {}
    found: dict[str, None] = {}
    for item in body_nodes(node):
        match item:
            case ast.Assign(
                targets=[ast.Name(id=variable)],
                value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method))
                | ast.Await(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method))),
            ) if owner == name:
                held[variable] = method
        match item:
            case ast.Await(value=ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method))) if owner == name:
                found[f"await {method}"] = None
            case ast.Call(func=ast.Attribute(value=ast.Name(id=owner), attr=method)) if owner == name:
                found[method] = None
            case ast.Compare(
                left=ast.Attribute(value=ast.Name(id=variable), attr=attr), comparators=[ast.Constant(value=value)]
            ) if variable in held:
                found[f"{held[variable]}.{attr}={value!r}"] = None
    return list(found)[:_MAX_ASKED]


def _of_each(name: str, kinds: list[str]) -> list[str]:
    """What each argument of ``*name`` is: by the word in the singular, else what the items of the guess are."""
    named = BY_NAME.get(name.removesuffix("s"))
    items = [kind.removeprefix("list[").removesuffix("]") for kind in kinds if kind.startswith("list[")]
    found = list(dict.fromkeys([*([named] if named else []), *items]))
    return [*found, "BinaryIO"] if "TextIO" in found else found


def _with_pairs(parameter: Parameter, node: FunctionNode) -> Parameter:
    """An annotated container whose items the body unpacks: also tuples of that size."""
    assert parameter.annotation is not None
    text = ast.unparse(parameter.annotation)
    if _ANY_MAPPING.fullmatch(text):
        return _with_entries(parameter, node)
    if bare(text):
        return _with_contents(parameter, node)
    if text.count("[") < len("[[") or "tuple[" in text.lower():
        return parameter
    for item in body_nodes(node):
        match item:
            case ast.For(target=ast.Tuple(elts=parts), iter=ast.Name(id=found)) if found == parameter.name:
                kind = "str" if "str" in text else "int"
                rows = ast.parse(f"list[tuple[{', '.join([kind] * len(parts))}]]", mode="eval").body
                return replace(parameter, annotation=ast.BinOp(rows, ast.BitOr(), parameter.annotation))
    return parameter


def _with_entries(parameter: Parameter, node: FunctionNode) -> Parameter:
    """A mapping of which nobody says what is in it: what the code reads."""
    assert parameter.annotation is not None
    use = use_of_name(parameter.name, node, is_mapping=True)
    if not use.keys or not all(isinstance(key, str) for key in use.keys):
        return _with_contents(parameter, node)
    told = ast.parse(f"Document[{', '.join(map(repr, documents_for(use, BY_NAME)))}]", mode="eval").body
    return replace(parameter, annotation=ast.BinOp(told, ast.BitOr(), parameter.annotation))


def _with_contents(parameter: Parameter, node: FunctionNode) -> Parameter:
    """A container of which nobody says what is in it: what the body does with that."""
    assert parameter.annotation is not None
    plain = bare(ast.unparse(parameter.annotation))
    told = [kind for kind in guess(parameter.name, node) if kind.startswith(plain.partition("[")[0]) and kind != plain]
    if not plain or not told:
        return parameter
    return replace(parameter, annotation=ast.BinOp(_parsed(told[0]), ast.BitOr(), parameter.annotation))


def _parsed(annotation: str) -> ast.expr:
    return ast.parse(annotation, mode="eval").body


def guess(name: str, node: FunctionNode, default: ast.expr | None = None, depth: int = 0) -> list[str]:
    """Annotations that fit a parameter, the likeliest first; an empty list where nothing speaks for any.

    ``depth`` is how many containers it is in, of which one is the parameter.
    """
    votes: Counter[str] = Counter()
    _vote_name(name, default, votes)
    if is_sentinel(name, default, node):
        votes.update({"str": _MEDIUM, "int": _WEAK, "None": _WEAK})
    else:
        _vote_default(default, votes)
    keys = constant_keys(name, node)
    for item in body_nodes(node):
        _vote_node(name, item, votes)
    _vote_lookups(name, node, votes)
    inner = partial(_guess_within, node=node, depth=depth + 1)
    for target in items_of(name, node):
        _vote_items(target, node, votes, inner)
    if keys:
        votes[_typed_dict(keys)] += 2 * _STRONG
        votes["dict[str, int]"] += _WEAK
    needed = _required_types(name, node) & votes.keys()
    likeliest = sorted(needed or votes, key=lambda kind: (-votes[kind], kind))
    return list(dict.fromkeys(filled(kind, name, node, inner) for kind in likeliest[:_KEPT]))


def _guess_within(name: str, node: FunctionNode, depth: int) -> list[str]:
    """What something in a container seems to be."""
    return guess(name, node, depth=depth) if depth < _MAX_WITHIN else []


def is_sentinel(name: str, default: ast.expr | None, node: FunctionNode) -> bool:
    """Whether a default is a mark that nothing was given: the body asks whether the parameter is that mark."""
    mark = dotted(default).rpartition(".")[2] if default is not None else ""
    for item in body_nodes(node) if mark else ():
        match item:
            case ast.Compare(left=left, ops=[ast.Is() | ast.IsNot() | ast.Eq() | ast.NotEq()], comparators=[right]):
                if {dotted(left).rpartition(".")[2], dotted(right).rpartition(".")[2]} == {name, mark}:
                    return True
    return False


def _vote_name(name: str, default: ast.expr | None, votes: Counter[str]) -> None:
    if name.startswith(("is_", "has_", "with_", "no_", "use_", "allow_")):
        votes["bool"] += _WEAK
    is_number = isinstance(default, ast.Constant) and isinstance(default.value, int | float)
    if name.endswith("s") and not is_number and not name.endswith(_NO_PLURALS) and len(name) > len("xs"):
        votes["list[str]"] += _WEAK
    for candidate in (name, name.rpartition("_")[2]):
        if candidate in BY_NAME:
            votes[BY_NAME[candidate]] += _WEAK
            return


def _vote_default(default: ast.expr | None, votes: Counter[str]) -> None:
    match default:
        case ast.Constant(value=bool()):
            votes["bool"] += 2 * _STRONG
        case ast.Constant(value=int() | float() | str() | bytes() as value):
            votes[type(value).__name__] += _STRONG
        case ast.Constant(value=None):
            votes["None"] += _WEAK
        case ast.Attribute(value=ast.Name(id="time")):
            votes["Callable[[], float]"] += 2 * _STRONG
        case ast.Attribute(attr=attr) | ast.Name(id=attr) if attr.islower():
            votes["Callable"] += _WEAK
        case ast.List() | ast.Tuple():
            votes["list[str]"] += _STRONG
        case ast.Dict():
            votes["dict[str, int]"] += _STRONG


def _vote_node(name: str, item: ast.AST, votes: Counter[str]) -> None:
    match item:
        case ast.Attribute(value=ast.Name(id=found), attr=attr) if found == name:
            if attr in _METHODS:
                votes[_METHODS[attr]] += _STRONG
        case ast.Compare(left=left, comparators=[right]):
            _vote_compare(name, left, right, item.ops[0], votes)
        case ast.BinOp():
            _vote_binary(name, item, votes)
        case ast.AugAssign(op=op, value=ast.Name(id=found)) if found == name:
            votes["int"] += _MEDIUM if isinstance(op, _ARITHMETIC) else _WEAK
        case ast.Call():
            _vote_call(name, item, votes)
        case ast.Subscript(value=ast.Subscript(value=ast.Name(id=found), slice=index)) if found == name:
            votes["list[list[int]]"] += 0 if _is_text(index) or isinstance(index, ast.Slice) else 2 * _STRONG
        case ast.Subscript(value=ast.Name(id=found), slice=index) if found == name:
            _vote_index(index, votes)


def _vote_compare(name: str, left: ast.expr, right: ast.expr, op: ast.cmpop, votes: Counter[str]) -> None:
    membership = isinstance(op, ast.In | ast.NotIn)
    if dotted(right) == name and membership:
        votes["str" if _is_text(left) else "list[int]"] += _MEDIUM
    if name in {dotted(left), dotted(right)} and isinstance(op, ast.Lt | ast.LtE | ast.Gt | ast.GtE):
        votes["int"] += _WEAK
    for one, other in ((left, right), (right, left)):
        if dotted(one) != name or not isinstance(other, ast.Constant) or other.value is None:
            continue
        votes[type(other.value).__name__] += _STRONG if not (membership and one is right) else 0
    if dotted(left) == name and membership and _is_text(right):
        votes["str"] += _MEDIUM


def _vote_lookups(name: str, node: FunctionNode, votes: Counter[str]) -> None:
    """``TABLE[key]`` where ``key in TABLE`` is asked: a mapping, as no list is asked so."""
    asked, read = set[str](), set[str]()
    for item in body_nodes(node):
        match item:
            case ast.Compare(left=key, ops=[ast.In() | ast.NotIn()], comparators=[right]) if dotted(right) == name:
                asked.add(dotted(key))
            case ast.Subscript(value=owner, slice=key) if dotted(owner) == name:
                read.add(dotted(key))
    if asked & read - {""}:
        votes["dict[str, int]"] += 2 * _STRONG


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def _vote_binary(name: str, item: ast.BinOp, votes: Counter[str]) -> None:
    for one, other in ((item.left, item.right), (item.right, item.left)):
        if dotted(one) != name:
            continue
        if _is_text(other):
            votes["str"] += _MEDIUM
        elif isinstance(item.op, _ARITHMETIC) or (isinstance(item.op, ast.Mod) and one is item.left):
            votes["int"] += _MEDIUM
            votes["float"] += _WEAK
        elif isinstance(other, ast.Constant):
            votes[type(other.value).__name__] += _MEDIUM
        elif isinstance(other, ast.List | ast.ListComp):
            votes["list[int]"] += _MEDIUM


def _vote_call(name: str, item: ast.Call, votes: Counter[str]) -> None:
    called = dotted(item.func)
    if called == name:
        count = len(item.args)
        is_plain = count == 1 or any(isinstance(each, ast.Starred) for each in item.args)
        votes["Callable" if is_plain else f"Callable[[{', '.join(['Any'] * count)}], Any]"] += 2 * _STRONG
    plain = called.rpartition(".")[2]
    match item:
        case ast.Call(
            func=ast.Name(id="hasattr" | "getattr"), args=[ast.Name(id=asked), ast.Constant(value=str() as attr), *_]
        ) if asked == name and attr in _METHODS:
            votes[_METHODS[attr]] += _STRONG
    arguments = [dotted(argument) for argument in item.args]
    if name not in arguments:
        return
    if plain == "isinstance" and arguments[0] == name:
        types = item.args[1].elts if isinstance(item.args[1], ast.Tuple) else [item.args[1]]
        votes.update({dotted(kind): _MEDIUM for kind in types if dotted(kind).isidentifier()})
    elif called.startswith("re.") or _takes_text(item, name):
        votes["str"] += _STRONG
    for rank, kind in enumerate(_CALLS.get(plain, ())):
        votes[kind] += _MEDIUM - rank


def _takes_text(call: ast.Call, name: str) -> bool:
    """Whether a method of something else is given the name where only a text will do: ``PATTERN.sub("-", name)``."""
    if not isinstance(call.func, ast.Attribute) or dotted(call.func.value) == name:
        return False
    taken = 2 if call.func.attr in _SECOND_TAKERS else 1 if call.func.attr in _TEXT_TAKERS else 0
    return any(dotted(each) == name for each in call.args[:taken])


def _vote_index(index: ast.expr, votes: Counter[str]) -> None:
    if isinstance(index, ast.Slice):
        votes["str"] += _MEDIUM
        votes["list[int]"] += _MEDIUM
    elif not _is_text(index):
        votes["list[int]"] += _MEDIUM
        votes["str"] += _WEAK


def _vote_items(target: ast.expr, node: FunctionNode, votes: Counter[str], inner: Guess) -> None:
    told = of_target(target, node, inner, "int")
    votes[f"list[{told or 'int'}]"] += _STRONG
    votes["str"] += _MEDIUM if told in {"", "str"} else 0


def guarded_types(name: str, node: FunctionNode) -> set[str]:
    """The types that a body asks a parameter for, where it raises something when it is of another one."""
    if not any(isinstance(item, ast.Raise) for item in body_nodes(node)):
        return set()
    return {
        dotted(kind).rpartition(".")[2]
        for item in body_nodes(node)
        if isinstance(item, ast.Call) and dotted(item.func) == "isinstance" and len(item.args) == len("xt")
        if dotted(item.args[0]) == name
        for kind in (item.args[1].elts if isinstance(item.args[1], ast.Tuple) else [item.args[1]])
    }


def forgives(node: FunctionNode) -> bool:
    """Whether a body goes on where an argument is of another type than is meant."""
    kinds = {
        dotted(kind).rpartition(".")[2]
        for item in body_nodes(node)
        if isinstance(item, ast.ExceptHandler) and item.type is not None
        for kind in (item.type.elts if isinstance(item.type, ast.Tuple) else [item.type])
    }
    return bool(kinds & {"TypeError", "AttributeError"})


def asks_for_zone(nodes: Iterable[ast.AST]) -> bool:
    """Whether code reads the time zone of a moment."""
    return any(
        isinstance(item, ast.Attribute) and item.attr in {"tzinfo", "utcoffset", "astimezone", "timestamp"}
        for node in nodes
        for item in ast.walk(node)
    )


def _required_types(name: str, node: FunctionNode) -> set[str]:
    """The types without which a body raises something: ``if not isinstance(data, bytes): raise TypeError``."""
    found: set[str] = set()
    for item in body_nodes(node):
        match item:
            case ast.If(
                test=ast.UnaryOp(
                    op=ast.Not(), operand=ast.Call(func=ast.Name(id="isinstance"), args=[ast.Name(id=asked), kind])
                ),
                body=[*_, ast.Raise()],
            ) if asked == name:
                found |= {dotted(each) for each in (kind.elts if isinstance(kind, ast.Tuple) else [kind])}
    return found


def constant_keys(name: str, node: FunctionNode) -> list[str]:
    """The literal keys that a function reads from a mapping of that name."""
    found: dict[str, None] = {}
    for item in body_nodes(node):
        match item:
            case ast.Subscript(value=ast.Name(id=owner), slice=ast.Constant(value=str() as key)) if owner == name:
                found[key] = None
            case ast.Call(
                func=ast.Attribute(value=ast.Name(id=owner), attr="get" | "pop" | "setdefault"),
                args=[ast.Constant(value=str() as key), *_],
            ) if owner == name:
                found[key] = None
    return list(found)


def _typed_dict(keys: list[str]) -> str:
    literal = ", ".join(repr(key) for key in keys)
    return f"dict[Literal[{literal}], int | str]"
