"""Values for an annotation: typical ones first, then boundaries."""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import combinations, islice, product, zip_longest

from pytest_llmgen.generate.offline.code import (
    FunctionNode,
    Parameter,
    ParameterKind,
    decorator_names,
    dotted,
    parameters,
)
from pytest_llmgen.generate.offline.constraints import MADE, NAMED, limits_of, within
from pytest_llmgen.generate.offline.docs import examples_of
from pytest_llmgen.generate.offline.fakes import answering, fakes, stand_ins
from pytest_llmgen.generate.offline.standard import BASIC, SAME, basic
from pytest_llmgen.generate.offline.stubs import coroutine_functions
from pytest_llmgen.generate.offline.suggestions import suggested
from pytest_llmgen.generate.offline.terms import (
    MOVING_CLOCK,
    OMITTED,
    Term,
    from_source,
    is_changeable,
    is_edge,
    unique,
    value_of,
)
from pytest_llmgen.generate.offline.usage import annotated, with_uses
from pytest_llmgen.generate.offline.world import ClassKind, ClassShape, World, is_hook

MAX_DEPTH = 3
_PER_TYPE = 12
_PER_FIELD = 5
_PER_OBJECT = 24
_PER_HEIR = 3
_FACTORY_ROWS, _FACTORY_MADE = 3, 6
_SURE = 5
"""Objects from the constructor that come before those of factories."""
_LIKELY = 3
"""So many first values show which type a parameter takes."""
_FEW = {2, 3}
"""So many fields that every combination of their first values can be made."""
_FUNCTIONS, _FUNCTION_VALUES = 2, 4
_FILE_NAMES = {"path", "file", "filename", "file_name", "database", "db", "dir", "directory", "folder", "cache_dir"}

_STREAMS = ("AsyncIterable", "AsyncIterator", "AsyncGenerator")
_STREAM = """\
async def stream(*items):
    for item in items:
        yield item"""
_MANAGERS = (
    *("AbstractContextManager", "ContextManager", "AbstractAsyncContextManager", "AsyncContextManager"),
    "nullcontext",
)
_LISTS = {"list", "List", "Sequence", "MutableSequence", "Iterable", "Collection", "Container", "Reversible", "Sized"}
_SETS = {"set", "Set", "MutableSet", "AbstractSet"}
_DICTS = {"dict", "Dict", "Mapping", "MutableMapping", "OrderedDict", "defaultdict", "DefaultDict"}
_WRAPPERS = {"Annotated", "Final", "Required", "NotRequired", "ReadOnly", "ClassVar"}
_UNKNOWN = ("int", "str", "list[int]", "float", "None", "dict[str, int]")
_GRAPHS = ("{'a': ['b', 'c'], 'b': ['c'], 'c': []}", "{'a': ['b'], 'b': ['a']}", "{'a': ['a']}")
"""Names with those that belong to them: a part of something, a chain, a circle, itself."""
_TEXT_FILE = (
    "text_file = tmp_path / 'notes.txt'",
    "text_file.write_text('first\\nsecond\\n', encoding='utf-8')",
)


