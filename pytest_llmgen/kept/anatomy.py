"""A source file cut into parts whose change can be told apart: top-level functions and classes, and the rest.

Pure.  What a part may reach is told by the names in its text: a name stands for everything of that name, so that
what is really reached is always among them.  Code that finds names at run time is marked as doubtful.
"""

from __future__ import annotations

import ast
import hashlib
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from pytest_llmgen.kept.doubts import aliases_of, doubts_of, last_name, unseen_names
from pytest_llmgen.kept.trees import walk
from pytest_llmgen.mutate.edits import split_lines

_BLIND_DECORATORS = frozenset({
    "abstractmethod", "asynccontextmanager", "cache", "cached_property", "classmethod", "contextmanager", "dataclass",
    "final", "lru_cache", "overload", "override", "property", "runtime_checkable", "setter", "staticmethod",
    "total_ordering", "wraps",
})  # fmt: skip
"""They give the decorated code to nobody else."""
_MAKES_VALUES = frozenset({
    "Counter", "Decimal", "Enum", "Fraction", "MappingProxyType", "NamedTuple", "NewType", "OrderedDict", "ParamSpec",
    "Path", "PurePath", "TypeVar", "abs", "bool", "bytes", "cast", "chr", "compile", "copy", "date", "datetime",
    "defaultdict", "deque", "dict", "encode", "enumerate", "float", "format", "frozenset", "getLogger", "getattr",
    "hasattr", "int", "isinstance", "issubclass", "items", "join", "keys", "len", "list", "lower", "max", "min",
    "namedtuple", "object", "ord", "param", "partial", "range", "repr", "replace", "reversed", "round", "set", "sorted",
    "split", "splitlines", "str", "strip", "sum", "timedelta", "timezone", "tuple", "type", "union", "upper", "values",
    "zip",
})  # fmt: skip
_CALLED_BY_NAME = ("pytest_", "setup_", "teardown_", "setUp", "tearDown", "__getattr__", "__dir__")
_NAME = re.compile(r"[^\W\d]\w*")
_LONGEST_EXPRESSION = 1000
"""Characters of a string that may be an annotation."""
_EXACT = frozenset({"setup", "teardown", "load_tests"})

Node = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef


@dataclass(frozen=True, slots=True)
class Part:
    """A top-level function or class, decorators included."""

    name: str
    first_line: int
    end_line: int
    digest: str  # of its text
    mentions: frozenset[str]
    wishes: frozenset[str]  # its arguments, which pytest may take for fixtures
    eager: frozenset[str]  # names in calls that are made when the file is imported
    pulled: bool  # something else than a mention of its name may call it
    is_fixture: bool
    doubts: frozenset[str]
    unseen_lines: frozenset[int]  # that bring in what nobody can check
    bases: frozenset[str]  # of a class
    registers: bool  # a class that hears of its subclasses


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A file: its parts, and what is left when they are cut out."""

    parts: tuple[Part, ...]
    digest: str  # of the rest
    mentions: frozenset[str]  # in the rest, imports left out
    imports: frozenset[str]  # every component of every imported name, wherever in the file
    eager: frozenset[str]  # names in calls of the rest
    doubts: frozenset[str]  # of the rest
    unseen_lines: frozenset[int]  # of the rest, that bring in what nobody can check
    unseen_names: frozenset[str]  # bound by them, or from these; ``*`` where they do more than bind names
    acts: bool  # importing it may do more than define names
    text: str  # digest of the whole file

    def part_at(self, line: int) -> Part | None:
        """The part that holds a line."""
        return next((part for part in self.parts if part.first_line <= line <= part.end_line), None)


def digest_of(*texts: str) -> str:
    """A short name for texts; different texts have different ones."""
    hasher = hashlib.sha256()
    for text in texts:
        data = text.encode("utf-8", "surrogatepass")
        hasher.update(b"%d:" % len(data) + data)
    return hasher.hexdigest()[:32]


def dissect(source: str) -> Anatomy | None:
    """Cut a file into parts; None where it is not Python."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    aliases, imported, renamed = (
        aliases_of(tree),
        frozenset(_imported(tree)),
        _renamed(tree),
    )  # in one walk of the whole
    bindings = _bindings(tree)
    lines = split_lines(source)
    nodes = list(_outermost(tree))
    statements = [
        node for node in _rest(tree) if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_all(node)
    ]
    unseen = unseen_names(statements, aliases)
    bound = _Bound(bindings | {node.name for node in nodes} | unseen)
    parts = tuple(_part(node, lines, aliases, bound) for node in nodes)
    mentions = frozenset(name for node in statements for name in bound.names(node)) | renamed
    return Anatomy(
        parts,
        digest_of(_text_of_rest(lines, parts, _assigned(statements))),
        mentions,
        imported | _plugins(statements),
        _eager(statements, bound),
        *doubts_of(statements, aliases),
        unseen,
        any(not _only_defines(node) for node in statements),
        digest_of(source),
    )


