"""Mutants of a module, made with mutmut's operators: the one module that knows mutmut and libcst.

mutmut's operators turn a syntax node into changed nodes; here each change becomes the smallest edit of
the text.  Which nodes are left alone follows ``mutmut.mutation.file_mutation`` (3.8), except for what
it can't activate: functions that are decorated, nested, special or under ``if`` are mutated too.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace
from functools import cache
from importlib.metadata import version

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider
from mutmut.mutation import mutators
from mutmut.mutation.pragma_handling import PragmaParseError, PragmaVisitor

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.mutate.drafts import Draft, mutants_from
from pytest_llmgen.mutate.edits import Lines
from pytest_llmgen.records import Module, Mutant, Target

OUR_VERSION = "1"
OPERATORS_VERSION = f"mutmut {version('mutmut')} + {OUR_VERSION}"

Operator = Callable[..., Iterable[cst.CSTNode]]

OPERATORS: dict[Operator, str] = {
    mutators.operator_number: "number",
    mutators.operator_string: "string",
    mutators.operator_name: "name",
    mutators.operator_assignment: "assignment",
    mutators.operator_augmented_assignment: "augmented-assignment",
    mutators.operator_remove_unary_ops: "unary-removal",
    mutators.operator_dict_arguments: "dict-keyword",
    mutators.operator_arg_removal: "arg-removal",
    mutators.operator_symmetric_string_methods_swap: "string-method",
    mutators.operator_unsymmetrical_string_methods_swap: "split-method",
    mutators.operator_lambda: "lambda",
    mutators.operator_keywords: "keyword",
    mutators.operator_swap_op: "swap-op",
    mutators.operator_match: "case-removal",
    mutators.operator_if_exp: "if-exp",
}

_CALLS_LEFT_ALONE = frozenset({"len", "isinstance"})
_SIMPLE_DEFAULTS = (cst.Name, cst.BaseNumber, cst.BaseString)
_FIELDS_WITHOUT_CODE = frozenset(
    {
        *("annotation", "returns", "decorators", "type_parameters"),
        *("lpar", "rpar", "comma", "semicolon", "header", "footer", "equal"),
    }
)
_HOLDERS = (cst.BaseExpression, cst.BaseSmallStatement, cst.BaseCompoundStatement)
_STATEMENTS = (cst.BaseSmallStatement, cst.BaseCompoundStatement, cst.ExceptHandler, cst.MatchCase)


def mutants_of(module: Module) -> tuple[Mutant, ...]:
    """Every mutant of the module's targets, in the order of the text, each different from all others.

    Raises:
        LlmgenError: libcst can't parse the source, or a ``no mutate`` pragma is malformed.
    """
    if module.error or not module.targets:
        return ()
    try:
        text = _Text(module)
    except cst.ParserSyntaxError as error:
        message = f"{module.path}: no mutants, line {error.raw_line}: {error.message}"
        raise LlmgenError(message, slug="mutants-unparsable", fix="leave the file out with llm_exclude") from None
    except PragmaParseError as error:
        fix = "correct the `# pragma: no mutate` comment"
        raise LlmgenError(str(error), slug="bad-pragma", fix=fix) from None
    return mutants_from(module, text.lines, _Walk(text, module.targets).drafts())


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the walk is."""

    unit: Target | None = None
    qualname: str = ""  # of the innermost function
    scope: tuple[str, ...] = ()  # the unit's name, then those of functions and classes in it
    line: int = 0
    in_signature: bool = False
    holder: cst.CSTNode | None = None  # innermost expression or statement around


# --- Text ---------------------------------------------------------------------------------------


