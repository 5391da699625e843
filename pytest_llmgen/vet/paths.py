"""Which expressions are temporary paths: built on ``tmp_path`` or ``tempfile`` by parts that cannot lead elsewhere."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping
from functools import cached_property

from pytest_llmgen.vet.known import words
from pytest_llmgen.vet.scope import Function, Scope, argnames, flow, parameters

TEMPORARY = frozenset({"tmp_path", "tmp_path_factory", "tmpdir", "tmpdir_factory"})
MAKERS = words("mkdtemp mkstemp TemporaryDirectory NamedTemporaryFile TemporaryFile SpooledTemporaryFile")
"""Of ``tempfile``; their ``dir`` decides where."""
_KEEPING = words(
    "builtins.str builtins.sorted builtins.list builtins.tuple builtins.set builtins.iter builtins.next "
    "builtins.reversed builtins.enumerate builtins.zip builtins.map builtins.open os.fspath os.fsencode "
    "os.fsdecode os.path.join "
    "os.path.abspath os.path.realpath os.path.normpath os.listdir os.scandir os.walk copy.copy copy.deepcopy "
    "pathlib.Path pathlib.PurePath pathlib.PosixPath pathlib.WindowsPath pathlib.PurePosixPath "
    "contextlib.closing contextlib.nullcontext zipfile.ZipFile tarfile.open io.open"
)
"""Calls that give nothing but what their arguments name."""
_KEPT: Mapping[str, int] = {"builtins.zip": 9, "builtins.map": 9}
"""How many of their first arguments count, where it is not one."""
_LEADING_UP = words(
    "parent parents root anchor drive parts home cwd expanduser __class__ __file__ environ getcwd getenv pardir sep "
    "altsep expandvars dirname commonpath commonprefix relpath split splitdrive gettempdir tempdir gettempprefix "
    "prefix rsplit partition rpartition replace removesuffix removeprefix strip lstrip rstrip translate "
    "relative_to __getitem__ getbasetemp dirpath readlink"
)
"""Attributes and methods of a path, or modules' functions, that may give another one outside of it."""
_DECODERS = words("chr decode fromhex b64decode b32decode b16decode unhexlify a2b_hex a2b_base64 decompress")
_HOMES = ("/", "~", "\\")


