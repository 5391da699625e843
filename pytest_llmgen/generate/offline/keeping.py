"""What a module keeps between calls: names that its functions change; a test begins with a known value of them.

``monkeypatch`` puts back what was there, so that no test depends on another.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pytest_llmgen.generate.offline.code import FunctionNode, dotted
from pytest_llmgen.generate.offline.outside import Replaced, full_name, imported_names

CHANGING_CALLS = frozenset(
    {"append", "add", "extend", "update", "pop", "remove", "insert", "clear", "setdefault", "discard"}
    | {"appendleft", "extendleft", "popleft", "popitem", "sort", "reverse"}
)
"""Methods that change a container in place."""
_MAX_KEPT = 3
_MAX_SOURCE = 80
_EMPTY = {
    ast.Dict: "{}",
    ast.DictComp: "{}",
    ast.List: "[]",
    ast.ListComp: "[]",
    ast.Set: "set()",
    ast.SetComp: "set()",
}
_BUILTIN = {"dict": "{}", "list": "[]", "set": "set()"}
_MADE = {f"collections.{name}" for name in ("defaultdict", "deque", "OrderedDict", "Counter")} | {"itertools.count"}
_OWNERS = ("self", "cls")
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


@dataclass(frozen=True, slots=True)
class Kept:
    """A name of a module, or ``Class.attribute``, that functions change."""

    name: str
    start: str  # the expression that a test begins with
    imports: tuple[str, ...]
    is_bound_anew: bool  # functions give the name another value; else they change what it stands for
    changers: frozenset[str]  # the functions that do, by their own names
    is_filled: bool  # what runs at import changes it, too

    @property
    def variable(self) -> str:
        """What a test calls it."""
        return self.name.rpartition(".")[2].strip("_").lower()


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


def _spelled(name: str) -> Iterator[str]:
    """How code calls it: ``Jobs.count`` also ``cls.count``."""
    owner, _, last = name.rpartition(".")
    yield name
    if owner:
        yield from (f"{each}.{last}" for each in _OWNERS)


def _ways(kept: Kept, module: str, examples: Sequence[str], *, is_changed: bool) -> list[Replaced]:
    others = [_began(kept, module, value) for value in _others(kept, examples)]
    if kept.is_filled and not is_changed:
        return [Replaced(()), *others]
    return [_began(kept, module, kept.start), *others]


def _began(kept: Kept, module: str, value: str) -> Replaced:
    owner, _, last = kept.name.rpartition(".")
    place = f"{owner}, {last!r}" if owner else repr(f"{module}.{last}")
    imports = (*kept.imports, *((f"from {module} import {owner}",) if owner else ()))
    is_filled = "(" in value or value[0] in "{["
    label = "" if value == kept.start else f"{kept.variable} {'filled' if is_filled else value}"
    if kept.is_bound_anew:
        imports = imports if owner else (*imports, f"import {module}")
        look = kept.name if owner else f"{module}.{last}"
        return Replaced((f"monkeypatch.setattr({place}, {value})",), imports, (look,), label)
    lines = (f"{kept.variable} = {value}", f"monkeypatch.setattr({place}, {kept.variable})")
    return Replaced(lines, imports, () if value.startswith("count(") else (kept.variable,), label)


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


@lru_cache(maxsize=32)
def kept_by(tree: ast.Module) -> tuple[Kept, ...]:
    """All that the functions of a module change and that has a value which a test can write."""
    values, anew, changers = dict(_values(tree)), set[str](), dict[str, set[str]]()
    functions = list(_functions(tree))
    own: dict[str, set[str]] = {}
    for owner, function in functions:
        touched = (spelled for spelled, is_anew in _touched(function) if is_anew and spelled.startswith("self."))
        own.setdefault(owner, set()).update(spelled.removeprefix("self.") for spelled in touched)
    for owner, function in functions:
        for name, is_anew in _changed(function, owner, values, own[owner]):
            changers.setdefault(name, set()).add(function.name)
            anew |= {name} if is_anew else set()
    names = imported_names(tree)
    at_import = {dotted(item) for item in _run_at_import(tree)}
    found = []
    for name, who in changers.items():
        start, imports = _start(values[name], names)
        if start:
            found.append(Kept(name, start, imports, name in anew, frozenset(who), bool(at_import & {name, *who})))
    return tuple(found)


def _values(tree: ast.Module) -> Iterator[tuple[str, ast.expr]]:
    for prefix, body in [("", tree.body), *((f"{n.name}.", n.body) for n in tree.body if isinstance(n, ast.ClassDef))]:
        for node in body:
            match node:
                case ast.Assign(targets=[ast.Name(id=name)], value=value):
                    yield prefix + name, value
                case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                    yield prefix + name, value


def _functions(tree: ast.Module) -> Iterator[tuple[str, FunctionNode]]:
    """All functions with the name of the class of the module that they stand in."""
    for node in tree.body:
        owner = node.name if isinstance(node, ast.ClassDef) else ""
        yield from ((owner, item) for item in ast.walk(node) if isinstance(item, FunctionNode))


def _changed(
    function: FunctionNode, owner: str, known: Mapping[str, ast.expr], own: set[str]
) -> Iterator[tuple[str, bool]]:
    """Known names that a function changes, and whether it gives them another value; ``own`` are objects' attributes."""
    declared = {name for item in ast.walk(function) if isinstance(item, ast.Global) for name in item.names}
    local = {item.id for item in ast.walk(function) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    local |= {item.arg for item in ast.walk(function.args) if isinstance(item, ast.arg)}
    for spelled, is_anew in _touched(function):
        head, _, last = spelled.rpartition(".")
        full = f"{owner}.{last}" if head in _OWNERS else spelled
        if head == "self" and (is_anew or last in own):
            continue
        if not head and spelled not in declared and (is_anew or spelled in local):
            continue
        if full in known:
            yield full, is_anew


def _touched(function: FunctionNode) -> Iterator[tuple[str, bool]]:
    for item in ast.walk(function):
        match item:
            case ast.Name(ctx=ast.Store()) | ast.Attribute(ctx=ast.Store() | ast.Del()):
                yield dotted(item), True
            case ast.Subscript(ctx=ast.Store() | ast.Del()):
                yield _root(item), False
            case ast.Call(func=ast.Attribute(value=value, attr=attr)) if attr in CHANGING_CALLS:
                yield _root(value), False
            case ast.Call(func=ast.Name(id="next"), args=[ast.Name() | ast.Attribute() as iterator, *_]):
                yield dotted(iterator), False


def _root(node: ast.expr) -> str:
    """``TABLE`` for ``TABLE[key]["rows"]``."""
    while isinstance(node, ast.Subscript):
        node = node.value
    return dotted(node)


def _run_at_import(tree: ast.Module) -> Iterator[ast.expr]:
    """What the statements of the module and its decorators call or change."""
    for node in tree.body:
        inner = (
            list(ast.walk(node)) if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) else []
        )
        decorators = [each for item in ast.walk(node) for each in getattr(item, "decorator_list", [])]
        for item in (*inner, *(part for each in decorators for part in ast.walk(each))):
            if isinstance(item, ast.Call):
                yield item.func
                yield getattr(item.func, "value", item.func)
            elif isinstance(item, ast.Subscript) and isinstance(item.ctx, ast.Store):
                yield item.value
        yield from decorators


def _start(value: ast.expr, names: Mapping[str, str]) -> tuple[str, tuple[str, ...]]:
    """The expression for the value that the code gives the name, empty where that would be long; and its imports."""
    source = ast.unparse(value)
    if isinstance(value, ast.Call):
        full = full_name(dotted(value.func), names)
        if full in _BUILTIN:
            return (_BUILTIN[full], ()) if not value.args else ("", ())
        library, _, last = full.rpartition(".")
        if full in _MADE and len(source) <= _MAX_SOURCE and _is_plain(value, last):
            return f"{last}({source.partition('(')[2]}", (f"from {library} import {last}",)
        return "", ()
    try:
        ast.literal_eval(value)
    except (ValueError, TypeError, SyntaxError):
        return _EMPTY.get(type(value), ""), ()
    return (source, ()) if len(source) <= _MAX_SOURCE else (_EMPTY.get(type(value), ""), ())


def _is_plain(call: ast.Call, made: str) -> bool:
    parts = [*call.args, *(each.value for each in call.keywords)]
    kinds = {"list", "int", "set", "dict", "str"} if made == "defaultdict" else set()
    return all(isinstance(part, ast.Constant) or dotted(part) in kinds for part in parts)
