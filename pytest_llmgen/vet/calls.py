"""What no unit test has any business using.  Names are refused wherever they stand, not only in calls."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.scope import Scope

_PROCESS = "it starts or ends processes: test the project's function with a stand-in instead"
_DYNAMIC = "it runs code made of strings or loaded by name: write the code out"
_NATIVE = "it reaches below Python"
_INTERPRETER = "it changes the interpreter for all other tests: use monkeypatch on the project's own names"
_FILES = "it works on files outside tmp_path: use tmp_path and pathlib"

MODULES: Mapping[str, tuple[str, str]] = {
    **dict.fromkeys(("subprocess", "multiprocessing", "pty", "posix", "nt", "popen2", "venv", "ensurepip", "pip",
                     "webbrowser", "asyncio.subprocess", "antigravity", "turtle", "tkinter", "curses"),
                    ("starts-process", _PROCESS)),
    **dict.fromkeys(("importlib", "imp", "runpy", "pkgutil", "code", "codeop", "builtins", "pydoc", "zipimport", "pdb",
                     "bdb", "trace", "cProfile", "profile", "doctest", "timeit", "logging.config", "symtable",
                     "compileall", "py_compile", "modulefinder", "zipapp", "sqlite3.dump", "_frozen_importlib"),
                    ("dynamic-code", _DYNAMIC)),
    **dict.fromkeys(("ctypes", "cffi", "mmap", "fcntl", "resource", "termios", "tty", "winreg", "msvcrt", "marshal",
                     "readline", "syslog", "nis", "spwd", "grp", "crypt"), ("native-code", _NATIVE)),
    **dict.fromkeys(("atexit", "site", "faulthandler", "tracemalloc", "sitecustomize", "usercustomize"),
                    ("interpreter-state", _INTERPRETER)),
    **dict.fromkeys(("ftplib", "smtplib", "telnetlib", "poplib", "imaplib", "nntplib", "xmlrpc", "socketserver"),
                    ("network", "it talks to a network service: use a stand-in")),
}  # fmt: skip
PARTIAL: Mapping[str, tuple[frozenset[str], str, str]] = {
    "os": (
        frozenset(
            ["altsep", "curdir", "devnull", "environ", "extsep", "fsdecode", "fsencode", "fspath", "get_terminal_size", "getcwd", "getenv", "getpid", "linesep", "listdir", "lstat", "mkdir", "makedirs", "name", "pardir", "path", "pathsep", "PathLike", "DirEntry", "scandir", "sep", "stat", "strerror", "stat_result", "urandom", "walk", "cpu_count", "access", "R_OK", "W_OK", "X_OK", "F_OK", "error", "remove", "unlink", "rmdir", "removedirs", "rename", "renames", "replace", "symlink", "link", "chmod", "utime", "truncate"]
        ),
        "starts-process",
        "tests use of os only paths, listings and os.environ (reading)",
    ),
    "sys": (
        frozenset(
            ["stdin", "stdout", "stderr", "version", "version_info", "platform", "maxsize", "maxunicode", "float_info", "int_info", "hash_info", "byteorder", "getsizeof", "getrecursionlimit", "getdefaultencoding", "getfilesystemencoding", "getrefcount", "executable", "implementation", "argv", "exc_info", "intern", "int_max_str_digits", "get_int_max_str_digits", "hexversion"]
        ),
        "interpreter-state",
        _INTERPRETER,
    ),
    "signal": (frozenset({"Signals", "SIGINT", "SIGTERM", "SIGHUP", "SIGKILL"}), "signals", "it sends or handles signals"),
    "gc": (frozenset({"collect"}), "introspection", "it walks the interpreter's objects"),
    "shutil": (
        frozenset(
            ["rmtree", "move", "copy", "copy2", "copyfile", "copytree", "copymode", "copystat", "copyfileobj", "which", "disk_usage", "make_archive", "unpack_archive", "get_terminal_size", "Error", "SameFileError", "get_archive_formats"]
        ),
        "file-outside-tmp",
        _FILES,
    ),
}  # fmt: skip
NAMES: Mapping[str, tuple[str, str]] = {
    "os._exit": ("exit", "it ends the test run"),
    "os.abort": ("exit", "it ends the test run"),
    "sys.exit": ("exit", "it ends the test run: to test an exit use pytest.raises(SystemExit)"),
    "builtins.exit": ("exit", "it ends the test run"),
    "builtins.quit": ("exit", "it ends the test run"),
    "os.chdir": ("file-outside-tmp", "it changes the folder for all other tests: use monkeypatch.chdir(tmp_path)"),
    "os.putenv": ("environment", "use monkeypatch.setenv"),
    "os.unsetenv": ("environment", "use monkeypatch.delenv"),
    "os.open": ("file-outside-tmp", _FILES),
    "builtins.eval": ("dynamic-code", _DYNAMIC),
    "builtins.exec": ("dynamic-code", _DYNAMIC),
    "builtins.compile": ("dynamic-code", _DYNAMIC),
    "builtins.__import__": ("dynamic-code", _DYNAMIC),
    "builtins.__loader__": ("dynamic-code", _DYNAMIC),
    "builtins.__spec__": ("dynamic-code", _DYNAMIC),
    "builtins.breakpoint": ("interactive", "nobody is there to answer"),
    "builtins.input": ("interactive", "nobody is there to answer: monkeypatch builtins.input"),
    "builtins.help": ("interactive", "nobody is there to answer"),
    "builtins.globals": ("introspection", "it reaches into the module's namespace"),
    "builtins.__builtins__": ("introspection", "it reaches into the interpreter"),
    "types.FunctionType": ("dynamic-code", _DYNAMIC),
    "types.CodeType": ("dynamic-code", _DYNAMIC),
    "types.ModuleType": ("dynamic-code", _DYNAMIC),
    "asyncio.create_subprocess_exec": ("starts-process", _PROCESS),
    "asyncio.create_subprocess_shell": ("starts-process", _PROCESS),
    "concurrent.futures.ProcessPoolExecutor": ("starts-process", _PROCESS),
    "threading.settrace": ("interpreter-state", _INTERPRETER),
    "threading.setprofile": ("interpreter-state", _INTERPRETER),
    "time.tzset": ("interpreter-state", _INTERPRETER),
    "socket.setdefaulttimeout": ("interpreter-state", _INTERPRETER),
    "pickle.Unpickler": ("pickle", "unpickle only what the same test pickled: pickle.loads(pickle.dumps(x))"),
    "shelve.open": ("pickle", "shelve unpickles files"),
    "inspect.currentframe": ("introspection", "it walks the interpreter's frames"),
    "inspect.stack": ("introspection", "it walks the interpreter's frames"),
}  # fmt: skip
ATTRIBUTES = frozenset(
    [
        "__globals__",
        "__builtins__",
        "__subclasses__",
        "__bases__",
        "__mro__",
        "__code__",
        "__closure__",
        "__loader__",
        "__spec__",
        "__import__",
        "__getattribute__",
        "__reduce__",
        "__reduce_ex__",
        "__self__",
        "__func__",
        "gi_frame",
        "gi_code",
        "cr_frame",
        "ag_frame",
        "f_globals",
        "f_builtins",
        "f_locals",
        "f_back",
        "tb_frame",
        "tb_next",
        "enable_load_extension",
        "load_extension",
    ]
)
HARMLESS_IMPORTS = frozenset({"importlib.metadata", "importlib.resources", "multiprocessing.pool.ThreadPool"})
_PATCHERS = ("monkeypatch", "mocker", "patch", "mock")


def check_calls(scope: Scope) -> Iterator[Refusal]:
    """Refusals for processes, code from strings, interpreter state and the like."""
    allowed = frozenset(id(node) for call in scope.walk() for node in _handed_to_patcher(call))
    inner = {id(node.value) for node in scope.walk() if isinstance(node, ast.Attribute)}
    for node in scope.walk():
        if isinstance(node, ast.Attribute) and node.attr in ATTRIBUTES:
            yield _unsafe(scope, "introspection", f"{node.attr} reaches into the interpreter", node)
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield from _check_import(scope, node)
        elif isinstance(node, ast.Attribute | ast.Name) and id(node) not in inner:
            yield from _check_reference(scope, node, handed=id(node) in allowed)
        elif isinstance(node, ast.Call):
            yield from _check_reflection(scope, node)
            yield from _check_pickle(scope, node)
        yield from _check_environment(scope, node)


def _unsafe(scope: Scope, code: str, message: str, node: ast.AST) -> Refusal:
    return scope.refusal(code, message, node, Fate.UNSAFE)


def _check_import(scope: Scope, node: ast.Import | ast.ImportFrom) -> Iterator[Refusal]:
    names = [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        names = [f"{node.module or ''}.{name}" for name in names]
    for name in names:
        yield from _check_dotted(scope, scope.real(name), node, is_module=isinstance(node, ast.Import))


def _check_reference(scope: Scope, node: ast.AST, *, handed: bool) -> Iterator[Refusal]:
    dotted = scope.dotted(node)
    if dotted is None:
        return
    yield from _check_dotted(scope, dotted, node, is_module=handed)
    if isinstance(node, ast.Attribute) and not scope.is_project(dotted) and not dotted.startswith("builtins."):
        private = [p for p in dotted.split(".")[1:] if p.startswith("_") and not p.endswith("__")]
        if private and dotted.partition(".")[0] in scope.facts.stdlib | scope.facts.installed and dotted not in NAMES:
            yield _unsafe(scope, "introspection", f"{dotted} is private to another package", node)


def _check_dotted(scope: Scope, dotted: str, node: ast.AST, *, is_module: bool) -> Iterator[Refusal]:
    if any(dotted == name or dotted.startswith(f"{name}.") for name in HARMLESS_IMPORTS):
        return
    top, _, rest = dotted.partition(".")
    if scope.is_project(dotted):
        return
    for end in range(len(dotted), 0, -1):
        if (end == len(dotted) or dotted[end] == ".") and dotted[:end] in NAMES:
            code, message = NAMES[dotted[:end]]
            yield _unsafe(scope, code, f"{dotted}: {message}", node)
            return
    for name, (code, message) in MODULES.items():
        if (dotted == name or dotted.startswith(f"{name}.")) and (name != "builtins" or not rest):
            yield _unsafe(scope, code, f"{dotted}: {message}", node)
            return
    if top in PARTIAL:
        names, code, message = PARTIAL[top]
        if (not rest and not is_module) or (rest and rest.partition(".")[0] not in names):
            yield _unsafe(scope, code, f"{dotted}: {message}", node)


def _handed_to_patcher(node: ast.AST) -> Iterator[ast.AST]:
    """Modules may be values only as the thing that monkeypatch or mock.patch works on."""
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.args:
        roots = {each.id for each in ast.walk(node.func) if isinstance(each, ast.Name)}
        if roots & set(_PATCHERS) and node.func.attr in {"setattr", "delattr", "object", "dict", "multiple"}:
            yield node.args[0]


def _check_reflection(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    name = scope.dotted(node.func)
    if name not in {
        "builtins.getattr",
        "builtins.setattr",
        "builtins.delattr",
        "operator.attrgetter",
        "operator.methodcaller",
    }:
        return
    for arg in node.args[1:2] if name.startswith("builtins") else node.args:
        if isinstance(arg, ast.Constant) and any(part in ATTRIBUTES for part in str(arg.value).split(".")):
            yield _unsafe(scope, "introspection", f"{arg.value} reaches into the interpreter", node)
        elif not isinstance(arg, ast.Constant | ast.Name) or _is_computed(scope, arg):
            yield _unsafe(scope, "dynamic-code", "an attribute's name is put together: write the attribute out", node)
    first = node.args[0] if node.args else None
    dotted = scope.dotted(first) if first is not None else None
    if dotted and name != "builtins.getattr" and name.startswith("builtins") and not _is_own(scope, dotted):
        yield _unsafe(
            scope, "interpreter-state", f"it changes {ast.unparse(node.args[0])}: use monkeypatch.setattr", node
        )


def _is_own(scope: Scope, dotted: str) -> bool:
    return dotted.partition(".")[0] not in scope.facts.stdlib | scope.facts.project | scope.facts.installed


def _is_computed(scope: Scope, arg: ast.AST) -> bool:
    if not isinstance(arg, ast.Name):
        return False
    values = [
        node.value
        for node in scope.walk()
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == arg.id for t in node.targets)
    ]
    return any(not isinstance(value, ast.Constant) for value in values)


def _check_pickle(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    if scope.dotted(node.func) not in {"pickle.load", "pickle.loads", "dill.loads", "dill.load"}:
        return
    dumps = any(
        (scope.dotted(each) or "").endswith((".dumps", ".dump"))
        for each in scope.walk()
        if isinstance(each, ast.Attribute | ast.Name)
    )
    if not dumps or any(isinstance(arg, ast.Constant) for arg in node.args):
        message = "unpickle only what the same test pickled: pickle.loads(pickle.dumps(x))"
        yield _unsafe(scope, "pickle", message, node)


def _check_environment(scope: Scope, node: ast.AST) -> Iterator[Refusal]:
    written: list[ast.AST] = []
    if isinstance(node, ast.Assign | ast.Delete):
        written = list(node.targets)
    elif isinstance(node, ast.AugAssign | ast.AnnAssign):
        written = [node.target]
    elif isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        if node.func.attr in {"update", "setdefault", "pop", "popitem", "clear", "__setitem__", "__delitem__"}:
            written = [node.func.value]
    for each in written:
        inner: ast.AST = each
        while isinstance(inner, ast.Subscript):
            inner = inner.value
        dotted = scope.dotted(inner) if isinstance(inner, ast.Attribute | ast.Name) else None
        if dotted == "os.environ":
            yield _unsafe(scope, "environment", "it changes the environment: use monkeypatch.setenv or delenv", node)
        elif dotted and isinstance(inner, ast.Attribute) and not _is_own(scope, dotted):
            message = f"it changes {ast.unparse(inner)} for all other tests: use monkeypatch.setattr"
            yield _unsafe(scope, "interpreter-state", message, node)
