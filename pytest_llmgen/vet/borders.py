"""Files: what a test writes must be under ``tmp_path``, and what it reads must not be other people's."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable, Iterator

from pytest_llmgen.records import Fate, Refusal
from pytest_llmgen.vet.known import words
from pytest_llmgen.vet.paths import MAKERS, TEMPORARY, Paths, mentions
from pytest_llmgen.vet.scope import Scope, flow

_WRITES = {  # dotted name -> positions of the arguments that must be temporary
    **dict.fromkeys(("os.remove", "os.unlink", "os.rmdir", "os.removedirs", "os.chmod", "os.utime", "os.truncate",
                     "os.mkdir", "os.makedirs", "shutil.rmtree"), (0,)),
    **dict.fromkeys(("os.rename", "os.renames", "os.replace", "shutil.move"), (0, 1)),
    **dict.fromkeys(("os.symlink", "os.link", "shutil.copy", "shutil.copy2", "shutil.copyfile", "shutil.copytree",
                     "shutil.copymode", "shutil.copystat", "shutil.unpack_archive"), (1,)),
    **dict.fromkeys(("shutil.make_archive", "logging.FileHandler", "logging.handlers.RotatingFileHandler",
                     "logging.handlers.TimedRotatingFileHandler", "logging.handlers.WatchedFileHandler"), (0,)),
    **dict.fromkeys(("dbm.open", "dbm.dumb.open", "dbm.gnu.open", "dbm.ndbm.open", "dbm.sqlite3.open"), (0,)),
    "asyncio.start_unix_server": (1,),
}  # fmt: skip
_KEYWORDS = words("src dst path name filename extract_dir base_name dest database")
_OPENERS = words(
    "builtins.open io.open codecs.open gzip.open bz2.open lzma.open zipfile.ZipFile tarfile.open gzip.GzipFile "
    "bz2.BZ2File lzma.LZMAFile io.FileIO wave.open tarfile.TarFile"
)
_PATH_WRITES = words(
    "write_text write_bytes unlink rmdir touch mkdir rename symlink_to hardlink_to link_to chmod lchmod"
)
_ONLY_OF_PATHS = words("write_text write_bytes unlink rmdir symlink_to hardlink_to lchmod")
"""Methods that hardly anything but a path has."""
_TRANSFERS = words("copy move copy_into move_into")
_LOCAL_WRITES = words(
    "write write_binary write_text ensure ensure_dir remove mksymlinkto mklinkto move copy setmtime chmod"
)
"""Methods of ``py.path``, which ``tmpdir`` gives."""
_ATTACHING = re.compile(r"\battach\b.*\bas\b|\bvacuum\b.*\binto\b", re.IGNORECASE | re.DOTALL)
"""SQL that opens or writes another file."""
_PATH_READS = words("read_text read_bytes iterdir glob rglob open")
_LISTINGS = words("os.listdir os.scandir os.walk glob.glob glob.iglob shutil.copy shutil.copyfile shutil.copytree")
_SECRETS = words(".env .git .ssh .netrc .pypirc .aws .gnupg .docker .kube id_rsa id_ed25519 shadow")
_HARMLESS = frozenset({"/dev/null", "/dev/zero", "/dev/full"})
_ELSEWHERE = "it is handed on: call it where its path can be seen"


def check_borders(scope: Scope) -> Iterator[Refusal]:
    """Refusals for writing outside ``tmp_path`` and for reading what is not the test's."""
    rules = _Borders(scope)
    for node in scope.walk():
        yield from rules.check(node)


