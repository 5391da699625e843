"""A source file cut into parts whose change can be told apart: top-level functions and classes, and the rest.

Pure.  What a part may reach is told by the names in its text: a name stands for everything of that name, so that
what is really reached is always among them.  Code that finds names at run time is marked as doubtful.
"""

from __future__ import annotations

import ast
import hashlib
import warnings
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from pytest_llmgen.mutate.edits import split_lines

DYNAMIC, IMPORTS, DATA, ENVIRONMENT, UNSEEN = "dynamic", "imports", "data", "environment", "unseen"
"""Doubts: finds code by names made at run time, imports so, reads files or variables, sees what nobody can check."""

_FINDS_NAMES = frozenset({
    "__init_subclass__", "__subclasses__", "__dict__", "attrgetter", "caplog", "co_firstlineno",
    "currentframe", "dir", "eval", "exec", "extract_stack", "extract_tb", "f_lineno", "findsource", "format_exc",
    "format_exception", "getmembers", "getmodule", "getsource", "getsourcelines", "globals", "linecache", "lineno",
    "locals", "methodcaller", "print_exc", "tb_lineno", "vars",
})  # fmt: skip
"""They reach code by names that are in no text, or see source and line numbers."""
_FINDS_MODULES = frozenset({
    "__import__", "entry_points", "find_spec", "import_module", "iter_modules", "run_module", "run_path",
    "walk_packages",
})  # fmt: skip
_FINDS_BY_ARGUMENT = frozenset({"getattr", "hasattr", "getfixturevalue"})
"""They do so unless the name is written out."""
_READS_FILES = frozenset({
    "access", "copy", "copy2", "copyfile", "copytree", "exists", "fromfile", "getmtime", "getsize", "glob", "iglob",
    "is_dir", "is_file", "isdir", "isfile", "iterdir", "listdir", "loadtxt", "lstat", "open", "open_text", "read_bytes",
    "read_csv", "read_text", "resources", "rglob", "scandir", "stat", "walk",
})  # fmt: skip
_READS_ENVIRONMENT = frozenset({"environ", "environb", "expandvars", "getenv", "get_terminal_size"})
_ACTS_OUTSIDE = frozenset({
    "create_subprocess_exec", "create_subprocess_shell", "execv", "execve", "fork", "getpid", "popen", "posix_spawn",
    "system", "urandom",
})  # fmt: skip
_UNSEEN_MODULES = frozenset({
    "aiohttp", "cffi", "ctypes", "ftplib", "http", "httpx", "httpx2", "mmap", "multiprocessing", "pexpect", "psutil",
    "random", "requests", "secrets", "smtplib", "socket", "sqlite3", "subprocess", "time", "urllib3", "uuid",
})  # fmt: skip
"""What they bring in is neither text nor a file that is seen to be opened."""
_UNSEEN_MEMBERS = frozenset({("urllib", "request")})
_READS_CLOCK = frozenset({"now", "today", "utcnow"})
_BLIND_DECORATORS = frozenset({
    "abstractmethod", "asynccontextmanager", "cache", "cached_property", "classmethod", "contextmanager", "dataclass",
    "final", "lru_cache", "overload", "override", "property", "runtime_checkable", "setter", "staticmethod",
    "total_ordering", "wraps",
})  # fmt: skip
"""They give the decorated code to nobody else."""
_CALLED_BY_NAME = ("pytest_", "setup_", "teardown_", "setUp", "tearDown", "__getattr__", "__dir__")
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


@dataclass(frozen=True, slots=True)
class Anatomy:
    """A file: its parts, and what is left when they are cut out."""

    parts: tuple[Part, ...]
    digest: str  # of the rest
    mentions: frozenset[str]  # in the rest, imports left out
    imports: frozenset[str]  # every component of every imported name, wherever in the file
    eager: frozenset[str]  # names in calls of the rest
    doubts: frozenset[str]  # of the rest
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
    aliases = dict(_aliases(tree))
    lines = split_lines(source)
    nodes = list(_outermost(tree))
    bound = _Bound(tree, nodes)
    parts = tuple(_part(node, lines, aliases, bound) for node in nodes)
    inside = {line for part in parts for line in range(part.first_line, part.end_line + 1)}
    rest = "".join(text for number, text in enumerate(lines, start=1) if number not in inside and text.strip())
    statements = [
        node for node in _rest(tree) if not isinstance(node, ast.Import | ast.ImportFrom) and not _is_all(node)
    ]
    mentions = frozenset(name for node in statements for name in bound.names(node)) | _renamed(tree)
    return Anatomy(
        parts,
        digest_of(rest),
        mentions,
        frozenset(_imported(tree)) | _plugins(statements),
        _eager(statements, bound),
        _doubts(statements, aliases)[0],
        any(not _only_defines(node) for node in statements),
        digest_of(source),
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
    doubts, unseen = _doubts([node], aliases)
    return Part(
        node.name,
        first,
        end,
        digest_of("".join(lines[first - 1 : end])),
        frozenset(bound.names(node)),
        frozenset(each.arg for each in ast.walk(node) if isinstance(each, ast.arg)),
        _eager(list(_at_import(node)), bound),
        _is_pulled(node),
        any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list),
        doubts,
        unseen,
    )


