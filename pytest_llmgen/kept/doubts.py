"""What a text can't promise: code that finds code at run time, reads files and variables, or asks the clock.  Pure."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType

from pytest_llmgen.kept.trees import walk

DYNAMIC, IMPORTS, DATA, ENVIRONMENT, PLACE, UNSEEN = "dynamic", "imports", "data", "environment", "place", "unseen"
"""Doubts: finds code by names made at run time, imports so, reads files or variables, knows where it is, sees what
nobody can check."""
Aliases = Mapping[str, tuple[str, str]]
"""Local name -> top-level module and member that it stands for."""

_FINDS_NAMES = frozenset({
    "DocTestFinder", "DocTestSuite", "__code__", "__dict__", "__init_subclass__", "__subclasses__", "_getframe",
    "attrgetter", "caplog", "co_firstlineno", "create_autospec", "currentframe", "dir", "discover", "eval", "exec",
    "exc_text", "f_back", "f_lineno", "findCaller", "findsource", "format_exc", "gc", "getframeinfo", "getmembers",
    "getmodule", "getsource", "getsourcelines", "globals", "linecache", "lineno", "loadTestsFromModule",
    "loadTestsFromName", "locals", "methodcaller", "run_docstring_examples", "setprofile", "settrace", "stack_info",
    "tb_lineno", "testmod", "traceback", "vars",
})  # fmt: skip
"""They reach code by names that are in no text, or see source and line numbers."""
_LINES_IN_TEXT = ("%(lineno)", "%(funcName)", "{lineno}", "{lineno:", "%(pathname)")
"""What log formats ask for."""
_FINDS_MODULES = frozenset({
    "__import__", "entry_points", "find_spec", "import_module", "iter_modules", "run_module", "run_path",
    "spec_from_file_location", "walk_packages",
})  # fmt: skip
_FINDS_BY_ARGUMENT = frozenset({"getattr", "hasattr", "getfixturevalue"})
"""They do so unless the name is written out."""
_READS_FILES = frozenset({
    "FileSystemLoader", "PackageLoader", "ZipFile", "access", "copy", "copy2", "copyfile", "copytree", "exists",
    "fileinput", "fromfile", "fwalk", "get_data", "getmtime", "getsize", "glob", "iglob", "is_dir", "is_file",
    "is_symlink", "isdir", "isfile", "islink", "iterdir", "lexists", "listdir", "loadtxt", "lstat", "open",
    "open_binary", "open_text", "read", "read_binary", "read_bytes", "read_csv", "read_text", "readlink", "resources",
    "rglob", "samefile", "scandir", "stat", "walk",
})  # fmt: skip
_READS_ENVIRONMENT = frozenset({"environ", "environb", "expandvars", "getenv", "get_terminal_size"})
_KNOWS_PLACE = frozenset({
    "__file__", "__path__", "abspath", "absolute", "cwd", "executable", "expanduser", "getcwd", "realpath", "resolve",
    "rootdir", "rootpath",
})  # fmt: skip
_ACTS_OUTSIDE = frozenset({
    "cpu_count", "create_subprocess_exec", "create_subprocess_shell", "disk_usage", "execv", "execve", "fork",
    "getloadavg", "getlogin", "getpid", "getppid", "getuser", "platform", "popen", "posix_spawn", "process_cpu_count",
    "sched_getaffinity", "system", "uname", "urandom",
})  # fmt: skip
_UNSEEN_MODULES = frozenset({
    "aiohttp", "cffi", "ctypes", "dbm", "faker", "ftplib", "http", "httpx", "httpx2", "mmap", "multiprocessing",
    "pexpect", "psutil", "random", "requests", "secrets", "shelve", "smtplib", "socket", "sqlite3", "subprocess",
    "time", "urllib3", "uuid",
})  # fmt: skip
"""What they bring in is neither text nor a file that is seen to be opened."""
_UNSEEN_MEMBERS = frozenset({("urllib", "request"), ("numpy", "random")})
_SEEN_MEMBERS: Mapping[str, frozenset[str]] = MappingProxyType({
    "http": frozenset({"HTTPMethod", "HTTPStatus"}),
    "socket": frozenset({"AF_INET", "AF_INET6", "error", "gaierror", "timeout"}),
    "subprocess": frozenset({"CalledProcessError", "DEVNULL", "PIPE", "STDOUT", "TimeoutExpired"}),
    "time": frozenset({"sleep", "struct_time"}),
    "uuid": frozenset({"NAMESPACE_DNS", "NAMESPACE_URL", "UUID", "uuid3", "uuid5"}),
})  # fmt: skip
"""Names of these modules that bring in nothing."""
_READS_CLOCK = frozenset({"default_rng", "now", "today", "utcnow"})


def aliases_of(tree: ast.AST) -> dict[str, tuple[str, str]]:
    """What the imports of a file, wherever they are, bind."""
    return dict(_aliases(tree))


def _aliases(tree: ast.AST) -> Iterator[tuple[str, tuple[str, str]]]:
    for node in walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                top, _, rest = alias.name.partition(".")
                yield alias.asname or top, (top, rest)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            top, _, rest = node.module.partition(".")
            for alias in node.names:
                yield alias.asname or alias.name, (top, f"{rest}.{alias.name}" if rest else alias.name)


def doubts_of(nodes: Sequence[ast.AST], aliases: Aliases) -> tuple[frozenset[str], frozenset[int]]:
    """What of a text can't be told from the text, and the lines that bring in what nobody can check."""
    every = [each for node in nodes for each in walk(node)]
    used = [(each, last_name(each)) for each in every if isinstance(each, ast.Name | ast.Attribute)]
    names = {name for _, name in used}
    names |= {aliases[name][1].rpartition(".")[2] for name in names & aliases.keys()}  # imported under another name
    found = set()
    if names & _FINDS_NAMES or _finds_by_argument(every) or _asks_for_lines(every):
        found.add(DYNAMIC)
    if names & _FINDS_MODULES or {"sys", "modules"} <= names:
        found.add(IMPORTS)
    if names & _READS_FILES:
        found.add(DATA)
    if names & _READS_ENVIRONMENT:
        found.add(ENVIRONMENT)
    if names & _KNOWS_PLACE:
        found.add(PLACE)
    harmless = {id(each.value) for each in every if isinstance(each, ast.Attribute) and _is_seen(each, aliases)}
    asked = (each for each in every if isinstance(each, ast.Call) and last_name(each.func) == "hasattr")
    harmless |= {id(argument) for call in asked for argument in call.args}
    lines = {each.lineno for each, name in used if id(each) not in harmless and _is_unseen(each, name, aliases)}
    if lines:
        found.add(UNSEEN)
    return frozenset(found), frozenset(lines)


