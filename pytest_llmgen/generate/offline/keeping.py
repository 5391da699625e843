"""What a module keeps between calls: names of its own, attributes of its classes and objects that functions change."""

from __future__ import annotations

import ast
import builtins
import keyword
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from pytest_llmgen.generate.offline.code import FunctionNode, dotted
from pytest_llmgen.generate.offline.outside import full_name, imported_names

CHANGING_CALLS = frozenset(
    {"append", "add", "extend", "update", "pop", "remove", "insert", "clear", "setdefault", "discard"}
    | {"appendleft", "extendleft", "popleft", "popitem", "sort", "reverse"}
)
"""Methods that change a container in place."""
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
OWNERS = ("self", "cls")

Touched = Sequence[tuple[str, bool]]
"""Names as a function spells them that it changes, and whether it gives them another value."""


@dataclass(frozen=True, slots=True)
class Kept:
    """A name of a module, or ``Class.attribute``, that functions change."""

    name: str
    start: str  # the expression that a test begins with
    imports: tuple[str, ...]
    is_bound_anew: bool  # functions give the name another value; else they change what it stands for
    changers: frozenset[str]  # the functions that do, by their own names
    is_filled: bool  # what runs at import changes it, too
    variable: str  # what a test calls it
    needs: str = ""  # the class of the module that the expression makes an object of
    attributes: tuple[str, ...] = ()  # of the object, which functions change


@lru_cache(maxsize=32)
def kept_by(tree: ast.Module) -> tuple[Kept, ...]:
    """All that the functions of a module change and that has a value which a test can write."""
    values, anew, changers = dict(_values(tree)), set[str](), dict[str, set[str]]()
    functions = [(owner, function, tuple(_touched(function))) for owner, function in _functions(tree)]
    own = {node.name: {"*"} for node in tree.body if isinstance(node, ast.ClassDef) and _is_special(node)}
    for owner, _, touched in functions:
        bound = (spelled for spelled, is_anew in touched if is_anew and spelled.startswith("self."))
        own.setdefault(owner, set()).update(spelled.removeprefix("self.") for spelled in bound)
    for owner, function, touched in functions:
        for name, is_anew in _changed(function, touched, owner, values, own[owner]):
            changers.setdefault(name, set()).add(function.name)
            anew |= {name} if is_anew else set()
    names = imported_names(tree)
    defined = {*dir(builtins), *(node.name for node in tree.body if isinstance(node, FunctionNode | ast.ClassDef))}
    at_import = {dotted(item) for item in _run_at_import(tree)}
    found = []
    for name, who in changers.items():
        start, imports = _start(values[name], names)
        if start:
            is_filled = bool(at_import & {name, *who})
            variable = _variable(name, defined)
            found.append(Kept(name, start, imports, name in anew, frozenset(who), is_filled, variable))
    return (*found, *_objects(functions, values, at_import, defined))


def _variable(name: str, defined: set[str]) -> str:
    """A name for it in a test, where no function or class of the module has that."""
    plain = name.rpartition(".")[2].strip("_").lower()
    is_free = plain.isidentifier() and not keyword.iskeyword(plain) and plain not in defined
    return plain if is_free else f"kept_{plain}".rstrip("_")


def _objects(
    functions: Sequence[tuple[str, FunctionNode, Touched]],
    values: Mapping[str, ast.expr],
    at_import: set[str],
    defined: set[str],
) -> Iterator[Kept]:
    """Objects of classes of the module that functions change: ``settings.debug = True``, ``jobs.add(job)``."""
    changing: dict[str, dict[str, set[str]]] = {}
    for owner, function, every in functions:
        own = {name.removeprefix("self.") for name, _ in every if name.startswith("self.")}
        changing.setdefault(owner, {})[function.name] = own
    for name, value in values.items():
        made = dotted(value.func) if isinstance(value, ast.Call) and _is_plain(value, "") else ""
        if made not in changing or not made or "." in name:
            continue
        touched = {f.name: found for _, f, _ in functions if (found := _attributes(f, name, changing[made]))}
        attributes = tuple(dict.fromkeys(attribute for found in touched.values() for attribute in sorted(found)))
        if attributes:
            is_filled = bool(at_import & {name, *touched})
            variable = _variable(name, defined)
            yield Kept(name, ast.unparse(value), (), False, frozenset(touched), is_filled, variable, made, attributes)


def _attributes(function: FunctionNode, name: str, changing: Mapping[str, set[str]]) -> set[str]:
    """What a function changes of the object of that name, itself or by its methods."""
    found: set[str] = set()
    for item in ast.walk(function):
        match item:
            case ast.Name(id=other, ctx=ast.Store()) | ast.arg(arg=other) if other == name:
                return set()
            case ast.Attribute(value=ast.Name(id=other), attr=attr, ctx=ast.Store()) if other == name:
                found.add(attr)
            case ast.Call(func=ast.Attribute(value=ast.Name(id=other), attr=attr)) if other == name:
                found |= changing.get(attr, set())
    return found


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
    function: FunctionNode, touched: Touched, owner: str, known: Mapping[str, ast.expr], own: set[str]
) -> Iterator[tuple[str, bool]]:
    """Known names that a function changes, and whether it gives them another value; ``own`` are objects' attributes."""
    declared = {name for item in ast.walk(function) if isinstance(item, ast.Global) for name in item.names}
    local = {item.id for item in ast.walk(function) if isinstance(item, ast.Name) and isinstance(item.ctx, ast.Store)}
    local |= {item.arg for item in ast.walk(function.args) if isinstance(item, ast.arg)}
    for spelled, is_anew in touched:
        head, _, last = spelled.rpartition(".")
        full = f"{owner}.{last}" if head in OWNERS else spelled
        if head == "self" and (is_anew or own & {last, "*"}):
            continue
        if not head and spelled not in declared and (is_anew or spelled in local):
            continue
        if full in known:
            yield full, is_anew


def _is_special(node: ast.ClassDef) -> bool:
    """Whether something else may decide what its attributes are: a base, as pydantic's, or a decorator."""
    return bool(node.bases or node.keywords or node.decorator_list)


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
        inner = [] if isinstance(node, FunctionNode | ast.ClassDef) else list(ast.walk(node))
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