class _Borders:
    def __init__(self, scope: Scope) -> None:
        self._scope, self._paths = scope, Paths(scope)
        self._called = {id(node.func) for node in scope.walk() if isinstance(node, ast.Call)}
        self._absolute = _names_of(scope, _is_private)
        self._buffers = flow(scope, frozenset(), lambda v, names: mentions(v, names) or self._is_io(v))
        self._stubs = flow(scope, frozenset(), lambda v, names: mentions(v, names) or self._is_stub(v))
        self._pathlike = flow(scope, TEMPORARY, lambda v, names: mentions(v, names) or self._uses_pathlib(v))
        self._local = flow(scope, frozenset({"tmpdir", "tmpdir_factory"}), mentions)
        self._tars = flow(
            scope, frozenset(), lambda v, names: mentions(v, names) or self._mentions_module(v, "tarfile.")
        )

    def check(self, node: ast.AST) -> Iterator[Refusal]:
        if isinstance(node, ast.Call):
            yield from self._check_writing(node)
            yield from self._check_reading(node)
            yield from self._check_links(node)
            yield from self._check_unpacking(node)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and _ATTACHING.search(node.value):
            if "sqlite3" in self._scope.modules | frozenset(self._scope.imported):
                yield self._refusal("SQL that opens another file", node)
        elif isinstance(node, ast.Name | ast.Attribute) and id(node) not in self._called:
            is_method = isinstance(node, ast.Attribute) and node.attr in _PATH_WRITES and self._is_path(node.value)
            if is_method or self._scope.dotted(node) in _OPENERS | _WRITES.keys():
                yield self._refusal(f"{ast.unparse(node)}: {_ELSEWHERE}", node)

    def _refusal(self, message: str, node: ast.AST) -> Refusal:
        return self._scope.refusal("file-outside-tmp", message, node, Fate.UNSAFE)

    def _check_writing(self, node: ast.Call) -> Iterator[Refusal]:
        for path in self._written(node):
            is_number = isinstance(path, ast.Constant) and isinstance(path.value, int)  # a descriptor
            if not is_number and not self._is_buffer(path) and not self._paths.is_temporary(path):
                yield self._refusal(f"{ast.unparse(path)} may be outside tmp_path: write there only", node)

    def _written(self, node: ast.Call) -> Iterator[ast.AST]:
        """The expressions for the paths that a call writes to."""
        name = self._scope.dotted(node.func) or ""
        if name in _WRITES:
            yield from (node.args[i] for i in _WRITES[name] if i < len(node.args))
            yield from (k.value for k in node.keywords if k.arg in _KEYWORDS or k.arg is None)
            yield from (arg for arg in node.args if isinstance(arg, ast.Starred))
        elif name in _OPENERS:
            yield from self._opened(node)
        elif name == "sqlite3.connect":
            places = [*node.args[:1], *(k.value for k in node.keywords if k.arg in {"database", None})]
            yield from (p for p in places if not (isinstance(p, ast.Constant) and p.value in {":memory:", ""}))
        elif name == "logging.basicConfig":
            yield from (k.value for k in node.keywords if k.arg in {"filename", None})
        elif name.startswith("tempfile.") and name.rpartition(".")[2] in MAKERS:
            yield from (k.value for k in node.keywords if k.arg == "dir")
        elif not name or "pathlib" in name or name.startswith(("xml.etree", *self._scope.facts.project)):
            yield from self._written_by_method(node)

    def _opened(self, node: ast.Call) -> Iterator[ast.AST]:
        """The path where something is opened for writing, or in a way that cannot be seen."""
        hidden: list[ast.expr] = [a for a in node.args if isinstance(a, ast.Starred)]
        hidden += [k.value for k in node.keywords if k.arg in {None, "opener"}]
        yield from hidden
        paths = [*node.args[:1], *(k.value for k in node.keywords if k.arg in {"file", "name", "filename"})]
        if not hidden and _mode_writes(node, 1):
            yield from paths

    def _written_by_method(self, node: ast.Call) -> Iterator[ast.AST]:
        if not isinstance(node.func, ast.Attribute):
            return
        method, receiver = node.func.attr, node.func.value
        if method == "write" and self._mentions_module(receiver, "xml.etree"):
            yield from node.args[:1]
        if method in _LOCAL_WRITES and mentions(receiver, self._local):
            yield receiver
        if method not in _PATH_WRITES | {"open", "replace"} | _TRANSFERS or self._is_someone_elses(receiver, method):
            return
        if method in _PATH_WRITES or (method == "open" and _mode_writes(node, 0)):
            is_folder = method == "mkdir" and isinstance(receiver, ast.Attribute) and receiver.attr == "parent"
            yield receiver.value if is_folder and isinstance(receiver, ast.Attribute) else receiver
        if method in {"rename", "replace", *_TRANSFERS}:
            yield from (*node.args[:1], *(k.value for k in node.keywords))

    def _is_someone_elses(self, receiver: ast.AST, method: str) -> bool:
        """Whether the object is no path: a stand-in, one of the test's or the project's, or not known as one."""
        if self._is_path(receiver):
            return False
        if method not in _ONLY_OF_PATHS:
            return True
        names = {each.id for each in ast.walk(receiver) if isinstance(each, ast.Name)}
        defined = any(isinstance(n, ast.FunctionDef) and n.name == method for n in self._scope.walk())
        is_project = self._scope.is_project(self._scope.dotted(receiver) or "")
        return bool(names & self._stubs) or defined or is_project

    def _check_reading(self, node: ast.Call) -> Iterator[Refusal]:
        name = self._scope.dotted(node.func) or ""
        read: list[ast.expr] = []
        if name in _OPENERS or name in _LISTINGS:
            read = node.args[:1]
        elif isinstance(node.func, ast.Attribute) and node.func.attr in _PATH_READS and self._is_path(node.func.value):
            read = [node.func.value]
        for path in read:
            if _is_private(path) or mentions(path, self._absolute):
                yield self._refusal(f"{ast.unparse(path)} is not the test's to read", node)

    def _check_links(self, node: ast.Call) -> Iterator[Refusal]:
        """A link may lead only to where writing is fine, or to a name beside it."""
        name = self._scope.dotted(node.func) or ""
        method = node.func.attr if isinstance(node.func, ast.Attribute) else ""
        if name not in {"os.symlink", "os.link"} and method not in {"symlink_to", "hardlink_to", "link_to"}:
            return
        for source in (*node.args[:1], *(k.value for k in node.keywords if k.arg in {"src", "target", None})):
            if not self._paths.is_temporary(source) and not _is_plain(source):
                yield self._refusal(f"a link to {ast.unparse(source)} leads outside tmp_path", node)

    def _check_unpacking(self, node: ast.Call) -> Iterator[Refusal]:
        if not isinstance(node.func, ast.Attribute) or node.func.attr != "extractall":
            return
        if self._scope.is_project(self._scope.dotted(node.func) or ""):
            return
        is_tar = mentions(node.func.value, self._tars) or self._mentions_module(node.func.value, "tarfile.")
        if is_tar and not any(k.arg == "filter" and _is_word(k.value, "data") for k in node.keywords):
            yield self._refusal('a tar file may hold any path: extractall(..., filter="data")', node)
        place = [*node.args[:1], *(k.value for k in node.keywords if k.arg == "path")]
        if not place or not self._paths.is_temporary(place[0]):
            yield self._refusal("it unpacks outside tmp_path: say where", node)

    def _is_path(self, node: ast.AST) -> bool:
        """Whether an expression is built on pathlib or on a fixture for temporary paths."""
        return mentions(node, self._pathlike) or self._uses_pathlib(node)

    def _uses_pathlib(self, node: ast.AST) -> bool:
        return self._mentions_module(node, "pathlib.")

    def _mentions_module(self, node: ast.AST, module: str) -> bool:
        parts = (each for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))
        return any((self._scope.dotted(each) or "").startswith(module) for each in parts)

    def _is_buffer(self, node: ast.AST) -> bool:
        return self._is_io(node) or (isinstance(node, ast.Name) and node.id in self._buffers)

    def _is_io(self, node: ast.AST) -> bool:
        return isinstance(node, ast.Call) and self._scope.dotted(node.func) in {"io.BytesIO", "io.StringIO"}

    def _is_stub(self, node: ast.AST) -> bool:
        if not isinstance(node, ast.Call):
            return False
        name = self._scope.dotted(node.func) or ""
        if self._scope.is_project(name) and name.rpartition(".")[2][:1].isupper():  # an object of the project's
            return True
        return name.startswith("unittest.mock.") or (
            isinstance(node.func, ast.Name) and node.func.id in self._scope.assigned
        )