class _Bound:
    """The names that can mean something of this or another file where they stand alone."""

    def __init__(self, tree: ast.AST, nodes: Iterable[Node]) -> None:
        imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
        self._bound = {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}
        self._bound |= {node.name for node in nodes}
        self._any = "*" in self._bound

    def names(self, node: ast.AST) -> Iterator[str]:
        """Names in a text that could stand for a part: a local variable can't."""
        for each in ast.walk(node):
            if isinstance(each, ast.Name):
                if self._any or each.id in self._bound:
                    yield each.id
            elif isinstance(each, ast.Attribute):
                yield each.attr
            elif isinstance(each, ast.alias):
                yield from each.name.split(".")
            elif isinstance(each, ast.Constant) and isinstance(each.value, str):
                yield from _words(each.value)


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
        k.arg != "metaclass" or _last(k.value) != "ABCMeta" for k in node.keywords
    ):
        return True
    return any(not _is_blind(decorator) for decorator in node.decorator_list)


def _is_blind(decorator: ast.expr) -> bool:
    function = decorator.func if isinstance(decorator, ast.Call) else decorator
    text = ast.unparse(function)
    if text in ("pytest.fixture", "fixture"):
        keywords = decorator.keywords if isinstance(decorator, ast.Call) else []
        return not any(keyword.arg in (None, "autouse", "name") for keyword in keywords)
    return text.startswith(("pytest.mark.", "mark.")) or _last(function) in _BLIND_DECORATORS


def _last(node: ast.AST) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _words(text: str) -> Iterable[str]:
    """The names in a string that is nothing but names, such as ``"shop.cart"`` or ``"a, b"``."""
    words = text.replace(".", " ").replace(",", " ").replace(":", " ").split()
    return words if all(word.isidentifier() for word in words) else ()


def _eager(nodes: Iterable[ast.AST], bound: _Bound) -> frozenset[str]:
    calls = (each for node in nodes for each in ast.walk(node) if isinstance(each, ast.Call))
    return frozenset(name for call in calls for name in bound.names(call))


def _imported(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from alias.name.split(".")
        elif isinstance(node, ast.ImportFrom):
            yield from (node.module or "").split(".")
            yield from ("__init__",) if node.level and not node.module else ()
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.Call) and _last(node.func) == "importorskip" and node.args:
            yield from _strings(node.args[0])


def _plugins(statements: Iterable[ast.AST]) -> frozenset[str]:
    found = (
        n for n in statements if isinstance(n, ast.Assign) and any(_last(t) == "pytest_plugins" for t in n.targets)
    )
    return frozenset(name for node in found for name in _strings(node.value))


def _strings(node: ast.AST) -> Iterator[str]:
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            yield from _words(each.value)


def _renamed(tree: ast.AST) -> frozenset[str]:
    """Names that are imported under another name: whoever says the other means them."""
    found = (n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom))
    return frozenset(alias.name for node in found for alias in node.names if alias.asname and "." not in alias.name)


def _aliases(tree: ast.AST) -> Iterator[tuple[str, tuple[str, str]]]:
    """Local name -> top-level module and member that it stands for."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                yield alias.asname or top, (top, rest)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            top, _, rest = node.module.partition(".")
            for alias in node.names:
                yield alias.asname or alias.name, (top, rest or alias.name)


def _doubts(nodes: Sequence[ast.AST], aliases: dict[str, tuple[str, str]]) -> tuple[frozenset[str], frozenset[int]]:
    """What of a text can't be told from the text, and the lines that bring in what nobody can check."""
    used = [
        (each, _last(each)) for node in nodes for each in ast.walk(node) if isinstance(each, ast.Name | ast.Attribute)
    ]
    names = {name for _, name in used}
    found = set()
    if names & _FINDS_NAMES or _finds_by_argument(nodes):
        found.add(DYNAMIC)
    if names & _FINDS_MODULES or {"sys", "modules"} <= names:
        found.add(IMPORTS)
    if names & _READS_FILES:
        found.add(DATA)
    if names & _READS_ENVIRONMENT:
        found.add(ENVIRONMENT)
    lines = {each.lineno for each, name in used if _is_unseen(each, name, aliases)}
    if lines:
        found.add(UNSEEN)
    return frozenset(found), frozenset(lines)


def _is_unseen(node: ast.expr, name: str, aliases: dict[str, tuple[str, str]]) -> bool:
    if name in _ACTS_OUTSIDE:
        return True
    if isinstance(node, ast.Attribute):
        return name in _READS_CLOCK
    top, member = aliases.get(name, ("", ""))
    return top in _UNSEEN_MODULES or (top, member.partition(".")[0]) in _UNSEEN_MEMBERS


def _finds_by_argument(nodes: Iterable[ast.AST]) -> bool:
    for each in (each for node in nodes for each in ast.walk(node)):
        if isinstance(each, ast.Call) and _last(each.func) in _FINDS_BY_ARGUMENT:
            place = 0 if _last(each.func) == "getfixturevalue" else 1
            given = each.args[place] if len(each.args) > place else None
            if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
                return True
    return False


def _is_all(node: ast.AST) -> bool:
    return isinstance(node, ast.Assign) and any(_last(target) == "__all__" for target in node.targets)


def _only_defines(node: ast.AST) -> bool:
    """Whether a statement of the rest binds plain names and does nothing else that another file could see."""
    if isinstance(node, ast.Assign):
        return not any(isinstance(each, ast.Attribute | ast.Subscript) for t in node.targets for each in ast.walk(t))
    if isinstance(node, ast.AnnAssign):
        return isinstance(node.target, ast.Name)
    if isinstance(node, ast.Expr):
        return isinstance(node.value, ast.Constant)
    return isinstance(node, ast.Pass | ast.expr)