class _Text:
    """A parsed module and where its nodes stand; spans are offsets in code points, end exclusive."""

    def __init__(self, module: Module) -> None:
        self.source = module.source
        wrapper = MetadataWrapper(cst.parse_module(module.source), unsafe_skip_copy=True)
        self.tree = wrapper.module
        self._ranges = wrapper.resolve(PositionProvider)
        self.lines = Lines(module.source)
        self.lines_left_alone, self.nodes_left_alone = _pragmas(module, wrapper)

    def line(self, node: cst.CSTNode) -> int:
        return self._range(node).start.line

    def span(self, node: cst.CSTNode) -> tuple[int, int]:
        """Without the node's own parentheses."""
        place = self._range(node)
        start = self.lines.offset(place.start.line, place.start.column)
        end = self.lines.offset(place.end.line, place.end.column)
        return start, start + len(self.source[start:end].rstrip())

    def full_span(self, node: cst.CSTNode) -> tuple[int, int]:
        """With the node's own parentheses."""
        start, end = self.span(node)
        if isinstance(node, cst.BaseExpression) and node.lpar:
            return self.span(node.lpar[0])[0], self.span(node.rpar[-1])[1]
        return start, end

    def lines_span(self, node: cst.CSTNode) -> tuple[int, int]:
        """The whole lines on which the node stands."""
        place = self._range(node)
        return self.lines.offset(place.start.line), self.lines.offset(place.end.line + 1)

    def code(self, node: cst.CSTNode) -> str:
        if isinstance(node, cst.BaseSmallStatement) and hasattr(node, "semicolon"):
            node = node.with_changes(semicolon=cst.MaybeSentinel.DEFAULT)
        return self.tree.code_for_node(node).strip()

    def _range(self, node: cst.CSTNode) -> CodeRange:
        place = self._ranges[node]
        assert isinstance(place, CodeRange)
        return place


def _pragmas(module: Module, wrapper: MetadataWrapper) -> tuple[frozenset[int], frozenset[int]]:
    """Lines whose nodes are not mutated, and lines whose functions and classes are skipped whole."""
    if "no mutate" not in module.source:
        return frozenset(), frozenset()
    visitor = PragmaVisitor(module.path)
    wrapper.visit(visitor)
    skipped = frozenset(visitor.ignore_node_lines)
    return skipped | visitor.no_mutate_lines, skipped


# --- Walk ---------------------------------------------------------------------------------------


class _Walk:
    """Goes through the targets of a module and drafts mutants."""

    def __init__(self, text: _Text, targets: Sequence[Target]) -> None:
        self._text = text
        self._targets = {target.def_line: target for target in targets}

    def drafts(self) -> Iterator[Draft]:
        return self._visit(self._text.tree, _Place())

    def _visit(self, node: cst.CSTNode, place: _Place) -> Iterator[Draft]:
        if _is_left_alone(node):
            return
        if isinstance(node, cst.FunctionDef | cst.ClassDef):
            yield from self._visit_scope(node, place)
            return
        if place.unit:
            if isinstance(node, _STATEMENTS) and not place.in_signature:
                place = replace(place, line=self._text.line(node))
            if isinstance(node, _HOLDERS):
                place = replace(place, holder=node)
            yield from self._mutate(node, place)
        for child in _children(node):
            yield from self._visit(child, place)

    def _visit_scope(self, node: cst.FunctionDef | cst.ClassDef, place: _Place) -> Iterator[Draft]:
        line = self._text.line(node.name)
        if line in self._text.nodes_left_alone:
            return
        inner = replace(place, scope=(*place.scope, node.name.value), line=line, holder=node)
        if isinstance(node, cst.FunctionDef):
            outermost = place.unit is None
            unit = self._targets.get(line) if outermost else place.unit
            if not unit:
                return
            scope = (unit.qualname,) if outermost else inner.scope
            inner = replace(inner, unit=unit, scope=scope, qualname=".".join(scope))
            first = self._text.line(node.body.body[0]) if outermost else line
            yield from self._visit(node.params, replace(inner, in_signature=outermost, line=first))
        elif inner.unit:
            for argument in (*node.bases, *node.keywords):
                yield from self._visit(argument, inner)
        yield from self._visit(node.body, inner)

    def _mutate(self, node: cst.CSTNode, place: _Place) -> Iterator[Draft]:
        for operator in _operators_for(type(node)):
            for mutated in operator(node):
                draft = self._draft(node, mutated, OPERATORS[operator], place)
                if not self._is_forbidden(draft):
                    yield draft

    def _draft(self, node: cst.CSTNode, mutated: cst.CSTNode, operator: str, place: _Place) -> Draft:
        source = self._text.source
        start, end, replacement = self._edit(node, mutated)
        replacement = _spaced(source, start, end, replacement)
        holder = self._text.span(place.holder) if place.holder and not isinstance(node, cst.Match) else (start, end)
        low, high = min(start, holder[0]), max(end, holder[1])
        before, after = source[low:high], source[low:start] + replacement + source[end:high]
        assert place.unit
        return Draft(
            unit=place.unit.qualname,
            qualname=place.qualname,
            operator=operator,
            start=start,
            end=end,
            replacement=replacement,
            before=_canonical(before),
            after=_canonical(after),
            line=place.line,
            in_signature=place.in_signature,
        )

    def _edit(self, node: cst.CSTNode, mutated: cst.CSTNode) -> tuple[int, int, str]:
        text = self._text
        if isinstance(node, cst.AugAssign) and isinstance(mutated, cst.Assign):
            return *text.span(node.operator), "="
        if isinstance(node, cst.UnaryOperation) and mutated is node.expression:
            return text.span(node)[0], text.full_span(node.expression)[0], ""
        before, after = _narrowed(node, mutated)
        if isinstance(before, cst.Call) and isinstance(after, cst.Call) and len(after.args) < len(before.args):
            return *self._argument_span(before.args, _missing(before.args, after.args)), ""
        if isinstance(before, cst.Match) and isinstance(after, cst.Match):
            return *text.lines_span(before.cases[_missing(before.cases, after.cases)]), ""
        return *text.full_span(before), text.code(after)

    def _argument_span(self, arguments: Sequence[cst.Arg], index: int) -> tuple[int, int]:
        """One argument with the comma after it, or before it if it is the last."""
        start, end = self._text.span(arguments[index])
        if index + 1 < len(arguments):
            return start, self._text.span(arguments[index + 1])[0]
        return self._text.span(arguments[index - 1])[1], end

    def _is_forbidden(self, draft: Draft) -> bool:
        if not self._text.lines_left_alone:
            return False
        region = self._text.lines.region(draft.start, draft.end)
        last = region.end_line - (region.end_column == 1)
        return not self._text.lines_left_alone.isdisjoint(range(region.start_line, last + 1))