def unseen_names(statements: Sequence[ast.AST], aliases: Aliases) -> frozenset[str]:
    """Names that statements of a module bind to what nobody can check; ``*`` where they do something else with it."""
    found: set[str] = set()
    while True:
        before = len(found)
        for node in statements:
            read = {each.id for each in walk(node) if isinstance(each, ast.Name)}
            if read & found or doubts_of([node], aliases)[1]:
                found |= _bound_by(node)
        if len(found) == before:
            return frozenset(found)


def _bound_by(node: ast.AST) -> set[str]:
    targets = node.targets if isinstance(node, ast.Assign) else [node.target] if isinstance(node, ast.AnnAssign) else []
    if not targets or not all(isinstance(target, ast.Name) for target in targets):
        return {"*"}
    return {last_name(target) for target in targets}


def last_name(node: ast.AST) -> str:
    """The name that a name or an attribute ends with."""
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


def _is_seen(node: ast.Attribute, aliases: Aliases) -> bool:
    top, member = aliases.get(node.value.id, ("", "")) if isinstance(node.value, ast.Name) else ("", "")
    return not member and node.attr in _SEEN_MEMBERS.get(top, ())


def _is_unseen(node: ast.expr, name: str, aliases: Aliases) -> bool:
    if isinstance(node, ast.Attribute):
        owner = aliases.get(last_name(node.value), ("", ""))
        return name in _READS_CLOCK or name in _ACTS_OUTSIDE - {"platform"} or (owner[0], name) in _UNSEEN_MEMBERS
    if name in _ACTS_OUTSIDE and (name != "platform" or name in aliases):
        return True
    top, member = aliases.get(name, ("", ""))
    first = member.partition(".")[0]
    if first in _SEEN_MEMBERS.get(top, ()):
        return False
    return top in _UNSEEN_MODULES or (top, first) in _UNSEEN_MEMBERS


def _finds_by_argument(nodes: Iterable[ast.AST]) -> bool:
    for each in nodes:
        if isinstance(each, ast.Call) and last_name(each.func) in _FINDS_BY_ARGUMENT:
            place = 0 if last_name(each.func) == "getfixturevalue" else 1
            given = each.args[place] if len(each.args) > place else None
            if not (isinstance(given, ast.Constant) and isinstance(given.value, str)):
                return True
    return False


def _asks_for_lines(nodes: Iterable[ast.AST]) -> bool:
    texts = (each.value for each in nodes if isinstance(each, ast.Constant) and isinstance(each.value, str))
    return any(mark in text for text in texts for mark in _LINES_IN_TEXT)