class Paths:
    """The temporary paths of a candidate."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._own = {f.name: f for f in ast_functions(scope)}

    @cached_property
    def escaping(self) -> frozenset[str]:
        """Names that may hold a path, or a part of one, that leads elsewhere."""
        return flow(self._scope, self._given(), lambda value, names: self.escapes(value) or mentions(value, names))

    @cached_property
    def names(self) -> frozenset[str]:
        """Names whose every assignment is a temporary path."""
        functions = self._scope.functions
        fixtures = {f.name for f in functions if TEMPORARY & set(parameters(f))}
        names = frozenset(TEMPORARY - {f.name for f in functions} - self._taken() | fixtures)
        while True:
            good: set[str] = set()
            bad: set[str] = set()
            for bound, value in self._scope.pairs:
                (good if self.is_temporary(value, names) else bad).update(bound)
            if good - bad <= names:
                return names - bad
            names |= good - bad

    def _taken(self) -> frozenset[str]:
        """Names of pytest's fixtures that are filled by something else: a table, a strategy, a caller."""
        scope = self._scope
        taken = {name for call in scope.test.decorator_list for name in argnames(scope, call)}
        taken |= {
            k.arg for call in scope.test.decorator_list if isinstance(call, ast.Call) for k in call.keywords if k.arg
        }
        for node in scope.walk():
            if isinstance(node, ast.Lambda) or (isinstance(node, Function) and not self._is_filled_by_pytest(node)):
                taken |= {arg.arg for arg in ast.walk(node.args) if isinstance(arg, ast.arg)}
        given = {name for bound, _ in scope.pairs for name in bound}
        return frozenset(taken - given)

    def _is_filled_by_pytest(self, node: Function) -> bool:
        decorators = (each.func if isinstance(each, ast.Call) else each for each in node.decorator_list)
        return node is self._scope.test or any(self._scope.dotted(each) == "pytest.fixture" for each in decorators)

    def escapes(self, node: ast.AST) -> bool:
        """Whether a path, or a part of one, could lead elsewhere: absolute, ``..``, home, cut or decoded text."""
        return any(self._is_way_out(each) for each in ast.walk(node))

    def _is_way_out(self, node: ast.AST) -> bool:
        if isinstance(node, ast.Constant):
            return isinstance(node.value, str | bytes) and _leads_out(_text(node.value))
        if isinstance(node, ast.Attribute):
            return node.attr in _LEADING_UP or node.attr in _DECODERS
        if isinstance(node, ast.Subscript):
            return isinstance(node.slice, ast.Slice)
        if isinstance(node, ast.Name):
            dotted = self._scope.dotted(node) or ""
            return dotted in {"builtins.__file__", "builtins.chr"} or dotted.rpartition(".")[2] in _LEADING_UP
        return False

    def is_temporary(self, node: ast.AST, names: frozenset[str] | None = None) -> bool:
        """Whether an expression can only be a path below a temporary folder."""
        known = self.names if names is None else names
        if names is None and mentions(node, self.escaping - known):
            return False
        return not self.escapes(node) and self._is_built_on(node, known)

    def _is_built_on(self, node: ast.AST, names: frozenset[str]) -> bool:
        if isinstance(node, ast.Name):
            return node.id in names
        if isinstance(node, ast.Call):
            return self._call(node, names)
        parts = _parts(node)
        return bool(parts) and all(self._is_built_on(part, names) for part in parts)

    def _call(self, node: ast.Call, names: frozenset[str]) -> bool:
        dotted = self._scope.dotted(node.func) or ""
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        if dotted.startswith("tempfile."):
            place = [keyword.value for keyword in node.keywords if keyword.arg in {"dir", None}]
            place += [arg for arg in node.args if self.escapes(arg) or isinstance(arg, ast.Starred)]
            return dotted.rpartition(".")[2] in MAKERS and all(self._is_built_on(each, names) for each in place)
        if isinstance(node.func, ast.Name) and node.func.id in self._own:
            return self._gives_temporary(self._own[node.func.id], names)
        if dotted in _KEEPING:
            return any(self._is_built_on(arg, names) for arg in given[: _KEPT.get(dotted, 1)])
        if self._scope.is_project(dotted):  # what the code under test makes of a temporary path is its own affair
            return any(self._is_built_on(arg, names) for arg in given)
        is_method = isinstance(node.func, ast.Attribute)
        return is_method and (self._is_built_on(node.func, names) or self._is_own_method(node, names))

    def _is_own_method(self, node: ast.Call, names: frozenset[str]) -> bool:
        """A method of an object of the project's, or one of its fixtures, that was given a temporary path."""
        root: ast.AST = node.func
        while isinstance(root, ast.Attribute | ast.Call):
            root = root.value if isinstance(root, ast.Attribute) else root.func
        if not isinstance(root, ast.Name):
            return False
        is_project = self._scope.is_project(self._scope.dotted(root) or "") or root.id in self._of_project
        given = [*node.args, *(keyword.value for keyword in node.keywords)]
        return is_project and any(self._is_built_on(arg, names) for arg in given)

    @cached_property
    def _of_project(self) -> frozenset[str]:
        """Names that hold objects of the project's, its fixtures among them."""
        scope = self._scope
        own = {name for name, dotted in scope.imported.items() if scope.is_project(dotted)}
        return flow(scope, frozenset(own) | scope.facts.fixtures - TEMPORARY, mentions)

    def _gives_temporary(self, function: Function, names: frozenset[str]) -> bool:
        answers = [n.value for n in ast.walk(function) if isinstance(n, ast.Return | ast.Yield) and n.value is not None]
        return bool(answers) and all(not self.escapes(a) and self._is_built_on(a, names) for a in answers)

    def _given(self) -> frozenset[str]:
        """Arguments that parametrize or hypothesis fill with what could lead elsewhere."""
        return frozenset(name for call in self._scope.test.decorator_list for name in self._filled(call))

    def _filled(self, call: ast.AST) -> Iterator[str]:
        if not isinstance(call, ast.Call):
            return
        dotted = self._scope.dotted(call.func)
        if dotted == "pytest.mark.parametrize" and self.escapes(call):
            texts = (n.value for arg in call.args[:1] for n in ast.walk(arg) if isinstance(n, ast.Constant))
            yield from (name.strip() for text in texts for name in str(text).split(","))
        elif dotted == "hypothesis.given":
            yield from (k.arg for k in call.keywords if k.arg and _may_be_text(k.value))
            if any(_may_be_text(arg) for arg in call.args):
                yield from set(parameters(self._scope.test)) - TEMPORARY


def _parts(node: ast.AST) -> list[ast.expr]:  # noqa: PLR0911 (one for each kind)
    """The expressions that must all be temporary for this one to be."""
    match node:
        case ast.IfExp(body=body, orelse=other):
            return [body, other]
        case ast.BinOp(left=ast.Constant(), op=ast.Mod(), right=value) | ast.DictComp(value=value):
            return [value]
        case (
            ast.BinOp(left=value, op=ast.Div() | ast.Add())
            | ast.JoinedStr(values=[ast.FormattedValue(value=value), *_])
        ):
            return [value]
        case ast.BoolOp(values=values) | ast.Dict(values=values):
            return values
        case ast.List(elts=values) | ast.Tuple(elts=values) | ast.Set(elts=values):
            return values
        case ast.ListComp(elt=value) | ast.GeneratorExp(elt=value) | ast.SetComp(elt=value):
            return [value]
        case ast.Attribute(value=value) | ast.Subscript(value=value) | ast.Starred(value=value):
            return [value]
        case ast.Await(value=value) | ast.NamedExpr(value=value):
            return [value]
    return []


def ast_functions(scope: Scope) -> Iterator[Function]:
    """The candidate's own functions, nested ones too."""
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    return (node for node in scope.walk() if isinstance(node, kinds) and node is not scope.test)


def mentions(node: ast.AST, names: frozenset[str]) -> bool:
    """Whether an expression reads one of the names."""
    return any(isinstance(each, ast.Name) and each.id in names for each in ast.walk(node))


def _may_be_text(strategy: ast.AST) -> bool:
    """Whether a strategy may give a text that is not written in it."""
    kinds = {n.attr for n in ast.walk(strategy) if isinstance(n, ast.Attribute)}
    kinds |= {n.id for n in ast.walk(strategy) if isinstance(n, ast.Name)}
    return bool(kinds & {"text", "from_regex", "characters", "binary", "data", "from_type"})


def _text(value: str | bytes) -> str:
    return value if isinstance(value, str) else value.decode("latin-1")


def _leads_out(text: str) -> bool:
    return text.startswith(_HOMES) or ".." in text.replace("\\", "/").split("/")