def _is_left_alone(node: cst.CSTNode) -> bool:
    match node:
        case cst.Call(func=cst.Name(value=name)):
            return name in _CALLS_LEFT_ALONE
        case cst.Param(default=cst.CSTNode() as default):  # it runs when the module is imported
            return not isinstance(default, _SIMPLE_DEFAULTS)
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):  # a docstring
            return True
        case _:
            return False


# --- Nodes --------------------------------------------------------------------------------------


@cache
def _field_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    return tuple(field.name for field in fields(kind))


@cache
def _operators_for(kind: type[cst.CSTNode]) -> tuple[Operator, ...]:
    """Mutmut registers two operators for every node; the slower one only ever changes the field ``operator``."""
    return tuple(
        operator
        for base, operator in mutators.mutation_operators
        if issubclass(kind, base) and operator in OPERATORS
        if operator is not mutators.operator_swap_op or "operator" in _field_names(kind)
    )


@cache
def _child_names(kind: type[cst.CSTNode]) -> tuple[str, ...]:
    """Fields that can hold code to mutate: half of all nodes are spaces, commas and parentheses."""
    return tuple(
        name
        for name in _field_names(kind)
        if name not in _FIELDS_WITHOUT_CODE and not name.startswith(("whitespace", "leading_", "trailing_"))
    )


def _children(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    for name in _child_names(type(node)):
        value = getattr(node, name)
        for child in value if isinstance(value, list | tuple) else (value,):
            if isinstance(child, cst.CSTNode):
                yield child


def _narrowed(before: cst.CSTNode, after: cst.CSTNode) -> tuple[cst.CSTNode, cst.CSTNode]:
    """The smallest pair of nodes in which the two differ."""
    while type(before) is type(after):
        different = [pair for name in _field_names(type(before)) for pair in _differences(before, after, name)]
        if len(different) != 1 or not all(isinstance(part, cst.CSTNode) for part in different[0]):
            break
        before, after = different[0]
    return before, after


def _differences(before: cst.CSTNode, after: cst.CSTNode, name: str) -> list[tuple[cst.CSTNode, cst.CSTNode]]:
    old, new = getattr(before, name), getattr(after, name)
    if isinstance(old, list | tuple) and len(old) == len(new):
        return [pair for pair in zip(old, new, strict=True) if pair[0] is not pair[1]]
    return [] if old is new or old == new else [(old, new)]


def _missing(before: Sequence[cst.CSTNode], after: Sequence[cst.CSTNode]) -> int:
    kept = {id(node) for node in after}
    return next(index for index, node in enumerate(before) if id(node) not in kept)


def _spaced(source: str, start: int, end: int, replacement: str) -> str:
    """Keep words apart: ``return~x`` without ``~`` is ``return x``."""
    rest = source[end : end + 1]
    if _is_word(source[start - 1 : start]) and _is_word((replacement or rest)[:1]):
        replacement = " " + replacement
    return replacement + " " if _is_word(replacement[-1:]) and _is_word(rest) else replacement


def _is_word(character: str) -> bool:
    return character == "_" or character.isalnum()


def _canonical(text: str) -> str:
    return " ".join(text.split())