class Annotations:
    """Turns annotations into terms, knowing the classes of the project."""

    def __init__(
        self,
        world: World,
        hints: Mapping[str, Sequence[Term]] | None = None,
        seen: Mapping[str, Sequence[Term]] | None = None,
        given: Mapping[str, Sequence[Term]] | None = None,
        proved: Mapping[str, Sequence[Term]] | None = None,
        drawn: Mapping[str, Sequence[Term]] | None = None,
    ) -> None:
        """``hints``: values by what they are for; by class ``seen``: objects of tests, ``given``: fixtures.

        ``proved`` are objects that were seen to come into being, where most others do not; ``drawn`` come from
        Hypothesis strategies, by name as the code has it.
        """
        self._world, self._hints, self._seen, self._given = world, hints or {}, seen or {}, given or {}
        self._proved, self._drawn = proved or {}, drawn or {}

    def terms_of_text(self, text: str, depth: int = 0) -> list[Term]:
        """Terms for an annotation given as text; none where it cannot be read."""
        try:
            return self.terms(ast.parse(text, mode="eval").body, depth)
        except SyntaxError:
            return []

    def terms(self, node: ast.expr | None, depth: int = 0) -> list[Term]:  # noqa: PLR0911 (one case a line)
        """Terms for an annotation, typical ones first; an empty list where nothing can be built."""
        match node:
            case None:
                return self.unknown(depth)
            case ast.Constant(value=str() as text):
                return self.terms_of_text(text, depth)
            case ast.Constant(value=None):
                return basic("None")
            case ast.BinOp(op=ast.BitOr(), left=left, right=right):
                return self._union([left, right], depth)
            case ast.Subscript(value=value, slice=inner):
                return self._generic(dotted(value).rpartition(".")[2], inner, depth)
            case ast.Call(func=function, args=[_, *kinds], keywords=told) if dotted(function).endswith("TypeVar"):
                bounds = [item.value for item in told if item.arg == "bound"]
                return self._union(kinds or bounds, depth) if kinds or bounds else self.unknown(depth)
            case ast.Call(func=function) if (made := dotted(function).rpartition(".")[2]) in MADE:
                return within(self.terms_of_text(MADE[made], depth), limits_of([node]))
            case ast.Name() | ast.Attribute():
                return self._by_name(dotted(node), depth)
            case _:
                return []

    def imported(self, names: Iterable[str]) -> list[Term]:
        """A value of each library type that a module imports, of a number, a text and nothing: what else may be met."""
        kinds = [*(name for name in names if name in BASIC), "int", "str", "None"]
        return [term for rank in (0, 1) for kind in kinds for term in basic(kind)[rank : rank + 1]]

    def unknown(self, depth: int = 0) -> list[Term]:
        """Terms of several types, for what nothing is known of."""
        found = [self.terms_of_text(text, depth + 1)[:2] for text in _UNKNOWN]
        return [term for rank in range(2) for terms in found for term in terms[rank : rank + 1]]

    def assigned(self, name: str, kind: ast.expr) -> list[Term]:
        """Terms for an attribute that code compares with values: these first."""
        found = self.terms(kind, 1)
        hints = [term for term in self._hints.get(name, ()) if _is_like(term, found[: 2 * _LIKELY])]
        return unique([*hints, *found])

    def guessed(self, parameter: Parameter) -> list[Term]:
        """Terms where the annotation says nothing that can be built: by the name, else of several types."""
        wanted = suggested(parameter.name)
        return unique([*([wanted] if wanted else []), *self.unknown()])

    def _by_name(self, name: str, depth: int) -> list[Term]:
        plain = name.rpartition(".")[2]
        is_own = name == plain and name in self._world.classes  # the project may have a ``Pattern``, too
        known = basic(name) if name in BASIC and not is_own else self._named(plain, depth)
        drawn = () if plain in self._world.classes else self._drawn.get(name, self._drawn.get(plain, ()))
        return unique([*drawn, *known])

    def _named(self, name: str, depth: int) -> list[Term]:  # noqa: PLR0911 (a table of cases reads best so)
        name = SAME.get(name, name)
        if name in self._world.classes:
            shape = self._world.classes[name]
            return self.build(shape, depth) or fakes(shape, self, depth)
        if name in BASIC:
            return basic(name)
        if name in _LISTS | _SETS | _DICTS | {
            "tuple",
            "Tuple",
            "frozenset",
            "FrozenSet",
            *_MANAGERS,
            "MappingProxyType",
            "Iterator",
            "Generator",
            *_STREAMS,
        }:
            return self._generic(name, None, depth)
        if name in {"Path", "PosixPath", "PathLike"}:
            return _paths()
        if name == "Callable":
            return _callables(1)
        if name in NAMED:
            return self.terms_of_text(NAMED[name], depth)
        if name in self._world.aliases and depth < MAX_DEPTH:
            return self.terms(self._world.aliases[name], depth + 1)
        return self.unknown(depth) if name in {"Any", "object", "T", "K", "V", "Self"} or len(name) == 1 else []

    def _generic(self, name: str, inner: ast.expr | None, depth: int) -> list[Term]:
        parts = _parts(inner)
        makers: dict[str, Callable[[], list[Term]]] = {
            "Optional": lambda: self._union([*parts, ast.Constant(None)], depth),
            "Union": lambda: self._union(parts, depth),
            "Literal": lambda: [from_source(ast.unparse(part)) for part in parts],
            "tuple": lambda: self._tuples(parts, depth),
            "Tuple": lambda: self._tuples(parts, depth),
            "Callable": lambda: self._functions(parts, depth),
            "Iterator": lambda: self._iterators(parts, depth),
            **{name: lambda: self._entered(parts, depth) for name in _MANAGERS},
            "MappingProxyType": lambda: self._read_only(parts, depth),
            "Answering": lambda: answering([ast.literal_eval(part) for part in parts]),
            "Document": lambda: [from_source(ast.literal_eval(part)) for part in parts],
            "Record": lambda: self._records(parts, depth),
            "Stub": lambda: stand_ins([part.value for part in parts if isinstance(part, ast.Constant)]),
            **{name: lambda: self._streams(parts, depth) for name in _STREAMS},
            "Generator": lambda: self._iterators(parts, depth),
        }
        if name in makers:
            return makers[name]()
        if name in _WRAPPERS:
            return within(self.terms(parts[0], depth), limits_of(parts[1:]))
        if name in _DICTS:
            return self._dicts(parts, depth)
        if name in {"frozenset", "FrozenSet"}:
            return [_wrap("frozenset({})", term) for term in self._lists(parts, depth)]
        opening = ("{", "}") if name in _SETS else ("[", "]")
        if name in _LISTS | _SETS:
            return self._lists(parts, depth, opening, is_lazy=name == "Iterable" and not depth)
        return self._named(name, depth)

    def _union(self, parts: list[ast.expr], depth: int) -> list[Term]:
        found = [self.terms(part, depth) for part in parts]
        longest = max((len(terms) for terms in found), default=0)
        mixed = [terms[rank] for rank in range(longest) for terms in found if rank < len(terms)]
        return unique(mixed)[: 2 * _PER_TYPE]

    def _lists(
        self, parts: list[ast.expr], depth: int, marks: tuple[str, str] = ("[", "]"), *, is_lazy: bool = False
    ) -> list[Term]:
        if depth > MAX_DEPTH:
            return []
        items = self.terms(parts[0], depth + 1) if parts else basic("int")
        rows = _rows(items)
        empty = Term("set()" if marks[0] == "{" else "[]", is_edge=True, is_shared=True)
        shared = [_join(row, *marks) for row in rows]
        once = [_wrap("iter({})", term) for term in shared[:2]] if is_lazy else []
        return unique([*shared[:1], empty, *shared[1:2], *once, *shared[2:]])

    def _dicts(self, parts: list[ast.expr], depth: int) -> list[Term]:
        if depth > MAX_DEPTH:
            return []
        keys = self.terms(parts[0], depth + 1) if parts else basic("str")
        values = self.terms(parts[1], depth + 1) if len(parts) > 1 else basic("int")
        if not keys or not values:
            return [from_source("{}")]
        keys = [key for key in keys if not key.is_edge] or keys
        pairs = [_pair(key, values[i % len(values)]) for i, key in enumerate(keys)]
        more = [_pair(keys[0], value) for value in values[1:4]]
        known = parts and isinstance(parts[0], ast.Subscript) and dotted(parts[0].value).endswith("Literal")
        found = [_join(pairs[: None if known else 2], "{", "}"), from_source("{}"), _join(pairs[:1], "{", "}")]
        whole = [*found, *[_join([pair], "{", "}") for pair in more], _join(pairs[:4], "{", "}")]
        graphs = [from_source(text) for text in _GRAPHS] if _are_neighbours(parts) else []
        return unique([*graphs[:1], *whole[:2], *graphs[1:], *whole[2:]])

    def _tuples(self, parts: list[ast.expr], depth: int) -> list[Term]:
        if depth > MAX_DEPTH:
            return []
        if not parts or (isinstance(parts[-1], ast.Constant) and parts[-1].value is ...):
            return [_as_tuple(term) for term in self._lists(parts[:1], depth)]
        columns = [self.terms(part, depth + 1)[:4] for part in parts]
        rows = list(islice(product(*columns), 3 * _PER_TYPE))
        return [_as_tuple(_join(list(row), "[", "]")) for row in rows[:: max(1, len(rows) // _PER_TYPE)]]

    def _iterators(self, parts: list[ast.expr], depth: int) -> list[Term]:
        return [_wrap("iter({})", term) for term in self._lists(parts[:1], depth)]

    def _streams(self, parts: list[ast.expr], depth: int) -> list[Term]:
        """Calls of a helper that gives its arguments one after the other."""
        return [
            replace(term, source=f"stream({term.source[1:-1]})", helpers=(_STREAM,), is_shared=False)
            for term in self._lists(parts[:1], depth)
            if term.source.startswith("[")
        ]

    def _entered(self, parts: list[ast.expr], depth: int) -> list[Term]:
        """Blocks that give a value to whoever enters them."""
        values = self.terms(parts[0], depth + 1) if parts else basic("str")
        imports = ("from contextlib import nullcontext",)
        return [_gather(f"nullcontext({term.source})", [term], imports, is_shared=False) for term in values]

    def _read_only(self, parts: list[ast.expr], depth: int) -> list[Term]:
        imports = ("from types import MappingProxyType",)
        found = self._dicts(parts, depth)
        return [_gather(f"MappingProxyType({term.source})", [term], imports, is_shared=False) for term in found]

    def _records(self, parts: list[ast.expr], depth: int) -> list[Term]:
        """Objects that have nothing but the attributes that are read."""
        (told,) = parts
        assert isinstance(told, ast.Dict)
        names = [str(value_of(Term(ast.unparse(key)))) for key in told.keys if key is not None]
        fields = [Parameter(name, ParameterKind.KEYWORD, kind) for name, kind in zip(names, told.values, strict=True)]
        columns = [self.argument(field, depth + 1) for field in fields]
        if not all(columns):
            return []
        columns = _apart(columns)
        first = [column[0] for column in columns]
        imports = ("from types import SimpleNamespace",)
        return [
            _gather(f"SimpleNamespace({passed(tuple(fields), row)})", row, imports, is_shared=True)
            for row in _one_by_one(first, columns)
        ]

    def build(self, shape: ClassShape, depth: int = 0) -> list[Term]:
        """Objects of a class of the project: fixtures, then expressions that make them, the plainest first."""
        first = (self._given, self._proved, self._drawn)
        return unique([*(term for known in first for term in known.get(shape.name, ())), *self._made(shape, depth)])

    def _made(self, shape: ClassShape, depth: int) -> list[Term]:
        if shape.kind is ClassKind.ENUM:
            return _members(shape)
        if depth > MAX_DEPTH:
            return []
        if shape.kind is ClassKind.ABSTRACT:
            fitting = self._world.implementations(shape)
            return self.build(fitting[0], depth) if fitting else []
        columns = [
            list(shape.paths.get(parameter.name, ()))
            or self.argument(parameter, depth + 1)
            or self._by_use(parameter, shape, depth + 1)
            for parameter in shape.parameters
        ]
        if not all(columns):
            return self._made_by_factories(shape, depth)
        columns = _apart(columns)
        first = [column[0] for column in columns]
        rows = [first]
        if len(columns) in _FEW:
            rows.extend(list(row) for row in product(*(column[:3] for column in columns)))
        rows.extend(_functions_together(first, columns))
        rows.extend(_one_by_one(first, columns, _PER_FIELD if depth else _PER_OBJECT)[1:])
        made = [self._instance(shape, row) for row in rows]
        seen = self._seen.get(shape.name, ())
        # Arguments of one call begin with different values: none of them with a text that a factory refuses.
        first, rest = made[:_SURE], made[_SURE:]
        return unique([*first[:1], *seen, *first[1:], *self._made_by_factories(shape, depth), *rest])[:_PER_OBJECT]

    def _by_use(self, parameter: Parameter, shape: ClassShape, depth: int) -> list[Term]:
        """What the methods do with what a constructor takes, where its annotation names a class that nobody knows."""
        maker = shape.methods.get("__init__")
        if maker is None:
            return []
        (told,) = annotated((replace(parameter, annotation=None),), with_uses(maker, shape.methods))
        return self.argument(told, depth) if told.annotation is not None else []

    def receivers(self, shape: ClassShape, method: str) -> list[Term]:
        """Objects that have a method from a class: its own, and those of classes that inherit it."""
        own = self.build(shape)
        heirs = [self.build(heir)[:_PER_HEIR] for heir in self._world.heirs(shape, method)]
        inherited = [term for terms in zip_longest(*heirs) for term in terms if term is not None]
        if any(is_hook(node) for node in shape.methods.values()):
            return unique([*inherited, *own])
        return unique([*own[:2], *inherited, *own[2:]])

    def _made_by_factories(self, shape: ClassShape, depth: int) -> list[Term]:
        """Objects that class methods make: ``Version.parse("1.2.3")``."""
        found: list[Term] = []
        for name, node in shape.methods.items():
            if name.startswith("_") or not makes_own(node, shape.name) or depth >= MAX_DEPTH:
                continue
            items = annotated(parameters(node, skip_first="classmethod" in decorator_names(node)), node)
            columns = [self.argument(item, depth + 1) for item in items]
            if all(columns):
                row = [column[0] for column in columns]
                texts = [*(from_source(text) for text in _quoted_in(node)), *columns[0][:2]] if columns else [None]
                rows = [[text, *row[1:]] if text is not None else row for text in texts[:_FACTORY_ROWS]]
                found.extend(
                    _gather(f"{shape.name}.{name}({passed(items, each)})", each, (shape.statement,), is_shared=True)
                    for each in rows
                )
        return found[:_FACTORY_MADE]

    def _functions(self, parts: list[ast.expr], depth: int) -> list[Term]:
        result = self._behind(parts[-1]) if parts else None
        if isinstance(result, ast.Subscript) and dotted(result.value).rpartition(".")[2] in {"Awaitable", "Coroutine"}:
            inner = _parts(result.slice)
            return coroutine_functions(self.terms(inner[-1], depth + 1) or basic("int"), _arity(parts))
        return _callables(_arity(parts), result)

    def _behind(self, node: ast.expr) -> ast.expr:
        """What a name stands for: ``Coroutine[Any, Any, R]`` for ``Coro[R]``."""
        for _ in range(MAX_DEPTH):
            name = dotted(node.value if isinstance(node, ast.Subscript) else node)
            if name not in self._world.aliases:
                break
            node = self._world.aliases[name]
        return node

    def argument(self, parameter: Parameter, depth: int) -> list[Term]:
        """Terms for a constructor's parameter; an optional one is left out first."""
        if parameter.kind is ParameterKind.STAR and parameter.annotation is not None:
            several = in_a_row(self.terms(parameter.annotation, depth))
            return unique([*several[:1], OMITTED, *several[1:]])
        if parameter.kind in {ParameterKind.STAR, ParameterKind.DOUBLE_STAR}:
            return [OMITTED]
        found = self.terms(parameter.annotation, depth)
        if parameter.has_default and parameter.name in _FILE_NAMES:
            return [OMITTED]  # a test must not leave files of chance names behind
        wanted = suggested(parameter.name)
        hints = [*self._hints.get(parameter.name, ()), *([wanted] if wanted else [])]
        found = unique([*(term for term in hints if _is_like(term, found[:_LIKELY])), *found])
        return [OMITTED, *found] if parameter.has_default else found

    def _instance(self, shape: ClassShape, row: list[Term]) -> Term:
        if shape.kind is ClassKind.TYPED_DICT:
            pairs = [_pair(Term(repr(p.name)), t) for p, t in zip(shape.parameters, row, strict=True) if t.source]
            return _join(pairs, "{", "}")
        source = f"{shape.name}({passed(shape.parameters, row, is_first_plain=True)})"
        return _gather(source, row, (shape.statement,), is_shared=True)


def _apart(columns: Sequence[list[Term]]) -> list[list[Term]]:
    """The columns, each begun with another value of its type than those before, so that a mix-up shows."""
    taken: set[str] = set()
    found = []
    for column in columns:
        others = (term for term in column if term.source not in taken and not term.is_edge)
        is_taken = column[0].source in taken and isinstance(_plain(column[0]), str | float)
        first = next((term for term in others if _is_like(term, column[:1])), column[0]) if is_taken else column[0]
        taken.add(first.source)
        found.append(unique([first, *column]))
    return found


def _one_by_one(first: list[Term], columns: Sequence[Sequence[Term]], width: int = _PER_FIELD) -> list[list[Term]]:
    """The first of each column, then with one other value in one place, the likelier values first."""
    return [
        first,
        *(
            [*first[:index], term, *first[index + 1 :]]
            for rank in range(1, width)
            for index, column in enumerate(columns)
            for term in column[rank : rank + 1]
        ),
    ]


def _members(shape: ClassShape) -> list[Term]:
    """The members of an enumeration; of flags two together, and none, as well."""
    found = [f"{shape.name}.{member}" for member in shape.members]
    is_flags = bool({"Flag", "IntFlag"} & shape.bases)
    more = [" | ".join(found[:2]), f"{shape.name}(0)"] if is_flags and len(found) > 1 else []
    return [Term(source, (shape.statement,)) for source in (*found, *more)]


def makes_own(node: FunctionNode, name: str) -> bool:
    """Whether a method of a class, which needs no object, gives one."""
    kinds = set(decorator_names(node))
    if not kinds & {"classmethod", "staticmethod"} or isinstance(node, ast.AsyncFunctionDef):
        return False
    told = ast.unparse(node.returns).strip("'\"") if node.returns is not None else ""
    makers = {"cls", name}
    calls = (item.value for item in ast.walk(node) if isinstance(item, ast.Return) and item.value is not None)
    return told in {name, "Self"} or any(isinstance(item, ast.Call) and dotted(item.func) in makers for item in calls)


def _quoted_in(node: FunctionNode) -> list[str]:
    """Texts that the examples of a method hand to it."""
    told = examples_of(ast.get_docstring(node))
    calls = [item for each in told for item in ast.walk(ast.parse(each.expression)) if isinstance(item, ast.Call)]
    named = [call.args[0] for call in calls if dotted(call.func).endswith(f".{node.name}") and call.args]
    return [ast.unparse(item) for item in named if isinstance(item, ast.Constant)]


_SAY_NOTHING = {"True", "False", "None"}


def passed(parameters: tuple[Parameter, ...], row: list[Term], *, is_first_plain: bool = False) -> str:
    """Arguments as they stand in a call: required ones by position, optional ones by name.

    ``is_first_plain``: an optional one that comes first is given by position, too, unless it is a flag or nothing.
    """
    found = []
    by_name = False
    for rank, (parameter, term) in enumerate(zip(parameters, row, strict=True)):
        is_plain = is_first_plain and rank == 0 and term.source not in _SAY_NOTHING
        by_name = by_name or (parameter.has_default and not is_plain) or parameter.kind is ParameterKind.KEYWORD
        if term.is_omitted:
            by_name = by_name or parameter.has_default
            continue
        named = by_name and parameter.kind in {ParameterKind.PLAIN, ParameterKind.KEYWORD}
        found.append(f"{parameter.name}={term.source}" if named else term.source)
    return ", ".join(found)


def _are_neighbours(parts: Sequence[ast.expr]) -> bool:
    """Whether a mapping of names to lists of names is meant: these may be names of other entries."""
    return len(parts) > 1 and ast.unparse(parts[0]) == "str" and ast.unparse(parts[1]) in {"list[str]", "List[str]"}


def _parts(inner: ast.expr | None) -> list[ast.expr]:
    if inner is None:
        return []
    return list(inner.elts) if isinstance(inner, ast.Tuple) else [inner]


def _rows(items: list[Term]) -> list[list[Term]]:
    if not items:
        return []
    plain = [item for item in items if not item.is_edge] or items
    one, two, third = (plain[min(rank, len(plain) - 1)] for rank in range(3))
    last = items[-1]
    rows = [[one, two, third], [one], [one, one], [last, one, two], items[:5], [two, one]]
    return [row for rank, row in enumerate(rows) if row not in rows[:rank]]


def _join(row: list[Term], opening: str, closing: str) -> Term:
    if not row and opening == "{":
        return from_source("{}")
    return _gather(opening + ", ".join(term.source for term in row) + closing, row, (), is_shared=True)


def _gather(source: str, row: list[Term], imports: tuple[str, ...], is_shared: bool) -> Term:
    gathered = dict.fromkeys(imports)
    for term in row:
        gathered.update(dict.fromkeys(term.imports))
    return Term(
        source,
        tuple(gathered),
        is_edge=any(term.is_edge for term in row),
        fixtures=tuple(dict.fromkeys(name for term in row for name in term.fixtures)),
        before=tuple(dict.fromkeys(line for term in row for line in term.before)),
        is_shared=is_shared,
        watched=tuple(dict.fromkeys(name for term in row for name in term.watched)),
        label=next((term.label for term in row if term.label), ""),
    )


def in_a_row(items: Sequence[Term]) -> list[Term]:
    """What ``*items`` may be: two of a kind, then one, one of another kind, and both together."""
    kinds = {term.source.partition("(")[0]: None for term in items if "(" in term.source}
    alike = [[term for term in items if term.source.startswith(f"{kind}(")] for kind in kinds] or [list(items)]
    twos = [[terms[0], terms[-1]] for terms in alike if len(terms) > 1]
    rows = [*twos[:1], *([terms[0]] for terms in alike), *twos[1:], [terms[0] for terms in alike]]
    return [_gather(", ".join(term.source for term in row), row, (), is_shared=False) for row in rows]


def _is_like(term: Term, others: Sequence[Term]) -> bool:
    """Whether a plain value is of a type that others have."""
    return type(value_of(term)) in {type(value) for value in map(_plain, others)}


def _plain(term: Term) -> object:
    try:
        return value_of(term)
    except ValueError:
        return ...


def _pair(key: Term, value: Term) -> Term:
    return _gather(f"{key.source}: {value.source}", [key, value], (), is_shared=False)


def _wrap(form: str, term: Term) -> Term:
    source = form.format(term.source)
    return Term(source, term.imports, term.is_edge, term.fixtures, term.before)


def _as_tuple(term: Term) -> Term:
    node = ast.parse(term.source, mode="eval").body
    assert isinstance(node, ast.List)
    source = ast.unparse(ast.Tuple(node.elts, ast.Load()))
    return Term(source, term.imports, term.is_edge or is_edge(node), term.fixtures, term.before)


def _paths() -> list[Term]:
    file = Term("text_file", (), fixtures=("tmp_path",), before=_TEXT_FILE)
    return [
        file,
        Term("tmp_path / 'missing.txt'", is_edge=True, fixtures=("tmp_path",)),
        Term("tmp_path", fixtures=("tmp_path",)),
    ]


def _arity(parts: list[ast.expr]) -> int:
    return len(parts[0].elts) if parts and isinstance(parts[0], ast.List) else 1


def _numeric(names: Sequence[str]) -> list[str]:
    later = [f"{names[-1]} + 1"] if len(names) > 1 else []
    return [*later, f"len(str({names[0]}))"] if names else []


def _callables(arity: int, result: ast.expr | None = None) -> list[Term]:
    names = ["value", "other", "third", "fourth"][:arity]
    head = f"lambda {', '.join(names)}" if names else "lambda"
    results = {"bool": ["True", "False"], "str": ["'text'"], "None": ["None"], "float": ["1", "100"]}
    bodies = results.get(dotted(result) if result is not None else "", [*names[:1], "1", *_numeric(names)])
    found = [Term(f"{head}: {body}") for body in bodies]
    is_clock = not arity and result is not None and dotted(result) == "float"
    return [*found[:1], MOVING_CLOCK, *found[1:]] if is_clock else found


def _functions_together(first: list[Term], columns: list[list[Term]]) -> Iterator[list[Term]]:
    """Two parameters that are functions, with some of their values together: one often judges what another gives."""
    places = [at for at, column in enumerate(columns) if sum(_is_function(term) for term in column) > 1]
    for one, other in combinations(places[:_FUNCTIONS], 2):
        some = [[term for term in columns[at] if _is_function(term)][:_FUNCTION_VALUES] for at in (one, other)]
        for pair in product(*some):
            row = list(first)
            row[one], row[other] = pair
            yield row


def _is_function(term: Term) -> bool:
    return term.source.startswith("lambda") or term is MOVING_CLOCK


__all__ = ["MAX_DEPTH", "Annotations", "is_changeable", "passed"]