def _text_of_rest(lines: list[str], parts: tuple[Part, ...], assigned: frozenset[str]) -> str:
    """Lines outside of every part, with the names of those parts in between whose order may matter."""
    times = Counter(part.name for part in parts)
    starts = {
        part.first_line: part.name if times[part.name] == 1 else part.digest
        for part in parts
        if part.pulled or part.eager or times[part.name] > 1 or part.name in assigned
    }
    inside = {line for part in parts for line in range(part.first_line, part.end_line + 1)}
    kept = []
    for number, text in enumerate(lines, start=1):
        if number in starts:
            kept.append(f"\0{starts[number]}\n")
        if number not in inside and text.strip():
            kept.append(text)
    return "".join(kept)


def _assigned(statements: Iterable[ast.AST]) -> frozenset[str]:
    return frozenset(
        each.id
        for node in statements
        for each in walk(node)
        if isinstance(each, ast.Name) and not isinstance(each.ctx, ast.Load)
    )


def _outermost(node: ast.AST) -> Iterator[Node]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Node):
            yield child
        elif isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case):
            yield from _outermost(child)


def _rest(node: ast.AST) -> Iterator[ast.AST]:
    """Nodes of the file outside of every part: simple statements, and the heads of those that hold others."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Node):
            continue
        if isinstance(child, ast.stmt | ast.ExceptHandler | ast.match_case) and _holds_others(child):
            yield from _rest(child)
        else:
            yield child


def _holds_others(node: ast.AST) -> bool:
    return hasattr(node, "body") and isinstance(node.body, list)


def _part(node: Node, lines: list[str], aliases: dict[str, tuple[str, str]], bound: _Bound) -> Part:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    while first > 1 and node.decorator_list and not lines[first - 1].lstrip().startswith("@"):
        first -= 1
    end = node.end_lineno or first
    doubts, unseen = doubts_of([node], aliases)
    return Part(
        node.name,
        first,
        end,
        digest_of("".join(lines[first - 1 : end])),
        frozenset(bound.names(node)),
        frozenset(each.arg for each in walk(node) if isinstance(each, ast.arg)),
        _eager(list(_at_import(node)), bound) | {n for each in _decorators(node) for n in bound.names(each)},
        _is_pulled(node),
        any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list),
        doubts,
        unseen,
        frozenset(_base(base) for base in getattr(node, "bases", ())),
        any(isinstance(each, ast.FunctionDef) and each.name == "__init_subclass__" for each in walk(node)),
    )


def _base(node: ast.expr) -> str:
    """The name of a base class, ``*`` where it has none: of ``Box[int]`` and ``namedtuple("Point", "x y")`` too."""
    inner = node.value if isinstance(node, ast.Subscript) else node.func if isinstance(node, ast.Call) else node
    return last_name(inner) or "*"


class _Bound:
    """The names that can mean something of this or another file where they stand alone."""

    def __init__(self, bound: frozenset[str]) -> None:
        self._bound, self._any = bound, "*" in bound

    def names(self, node: ast.AST) -> Iterator[str]:
        """Names in a text that could stand for a part: a local variable can't."""
        for each in walk(node):
            if isinstance(each, ast.Name):
                if self._any or each.id in self._bound:
                    yield each.id
            elif isinstance(each, ast.Attribute):
                yield each.attr
            elif isinstance(each, ast.alias):
                yield from each.name.split(".")
            elif isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield from _words(each.value)


