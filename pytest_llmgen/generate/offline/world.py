"""The classes that the code under test knows: how to import and to build them."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from enum import StrEnum
from functools import lru_cache

from pytest_llmgen.generate.offline.code import (
    FunctionNode,
    Parameter,
    ParameterKind,
    decorator_names,
    dotted,
    parameters,
    parsed,
)
from pytest_llmgen.generate.offline.files import paths_among
from pytest_llmgen.generate.offline.handed import with_handed
from pytest_llmgen.generate.offline.namesakes import with_namesakes
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.generate.offline.usage import annotated, with_uses
from pytest_llmgen.records import Module

_ENUMS = {"Enum", "IntEnum", "StrEnum", "Flag", "IntFlag"}
_UNBUILDABLE = {"ABC", "Protocol", "ABCMeta"}
_DATACLASSES = {"dataclass", "define", "frozen", "mutable", "attrs", "s", "attributes"}
_MODELS = {"BaseModel", "BaseSettings", "Struct"}
"""Bases whose fields are arguments by name."""
_ATTRS_FIELDS = {"attr.ib", "attr.attrib", "attrs.field", "ib", "attrib"}
_PROPERTIES = {"property", "cached_property"}
_ACCESSORS = {"setter", "deleter", "getter", "overload"}
"""Of definitions that repeat the name of a property or function."""
_GROWING = {"append", "add", "extend", "update", "insert", "setdefault", "appendleft"}
_MAX_BASES, _MAX_HEIRS = 5, 3
_MAX_MODULES = 12
_MAX_OPTIONAL = 3
"""Fields of a class that are told to the climber: each costs it tries."""
_CONNECTING = {"connect", "open", "socket", "Popen", "run", "urlopen", "request"}
"""Calls of a constructor that make it a second choice."""


class ClassKind(StrEnum):
    """How instances come into being."""

    ENUM = "enum"
    RECORD = "record"  # dataclass, attrs class, NamedTuple: fields are the parameters
    TYPED_DICT = "typed-dict"
    ABSTRACT = "abstract"
    PLAIN = "plain"


_REAL_NAMES = {"IOError": "OSError", "EnvironmentError": "OSError", "WindowsError": "OSError"}
"""Names under which an error may be raised that goes by another one."""


@dataclass(frozen=True, slots=True)
class ClassShape:
    """What must be known of a class to build an object and to look at it."""

    name: str
    statement: str  # the import
    kind: ClassKind
    parameters: tuple[Parameter, ...] = ()
    members: tuple[str, ...] = ()  # of an Enum
    attributes: tuple[str, ...] = ()  # public ones, worth looking at after a call
    methods: Mapping[str, FunctionNode] = field(default_factory=dict)
    slots: Mapping[str, ast.expr] = field(
        default_factory=dict
    )  # public attributes that begin as None or empty, annotated
    bases: frozenset[str] = frozenset()  # names of every base class that is named
    paths: Mapping[str, Sequence[Term]] = field(default_factory=dict)  # parameters of the constructor that are paths

    @property
    def members_of_objects(self) -> frozenset[str]:
        """Names that its objects have, as far as the class tells."""
        return frozenset([*self.methods, *self.attributes])


@dataclass(frozen=True, slots=True)
class World:
    """Names of the module under test, resolved as far as their source is known."""

    classes: Mapping[str, ClassShape] = field(default_factory=dict)
    aliases: Mapping[str, ast.expr] = field(default_factory=dict)
    constants: Mapping[str, ast.expr] = field(default_factory=dict)
    raised: frozenset[str] = frozenset()  # names of errors that the module raises itself

    def class_of(self, type_name: str) -> ClassShape | None:
        """The class that a type's full name means, a nested one too."""
        plain = type_name.rpartition(".")[2]
        nested = ".".join(type_name.split(".")[-2:])
        return self.classes.get(nested) or self.classes.get(plain)

    def heirs(self, shape: ClassShape, method: str) -> list[ClassShape]:
        """Concrete classes that inherit a method, those that override most of the others first."""
        found = [
            item
            for item in self.classes.values()
            if shape.name in item.bases
            and item.kind in {ClassKind.PLAIN, ClassKind.RECORD}
            and item.methods.get(method) is shape.methods.get(method)
        ]
        return sorted(found, key=lambda item: -_overridden(item, shape))[:_MAX_HEIRS]

    def implementations(self, shape: ClassShape) -> list[ClassShape]:
        """Concrete classes that have every method of an abstract one, the plainest constructor first."""
        wanted = {name for name in shape.methods if not name.startswith("_")}
        fitting = [
            item
            for item in self.classes.values()
            if item.kind in {ClassKind.PLAIN, ClassKind.RECORD} and wanted and wanted <= item.methods.keys()
        ]
        return sorted(fitting, key=lambda item: any(name in _CONNECTING for name in _called(item)))


