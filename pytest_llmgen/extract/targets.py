"""The functions and methods of a module, from its source text alone."""

from __future__ import annotations

import ast
import warnings
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.records import Module, Target, TargetKind
from pytest_llmgen.review.fingerprint import context_of, without_docstring

Function = ast.FunctionDef | ast.AsyncFunctionDef
_SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda, ast.ClassDef)
_ACCESSORS = ("setter", "deleter", "getter")
_PROPERTIES = frozenset({"property", "cached_property", "abstractproperty"})
_KINDS = {
    "staticmethod": TargetKind.STATICMETHOD,
    "abstractstaticmethod": TargetKind.STATICMETHOD,
    "classmethod": TargetKind.CLASSMETHOD,
    "abstractclassmethod": TargetKind.CLASSMETHOD,
    **dict.fromkeys(_PROPERTIES, TargetKind.PROPERTY),
}
# Python makes these static or class methods without a decorator.
_IMPLICIT = {
    "__new__": TargetKind.STATICMETHOD,
    "__init_subclass__": TargetKind.CLASSMETHOD,
    "__class_getitem__": TargetKind.CLASSMETHOD,
}


@dataclass(frozen=True, slots=True)
class Definition:
    """A function with its place in the module; ``owner`` is the innermost class, None outside of classes."""

    qualname: str
    node: Function
    owner: ast.ClassDef | None


def parse_module(path: str, name: str, import_root: str, source: str) -> Module:
    """A module with its targets in the order of their lines; ``error`` says why it could not be parsed.

    Qualified names are unique in a module: a property's setter is ``Class.prop.setter`` (``deleter`` and
    ``getter`` likewise), and of several definitions of one name the last keeps the name, while the ones
    before it are ``name#1``, ``name#2`` and so on.
    """
    module = Module(path, name, import_root, source)
    try:
        found = [_target(module, each) for each in definitions(parse(source))]
    except SyntaxError as error:
        return replace(module, error=f"line {error.lineno}: {error.msg}" if error.lineno else str(error.msg))
    except (RecursionError, MemoryError):
        return replace(module, error="nested too deeply to be parsed")
    return replace(module, targets=tuple(found))


def parse(source: str) -> ast.Module:
    """The syntax tree, without the warnings that the user's own run shows already.

    Raises:
        SyntaxError: also for text with a NUL, on every version of Python.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(source)
    except ValueError as error:
        raise SyntaxError(str(error)) from None


def definitions(tree: ast.Module) -> list[Definition]:
    """The functions that a test can reach, stubs left out, with unique qualified names, by line."""
    found = [each for each in _walk(tree) if not _is_stub(each.node)]
    found.sort(key=lambda each: (each.node.lineno, each.node.col_offset))
    return _unique(found)


def _walk(tree: ast.Module) -> Iterator[Definition]:
    """Every function outside of functions; a loop, because ``elif`` chains nest deeply."""
    stack: list[tuple[ast.AST, str, ast.ClassDef | None]] = [(tree, "", None)]
    while stack:
        node, prefix, owner = stack.pop()
        if isinstance(node, Function):
            yield Definition(prefix + node.name + _accessor(node), node, owner)
        elif isinstance(node, ast.ClassDef):
            stack.extend((child, f"{prefix}{node.name}.", node) for child in node.body)
        else:
            stack.extend((child, prefix, owner) for child in statements_in(node))


def statements_in(node: ast.AST) -> list[ast.AST]:
    """The statements, handlers and cases directly inside of a block that runs when the module is imported."""
    if isinstance(node, ast.If) and never_imported(node.test):
        return list(node.orelse)
    blocks = ("body", "handlers", "orelse", "finalbody", "cases")
    return [child for block in blocks for child in _block(node, block)]


def _block(node: ast.AST, name: str) -> list[ast.AST]:
    value = getattr(node, name, [])
    return value if isinstance(value, list) else []


def never_imported(test: ast.expr) -> bool:
    """Whether a condition is for type checkers only, or for the module as a script."""
    match test:
        case ast.Name(id="TYPE_CHECKING") | ast.Attribute(attr="TYPE_CHECKING"):
            return True
        case ast.Compare(left=ast.Name(id="__name__"), comparators=[ast.Constant(value="__main__")]):
            return True
    return False


def _unique(found: Sequence[Definition]) -> list[Definition]:
    total, seen, unique = Counter(each.qualname for each in found), Counter[str](), []
    for each in found:
        seen[each.qualname] += 1
        nth = seen[each.qualname]
        name = each.qualname if nth == total[each.qualname] else f"{each.qualname}#{nth}"
        unique.append(replace(each, qualname=name))
    return unique


def _is_stub(node: Function) -> bool:
    if "overload" in decorator_names(node):
        return True
    return all(_is_ellipsis(statement) for statement in without_docstring(node.body))


def _is_ellipsis(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Constant(value=value)):
            return value is ...
    return False


def decorator_names(node: Function | ast.ClassDef) -> list[str]:
    """The last part of each decorator's name: ``fixture`` for ``@pytest.fixture(scope="module")``."""
    return [last_name(decorator) for decorator in node.decorator_list]


def last_name(node: ast.expr) -> str:
    """The last part of a dotted name, of what is called or of what is subscribed; else nothing."""
    while isinstance(node, ast.Call | ast.Subscript):
        node = node.func if isinstance(node, ast.Call) else node.value
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else ""


def _accessor(node: Function) -> str:
    for decorator in node.decorator_list:
        match decorator:
            case ast.Attribute(value=ast.Name(id=name), attr=attr) if name == node.name and attr in _ACCESSORS:
                return f".{attr}"
    return ""


def _target(module: Module, definition: Definition) -> Target:
    node = definition.node
    return Target(
        path=module.path,
        module=module.name,
        qualname=definition.qualname,
        kind=_kind(definition),
        start_line=min([node.lineno, *(d.lineno for d in node.decorator_list)]),
        end_line=node.end_lineno or node.lineno,
        def_line=node.lineno,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=_yields(node),
        decorators=tuple(text_of(decorator) for decorator in node.decorator_list),
        signature=signature_of(node),
        docstring=ast.get_docstring(node),
        context=context_of(node),
    )


def _kind(definition: Definition) -> TargetKind:
    if definition.owner is None:
        return TargetKind.FUNCTION
    if _accessor(definition.node):
        return TargetKind.PROPERTY
    for name in decorator_names(definition.node):
        if name in _KINDS:
            return _KINDS[name]
    return _IMPLICIT.get(definition.node.name, TargetKind.METHOD)


def _yields(node: Function) -> bool:
    stack: list[ast.AST] = list(node.body)
    while stack:
        item = stack.pop()
        if isinstance(item, ast.Yield | ast.YieldFrom):
            return True
        if not isinstance(item, _SCOPES):
            stack.extend(ast.iter_child_nodes(item))
    return False


def signature_of(node: Function) -> str:
    """``name(a, b=1) -> int``, without ``def`` and ``async``."""
    types = ", ".join(text_of(each) for each in getattr(node, "type_params", []))
    returns = f" -> {text_of(node.returns)}" if node.returns else ""
    return f"{node.name}{f'[{types}]' if types else ''}({text_of(node.args)}){returns}"


def text_of(node: ast.AST) -> str:
    """Source text of a tree, ``...`` where it is nested too deeply to be written."""
    try:
        return ast.unparse(node)
    except RecursionError:
        return "..."