def _bindings(tree: ast.AST) -> frozenset[str]:
    """Names that imports bind."""
    imports = (node for node in walk(tree) if isinstance(node, ast.Import | ast.ImportFrom))
    return frozenset(alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names)


def _at_import(node: Node) -> Iterator[ast.AST]:
    """What of a definition runs when its file is imported."""
    yield from node.decorator_list
    if isinstance(node, ast.ClassDef):
        yield from (*node.bases, *node.keywords)
        yield from _rest(ast.Module(node.body, []))
        for inner in _outermost(ast.Module(node.body, [])):
            yield from _at_import(inner)
    else:
        yield from (default for default in (*node.args.defaults, *node.args.kw_defaults) if default is not None)


def _is_pulled(node: Node) -> bool:
    if node.name.startswith(_CALLED_BY_NAME) or node.name in _EXACT:
        return True
    if isinstance(node, ast.ClassDef) and any(
        k.arg != "metaclass" or last_name(k.value) != "ABCMeta" for k in node.keywords
    ):
        return True
    return any(not _is_blind(decorator) for decorator in node.decorator_list)


def _is_blind(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    text = ast.unparse(function)
    if text in ("pytest.fixture", "fixture"):
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        return not any(keyword.arg in (None, "autouse", "name") for keyword in keywords)
    return text.startswith(("pytest.mark.", "mark.")) or last_name(function) in _BLIND_DECORATORS


def _words(text: str) -> Iterable[str]:
    """The names in a string that is nothing but names (``"shop.cart"``, ``"a, b"``) or Python (``"Item | None"``)."""
    words = text.replace(".", " ").replace(",", " ").replace(":", " ").split()
    if all(word.isidentifier() for word in words):
        return words
    return _NAME.findall(text) if len(text) <= _LONGEST_EXPRESSION and _is_expression(text) else ()


def _is_expression(text: str) -> bool:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ast.parse(text.strip(), mode="eval")
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return False
    return True


def _eager(nodes: Iterable[ast.AST], bound: _Bound) -> frozenset[str]:
    calls = (each for node in nodes for each in walk(node) if isinstance(each, ast.Call))
    return frozenset(name for call in calls for name in bound.names(call))


def _decorators(node: Node) -> Iterator[ast.expr]:
    """Those of a definition, and of what it defines, that may hand it to somebody."""
    for each in walk(node):
        if isinstance(each, Node):
            yield from (decorator for decorator in each.decorator_list if not _is_blind(decorator))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from ("__init__",) if node.level and not node.module else ()
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and last_name(node.func) == "importorskip" and node.args:
            yield from _strings(node.args[0])


def _plugins(statements: Iterable[ast.AST]) -> frozenset[str]:
    found = (
        n for n in statements if isinstance(n, ast.Assign) and any(last_name(t) == "pytest_plugins" for t in n.targets)
    )
    return frozenset(name for node in found for name in _strings(node.value))


def _strings(node: ast.AST) -> Iterator[str]:
    for each in walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from _words(each.value)


def _renamed(tree: ast.AST) -> frozenset[str]:
    """Names that are imported under another name: whoever says the other means them."""
    found = (n for n in walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))
    return frozenset(alias.name for node in found for alias in node.names if alias.asname and "." not in alias.name)


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(last_name(target) == "__all__" for target in node.targets)


def _only_defines(node: ast.AST) -> bool:
    """Whether a statement of the rest binds plain names and does nothing else that another file could see."""
    if any(isinstance(each, ast.Call) and not _is_plain_call(each) for each in walk(node)):
        return False
    if isinstance(node, ast.Assign):
        return not any(isinstance(each, ast.Attribute | ast.Subscript) for t in node.targets for each in walk(t))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass | ast.expr)


def _is_plain_call(node: ast.Call) -> bool:
    """Whether a call makes a value and changes nothing."""
    text = ast.unparse(node.func) if isinstance(node.func, ast.Attribute) else ""
    return last_name(node.func) in _MAKES_VALUES or text.startswith(("pytest.mark.", "mark."))