def optional_fields(world: World, nodes: Iterable[ast.AST]) -> dict[str, list[tuple[str, int, str]]]:
    """Class to what its constructor may leave out and the code reads: name, place, default; compared ones first."""
    items = [item for node in nodes for item in ast.walk(node)]
    sides = [each for item in items if isinstance(item, ast.Compare) for each in ast.walk(item)]
    read = dict.fromkeys(each.attr for each in [*sides, *items] if isinstance(each, ast.Attribute))
    found = {}
    for name, shape in world.classes.items():
        places = {item.name: (at, item) for at, item in enumerate(shape.parameters) if _has_plain_default(item)}
        told = [(field, places[field][0], _default(places[field][1])) for field in read if field in places]
        if told:
            found[name] = told[:_MAX_OPTIONAL]
    return found


def _has_plain_default(item: Parameter) -> bool:
    text = _default(item)
    return item.has_default and item.kind is not ParameterKind.STAR and text not in {"", "True", "False", "None", "..."}


def _default(item: Parameter) -> str:
    """The default as source, where it is a number or a text."""
    match item.default:
        case ast.Constant(value=int() | float() | str()) | ast.UnaryOp(operand=ast.Constant(value=int() | float())):
            return ast.unparse(item.default)
    return ""


def _overridden(heir: ClassShape, shape: ClassShape) -> int:
    return sum(heir.methods.get(name) is not node for name, node in shape.methods.items())


def is_hook(node: FunctionNode) -> bool:
    """Whether a method is there to be overridden: it does nothing, or says that it is not implemented."""
    body = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    match body:
        case [] | [ast.Pass()] | [ast.Expr(value=ast.Constant())]:
            return True
        case [ast.Raise(exc=ast.expr() as error)]:
            return "NotImplementedError" in ast.unparse(error)
        case _:
            return False


def survey(module: Module, others: Mapping[str, Module], types: Iterable[str] = ()) -> World:
    """Everything known of the classes, aliases and constants that ``module`` can name."""
    return _survey(module, tuple(others.items()), tuple(types))


@lru_cache(maxsize=32)  # every function of a module asks for the same
def _survey(module: Module, named: tuple[tuple[str, Module], ...], types: tuple[str, ...]) -> World:
    others = dict(named)
    tree = parsed(module.source)
    nodes: dict[str, tuple[ast.ClassDef, str]] = {}
    for text in types:
        nodes.update(_loose_classes(text, imports_of(tree, module)))
    for name, found, statement in _classes_behind(tree, module, others):
        nodes[name] = (found, statement)
    for name, statement in imports_of(tree, module).items():
        imported = _imported_class(name, statement, others)
        if imported is not None:
            nodes[name] = (imported, statement)
    for node in tree.body:
        if isinstance(node, ast.ClassDef):
            nodes[node.name] = (node, f"from {module.name} import {node.name}")
    nested = {name: node for node in tree.body if isinstance(node, ast.ClassDef) for name, node in _nested(node)}
    classes = {
        name: _shape(node, statement, nodes, tree if node in tree.body else None)
        for name, (node, statement) in nodes.items()
    }
    for name, node in nested.items():
        shape = _shape(node, f"from {module.name} import {name.partition('.')[0]}", nodes)
        classes[name] = replace(shape, name=name)
    assigned = _assigned(tree)
    elsewhere = {} if not others else _imported_aliases(tree, module, others)
    return World(classes, {**elsewhere, **assigned, **_new_types(assigned)}, assigned, _raised(tree))


def _nested(owner: ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, ast.ClassDef]]:
    """Classes in a class, as ``Outer.Inner``."""
    for node in owner.body:
        if isinstance(node, ast.ClassDef):
            name = f"{prefix}{owner.name}.{node.name}"
            yield name, node
            yield from _nested(node, f"{prefix}{owner.name}.")


