"""Files and hosts: what a test writes must be under ``tmp_path``, what it calls must be loopback."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import partial

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.scope import Scope, assignments, flow, parameters

TEMPORARY = frozenset({"tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory"})
_WRITES = {  # dotted name -> positions of the arguments that must be temporary
    **dict.fromkeys(("os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.chmod", "os.utime", "os.truncate",
                     "os.mkdir", "os.makedirs", "shutil.rmtree"), (0,)),
    **dict.fromkeys(("os.rename", "os.renames", "os.replace", "shutil.move"), (0, 1)),
    **dict.fromkeys(("os.symlink", "os.link", "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree",
                     "shutil.copymode", "shutil.copystat", "shutil.unpack_archive"), (1,)),
    "shutil.make_archive": (0,),
    "logging.FileHandler": (0,),
    "dbm.open": (0,),
}  # fmt: skip
_OPENERS = frozenset(
    {"builtins.open", "io.open", "codecs.open", "gzip.open", "bz2.open", "lzma.open", "zipfile.ZipFile", "tarfile.open"}
)
_PATH_WRITES = frozenset(
    [
        "write_text",
        "write_bytes",
        "unlink",
        "rmdir",
        "touch",
        "mkdir",
        "rename",
        "symlink_to",
        "hardlink_to",
        "chmod",
        "extractall",
    ]
)
_CLIENTS = ("socket.", "http.client.", "urllib.request.", "requests.", "httpx.", "aiohttp.", "urllib3.")
_REQUESTS = frozenset(
    [
        "create_connection",
        "urlopen",
        "urlretrieve",
        "HTTPConnection",
        "HTTPSConnection",
        "get",
        "post",
        "put",
        "delete",
        "head",
        "patch",
        "request",
        "getaddrinfo",
        "gethostbyname",
        "stream",
    ]
)
_LOOPBACK = ("127.", "localhost", "::1", "[::1]", "0.0.0.0")  # noqa: S104 (a name to look for, not to bind)


def check_borders(scope: Scope) -> Iterator[Refusal]:
    """Refusals for writing outside ``tmp_path`` and for talking to other machines."""
    escaping = flow(
        iter(scope.pieces), frozenset(), lambda value, names: _escapes(scope, value) or _mentions(value, names)
    )
    temporary = partial(_is_temporary, scope, _temporary_names(scope, escaping), escaping)
    for node in scope.walk():
        if isinstance(node, ast.Call):
            yield from (
                _outside(scope, path, node)
                for path in _written(scope, node)
                if not (_is_buffer(scope, path) or temporary(path))
            )
            yield from _check_host(scope, node)


def _outside(scope: Scope, path: ast.AST, node: ast.AST) -> Refusal:
    message = f"it writes to {ast.unparse(path)}: write only to paths made from tmp_path"
    return scope.refusal("file-outside-tmp", message, node, Fate.UNSAFE)


def _written(scope: Scope, node: ast.Call) -> Iterator[ast.AST]:
    """The expressions for the paths that a call writes to."""
    name = scope.dotted(node.func)
    if name in _WRITES:
        yield from (node.args[i] for i in _WRITES[name] if i < len(node.args))
        yield from (k.value for k in node.keywords if k.arg in {"dst", "path", "name", "filename", "extract_dir"})
    elif name in _OPENERS and node.args:
        if _mode_writes(node, 1):
            yield node.args[0]
    elif name == "sqlite3.connect" and node.args:
        if not (isinstance(node.args[0], ast.Constant) and node.args[0].value in {":memory:", ""}):
            yield node.args[0]
    elif name is None or "pathlib" in name:
        yield from _written_by_method(scope, node)


def _written_by_method(scope: Scope, node: ast.Call) -> Iterator[ast.AST]:
    if not isinstance(node.func, ast.Attribute) or not _is_path(scope, node.func.value):
        return
    if node.func.attr in _PATH_WRITES or (node.func.attr == "open" and _mode_writes(node, 0)):
        yield node.func.value
    if node.func.attr in {"rename", "replace"}:
        yield from node.args[:1]


def _mode_writes(node: ast.Call, position: int) -> bool:
    modes = [k.value for k in node.keywords if k.arg == "mode"] + node.args[position : position + 1]
    return any(not isinstance(m, ast.Constant) or bool(set(str(m.value)) & set("wax+")) for m in modes)


def _is_path(scope: Scope, node: ast.AST) -> bool:
    """Whether an expression is built on pathlib or on a fixture for temporary paths."""
    names = flow(
        iter(scope.pieces), TEMPORARY, lambda value, known: _mentions(value, known) or _uses_pathlib(scope, value)
    )
    return _mentions(node, names) or _uses_pathlib(scope, node)


def _uses_pathlib(scope: Scope, node: ast.AST) -> bool:
    return any(
        (scope.dotted(each) or "").startswith("pathlib.")
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name)
    )


def _mentions(node: ast.AST, names: frozenset[str]) -> bool:
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _escapes(scope: Scope, node: ast.AST) -> bool:
    """Whether a path could lead out of where it starts: absolute parts, ``..``, home, ``__file__``."""
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str):
            if each.value.startswith(("/", "~", "\\")) or ".." in each.value.replace("\\", "/").split("/"):
                return True
        elif (
            isinstance(each, ast.Attribute)
            and each.attr
            in {
                "parent",
                "parents",
                "home",
                "cwd",
                "anchor",
                "expanduser",
            }
            or isinstance(each, ast.Name)
            and scope.dotted(each) == "builtins.__file__"
        ):
            return True
    return False


def _temporary_names(scope: Scope, escaping: frozenset[str]) -> frozenset[str]:
    """Names whose every assignment is a temporary path."""
    fixtures = {f.name for f in scope.functions if TEMPORARY & set(parameters(f))}
    names = frozenset(TEMPORARY | fixtures)
    pairs = [pair for piece in scope.pieces for node in ast.walk(piece) for pair in assignments(node)]
    while True:
        good = {n for targets, value in pairs for n in targets if _is_temporary(scope, names, escaping, value)}
        bad = {n for targets, value in pairs for n in targets if not _is_temporary(scope, names, escaping, value)}
        if not (more := good - bad - names):
            return names
        names |= more


def _is_temporary(scope: Scope, names: frozenset[str], escaping: frozenset[str], node: ast.AST) -> bool:
    if _escapes(scope, node) or _mentions(node, escaping):
        return False
    return _mentions(node, names) or any(
        (scope.dotted(each) or "").startswith("tempfile.")
        for each in ast.walk(node)
        if isinstance(each, ast.Attribute | ast.Name)
    )


def _is_buffer(scope: Scope, node: ast.AST) -> bool:
    buffers = flow(
        iter(scope.pieces), frozenset(), lambda value, names: _mentions(value, names) or _is_io(scope, value)
    )
    return _is_io(scope, node) or (isinstance(node, ast.Name) and node.id in buffers)


def _is_io(scope: Scope, node: ast.AST) -> bool:
    return isinstance(node, ast.Call) and scope.dotted(node.func) in {"io.BytesIO", "io.StringIO"}


def _check_host(scope: Scope, node: ast.Call) -> Iterator[Refusal]:
    name = scope.dotted(node.func) or ""
    tail = name.rpartition(".")[2]
    hosts = [h for arg in node.args for h in _hosts(arg)] + [h for k in node.keywords for h in _hosts(k.value)]
    is_request = name.startswith(_CLIENTS) and tail in _REQUESTS
    is_connect = isinstance(node.func, ast.Attribute) and node.func.attr in {"connect", "connect_ex", "sendto"}
    if is_connect:
        hosts = [h for arg in node.args if isinstance(arg, ast.Tuple) for h in _hosts(arg)]
    foreign = [h for h in hosts if not h.startswith(_LOOPBACK)]
    if (is_request and (foreign or not hosts)) or (is_connect and foreign):
        to = f"to {foreign[0]}" if foreign else "to a host that cannot be seen here"
        yield scope.refusal("network", f"it connects {to}: use a stand-in, or a server on 127.0.0.1", node, Fate.UNSAFE)


def _hosts(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr) and node.values:
        node = node.values[0]
    if isinstance(node, ast.Tuple) and node.elts:
        node = node.elts[0]
    if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value.partition("://")[2] or node.value