def _names_of(scope: Scope, matches: Callable[[ast.AST], bool]) -> frozenset[str]:
    """Names that are bound to an expression of a kind, directly."""
    direct = ((bound, value) for bound, value in scope.pairs if not isinstance(value, ast.Call))
    return frozenset(name for bound, value in direct if matches(value) for name in bound)


def _is_plain(node: ast.AST) -> bool:
    """A name beside the link, written out."""
    return isinstance(node, ast.Constant) and not str(node.value).startswith(("/", "~")) and ".." not in str(node.value)


def _is_private(node: ast.AST) -> bool:
    """Whether a path that is read is absolute, in a home, or named like a secret."""
    joined = {id(each) for part in ast.walk(node) for each in _later_parts(part)}
    for each in ast.walk(node):
        if isinstance(each, ast.Constant) and isinstance(each.value, str) and each.value not in _HARMLESS:
            starts = each.value.startswith(("/", "~")) and id(each) not in joined
            if starts or _SECRETS & set(each.value.replace("\\", "/").split("/")):
                return True
        elif isinstance(each, ast.Attribute) and each.attr in {"home", "expanduser"}:
            return True
    return False


def _later_parts(node: ast.AST) -> list[ast.expr]:
    """Of a text that is put together, those after the first."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return [node.right]
    return node.values[1:] if isinstance(node, ast.JoinedStr) else []


def _is_word(node: ast.AST, word: str) -> bool:
    return isinstance(node, ast.Constant) and node.value == word


def _mode_writes(node: ast.Call, position: int) -> bool:
    modes = [k.value for k in node.keywords if k.arg == "mode"] + node.args[position : position + 1]
    return any(not isinstance(m, ast.Constant) or bool(set(str(m.value)) & set("wax+")) for m in modes)