def _classes_behind(
    tree: ast.Module, module: Module, others: Mapping[str, Module]
) -> Iterator[tuple[str, ast.ClassDef, str]]:
    """Classes of the modules that the module imports from, and of those behind these: objects may need them."""
    waiting, seen = sources_of(tree, module), {module.name}
    for name in waiting:
        if name in seen or name not in others or len(seen) > _MAX_MODULES:
            continue
        seen.add(name)
        try:
            other = parsed(others[name].source)
        except SyntaxError:
            continue
        waiting.extend(sources_of(other, others[name]))
        for node in other.body:
            if isinstance(node, ast.ClassDef):
                yield node.name, node, f"from {name} import {node.name}"


def sources_of(tree: ast.Module, module: Module) -> list[str]:
    """What may be modules that the module imports from; ``from . import money`` may mean one, too."""
    nodes = [ast.parse(statement).body[0] for statement in imports_of(tree, module).values()]
    froms = [node for node in nodes if isinstance(node, ast.ImportFrom) and node.module]
    plain = [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    inner = [f"{node.module}.{node.names[0].name}" for node in froms]
    return list(dict.fromkeys([*(node.module or "" for node in froms), *plain, *inner]))


def imports_of(tree: ast.Module, module: Module) -> dict[str, str]:
    """Name to absolute import statement, for what the module imports by name."""
    return dict(_imports_of(tree, module.name, module.path))


@lru_cache(maxsize=64)  # every function of a module asks for the same
def _imports_of(tree: ast.Module, name_of_module: str, path: str) -> dict[str, str]:
    package = name_of_module.split(".") if path.endswith("/__init__.py") else name_of_module.split(".")[:-1]
    found = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            source = ".".join([*base, *([node.module] if node.module else [])])
            for alias in node.names:
                name = alias.asname or alias.name
                renamed = f" as {alias.asname}" if alias.asname else ""
                found[name] = f"from {source} import {alias.name}{renamed}"
    return found


@lru_cache(maxsize=64)
def modules_of(tree: ast.Module) -> dict[str, str]:
    """Name to import statement, for the modules that the module imports as such."""
    aliases = [alias for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
    return {
        alias.asname or alias.name.partition(".")[0]: f"import {alias.name}"
        + (f" as {alias.asname}" if alias.asname else "")
        for alias in aliases
    }


def _imported_aliases(tree: ast.Module, module: Module, others: Mapping[str, Module]) -> dict[str, ast.expr]:
    """What the modules that the module imports from assign: annotations may name it."""
    found: dict[str, ast.expr] = {}
    for name in sources_of(tree, module):
        if name in others and name != module.name:
            with suppress(SyntaxError):
                assigned = _assigned(parsed(others[name].source))
                found.update({**assigned, **_new_types(assigned)})
    return found


def _imported_class(name: str, statement: str, others: Mapping[str, Module]) -> ast.ClassDef | None:
    node = ast.parse(statement).body[0]
    if not isinstance(node, ast.ImportFrom) or node.module is None or node.module not in others:
        return None
    source = others[node.module].source
    try:
        tree = parsed(source)
    except SyntaxError:
        return None
    wanted = node.names[0].name if node.names else name
    return next((item for item in tree.body if isinstance(item, ast.ClassDef) and item.name == wanted), None)


def _loose_classes(text: str, statements: Mapping[str, str]) -> dict[str, tuple[ast.ClassDef, str]]:
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return {}
    found = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    return {node.name: (node, statements[node.name]) for node in found if node.name in statements}


def _assigned(tree: ast.Module) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for node in tree.body:
        match node:
            case ast.Assign(targets=[ast.Name(id=name)], value=value):
                found[name] = value
            case ast.AnnAssign(target=ast.Name(id=name), value=ast.expr() as value):
                found[name] = value
    return found


def _new_types(assigned: Mapping[str, ast.expr]) -> dict[str, ast.expr]:
    found: dict[str, ast.expr] = {}
    for name, value in assigned.items():
        match value:
            case ast.Call(func=ast.Name(id="NewType"), args=[_, base]):
                found[name] = base
    return found


def _called(shape: ClassShape) -> set[str]:
    maker = shape.methods.get("__init__")
    calls = [node for node in ast.walk(maker) if isinstance(node, ast.Call)] if maker else []
    return {dotted(call.func).rpartition(".")[2] for call in calls}


def _raised(tree: ast.Module) -> frozenset[str]:
    errors = [node.exc for node in ast.walk(tree) if isinstance(node, ast.Raise) and node.exc is not None]
    calls = [error.func if isinstance(error, ast.Call) else error for error in errors]
    names = (dotted(call).rpartition(".")[2] for call in calls)
    return frozenset(_REAL_NAMES.get(name, name) for name in names)


def _shape(
    node: ast.ClassDef,
    statement: str,
    nodes: Mapping[str, tuple[ast.ClassDef, str]],
    tree: ast.Module | None = None,
) -> ClassShape:
    line = _ancestry(node, nodes)
    methods = {
        item.name: item
        for owner in reversed(line)
        for item in owner.body
        if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef) and not _ACCESSORS & set(decorator_names(item))
    }
    kind = _kind(line, methods)
    return ClassShape(
        node.name,
        statement,
        kind,
        _constructor(line, kind, methods, tree, nodes),
        _members(node) if kind is ClassKind.ENUM else (),
        _attributes(line, methods),
        methods,
        _slots(methods),
        frozenset(_named(base).rpartition(".")[2] for owner in line for base in owner.bases),
        _paths(methods, tree) if kind is ClassKind.PLAIN and tree is not None else {},
    )


def _paths(methods: Mapping[str, FunctionNode], tree: ast.Module) -> dict[str, list[Term]]:
    maker = methods.get("__init__")
    if maker is None:
        return {}
    uses = [with_uses(maker, methods), *(node for node in tree.body if isinstance(node, ast.FunctionDef))]
    return paths_among(parameters(maker, skip_first=True), uses, tree)


def _slots(methods: Mapping[str, FunctionNode]) -> dict[str, ast.expr]:
    """``self.jobs: list[Job] = []`` and ``self.voucher: Voucher | None = None`` in a constructor."""
    found: dict[str, ast.expr] = {}
    maker = methods.get("__init__")
    for node in ast.walk(maker) if maker else ():
        match node:
            case ast.AnnAssign(
                target=ast.Attribute(value=ast.Name(id="self"), attr=attr),
                annotation=kind,
                value=ast.Constant(None) | ast.List(elts=[]) | ast.Dict(keys=[]) | ast.Call(args=[], keywords=[]),
            ) if not attr.startswith("_") and not any(_grows(attr, method) for method in methods.values()):
                found[attr] = kind
    return found


def _grows(attribute: str, method: FunctionNode) -> bool:
    """Whether a method puts something into a collection that the object holds."""
    for node in ast.walk(method):
        match node:
            case ast.Call(func=ast.Attribute(value=ast.Attribute(value=ast.Name(id="self"), attr=name), attr=what)):
                if name == attribute and what in _GROWING:
                    return True
            case ast.Subscript(value=ast.Attribute(value=ast.Name(id="self"), attr=name), ctx=ast.Store()):
                if name == attribute:
                    return True
    return False


def _named(base: ast.expr) -> str:
    """``Serializer`` for ``Serializer[str]`` as well."""
    return dotted(base.value if isinstance(base, ast.Subscript) else base)


def _ancestry(node: ast.ClassDef, nodes: Mapping[str, tuple[ast.ClassDef, str]]) -> list[ast.ClassDef]:
    line = [node]
    for owner in line:
        for base in owner.bases:
            parent = nodes.get(_named(base)) or nodes.get(_named(base).rpartition(".")[2])
            if parent is not None and parent[0] not in line and len(line) < _MAX_BASES:
                line.append(parent[0])
    return line


def _kind(line: list[ast.ClassDef], methods: Mapping[str, FunctionNode]) -> ClassKind:
    bases = {_named(base).rpartition(".")[2] for owner in line for base in owner.bases}
    own_bases = {_named(base).rpartition(".")[2] for base in line[0].bases}
    decorators = {name for owner in line for name in decorator_names(owner)}
    if bases & _ENUMS:
        return ClassKind.ENUM
    if "TypedDict" in bases:
        return ClassKind.TYPED_DICT
    if any("abstractmethod" in decorator_names(method) for method in methods.values()) or own_bases & _UNBUILDABLE:
        return ClassKind.ABSTRACT
    if "__init__" not in methods and (decorators & _DATACLASSES or bases & ({"NamedTuple"} | _MODELS)):
        return ClassKind.RECORD
    return ClassKind.PLAIN


def _constructor(
    line: list[ast.ClassDef],
    kind: ClassKind,
    methods: Mapping[str, FunctionNode],
    tree: ast.Module | None,
    nodes: Mapping[str, tuple[ast.ClassDef, str]],
) -> tuple[Parameter, ...]:
    if kind in {ClassKind.RECORD, ClassKind.TYPED_DICT}:
        fields = {item.name: item for owner in reversed(line) for item in _fields(owner)}
        return tuple(fields.values())
    maker = methods.get("__init__") or methods.get("__new__")
    if maker is not None and _hands_on(maker):
        every = [each for owner in line for each in owner.body if isinstance(each, ast.FunctionDef)]
        makers = [each for each in every if each.name == maker.name]
        maker = next((each for each in makers if not _hands_on(each)), maker)
    if maker is None:
        return ()
    used = with_uses(maker, methods)
    known = used if tree is None else with_handed(used, tree, line[0].name)
    others = {name: _own_members(each) for name, (each, _) in nodes.items() if each not in line}
    return annotated(with_namesakes(parameters(maker, skip_first=True), known, others), known)


@lru_cache(maxsize=1024)
def _own_members(node: ast.ClassDef) -> frozenset[str]:
    """What a class defines, and what its methods assign."""
    defined = (item.name for item in node.body if isinstance(item, FunctionNode))
    kept = (item.attr for item in ast.walk(node) if isinstance(item, ast.Attribute) and isinstance(item.ctx, ast.Store))
    return frozenset([*defined, *kept])


def _hands_on(maker: FunctionNode) -> bool:
    """Whether a constructor takes whatever that of its base class takes: ``super().__init__(*args, **kwargs)``."""
    named = {item.kind for item in parameters(maker, skip_first=True)}
    if not named or not named <= {ParameterKind.STAR, ParameterKind.DOUBLE_STAR}:
        return False
    calls = [item for item in ast.walk(maker) if isinstance(item, ast.Call)]
    above = [call for call in calls if ast.unparse(call.func).startswith("super().__")]
    return any(isinstance(each, ast.Starred) for call in above for each in call.args) or any(
        word.arg is None for call in above for word in call.keywords
    )


def _fields(node: ast.ClassDef) -> list[Parameter]:
    found = []
    keyword_only = any("kw_only=True" in ast.unparse(item) for item in node.decorator_list)
    keyword_only = keyword_only or any(_named(base).rpartition(".")[2] in _MODELS for base in node.bases)
    kind = ParameterKind.KEYWORD if keyword_only else ParameterKind.PLAIN
    for item in node.body:
        match item:
            case ast.AnnAssign(target=ast.Name(id=name), annotation=annotation, value=value):
                if "ClassVar" in ast.unparse(annotation) or "init=False" in ast.unparse(value or annotation):
                    continue
                plain = None if isinstance(value, ast.Call) else value
                has_default = value is not None and not _is_bare_field(value)
                if isinstance(value, ast.Call):  # what it says of the value belongs to the type
                    annotation = ast.parse(f"Annotated[{ast.unparse(annotation)}, {ast.unparse(value)}]").body[0].value  # type: ignore[attr-defined]
                found.append(Parameter(name, kind, annotation, plain, has_default=has_default))
            case ast.Assign(targets=[ast.Name(id=name)], value=ast.Call(func=function) as value) if (
                dotted(function) in _ATTRS_FIELDS
            ):
                told = next((word.value for word in value.keywords if word.arg == "type"), None)
                found.append(Parameter(name.lstrip("_"), kind, told, has_default=not _is_bare_field(value)))
    return found


def _is_bare_field(value: ast.expr) -> bool:
    if not isinstance(value, ast.Call) or dotted(value.func).rpartition(".")[2] not in {
        "field",
        "Field",
        "ib",
        "attrib",
    }:
        return False
    if value.args:  # pydantic: Field(3), or Field(...) for one that is needed
        return isinstance(value.args[0], ast.Constant) and value.args[0].value is ...
    return not any(word.arg in {"default", "default_factory", "factory"} for word in value.keywords)


def _members(node: ast.ClassDef) -> tuple[str, ...]:
    names = [
        target.id
        for item in node.body
        if isinstance(item, ast.Assign)
        for target in item.targets
        if isinstance(target, ast.Name)
    ]
    return tuple(name for name in names if not name.startswith("_"))


def _attributes(line: list[ast.ClassDef], methods: Mapping[str, FunctionNode]) -> tuple[str, ...]:
    names: dict[str, None] = {}
    for method in methods.values():
        for node in ast.walk(method):
            match node:
                case ast.Attribute(value=ast.Name(id="self"), attr=attr, ctx=ast.Store()):
                    names[attr] = None
    for owner in reversed(line):
        names.update(dict.fromkeys(item.name for item in _fields(owner)))
    shown = [name for name in names if not name.startswith("_")]
    if not shown:
        shown = [name for name, item in methods.items() if _PROPERTIES & set(decorator_names(item))]
    return (*shown, *(["__len__"] if "__len__" in methods else []))
