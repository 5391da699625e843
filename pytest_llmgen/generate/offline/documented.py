"""Tests from the doctests of a target: what the documentation says, whatever the code does."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.calls import Callee
from pytest_llmgen.generate.offline.code import parsed
from pytest_llmgen.generate.offline.docs import Example, examples_of, is_literal
from pytest_llmgen.generate.offline.prose import told_of
from pytest_llmgen.generate.offline.terms import is_edge
from pytest_llmgen.generate.offline.world import imports_of
from pytest_llmgen.generate.offline.write import equality, matching
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Category,
    Module,
    Observation,
    Oracle,
    Origin,
    Probe,
    Prober,
    Value,
)

_MAX_EXAMPLES = 8
_MISUSE = re.compile(r"unexpected keyword|positional argument|required .*argument|takes \d")
_SEQUENCES = {"list", "tuple", "set"}
_SEQUENCE = re.compile(r"list|tuple|set|range|generator|iterator|map|filter|zip|dict_|array|deque|islice")


@dataclass(frozen=True, slots=True)
class _Case:
    example: Example
    imports: tuple[str, ...]
    body: tuple[str, ...]  # statements before the expression


def documented(prober: Prober, assignment: Assignment, callee: Callee, taken: set[str]) -> list[Candidate]:
    """One candidate for each doctest that can stand alone; it may fail where the code disagrees."""
    names = module_names(assignment.module)
    docstring = assignment.target.docstring
    examples = examples_of(docstring)
    if not callee.receiver:
        told = told_of(docstring, assignment.target.name, callee.parameters)
        examples += [item for item in told if item.want]
    cases = [case for item in examples if (case := _case(item, names)) is not None][:_MAX_EXAMPLES]
    seen = _seen(prober, cases)
    pairs = list(zip(cases, seen, strict=True))
    late = [_after_others(case, names) if _is_missed(case.example, one) else None for case, one in pairs]
    again = _seen(prober, [case for case in late if case is not None])
    pairs = [pair if case is None else (case, again.pop(0)) for pair, case in zip(pairs, late, strict=True)]
    written = [_candidate(assignment, callee, case, observation, taken) for case, observation in pairs]
    return [candidate for candidate in written if candidate is not None]


def _seen(prober: Prober, cases: Sequence[_Case]) -> list[Observation]:
    probes = [
        Probe(f"doctest#{rank}", "\n".join([*case.imports, *case.body]), case.example.expression)
        for rank, case in enumerate(cases)
    ]
    return list(prober.probe(probes)) if probes else []


def _is_missed(example: Example, seen: Observation) -> bool:
    """Whether an example does not come out as it is told where only the statements before it have run."""
    if example.error:
        return seen.outcome != "raised"
    if seen.outcome != "returned" or seen.value is None:
        return True
    is_same = is_literal(example.want) and seen.value.source is not None and _are_equal(seen.value.source, example.want)
    return not (is_same or seen.value.text == example.want)


def _are_equal(source: str, want: str) -> bool:
    return is_literal(source) and bool(ast.literal_eval(source) == ast.literal_eval(want))


def _after_others(case: _Case, names: dict[str, str]) -> _Case | None:
    """The example with those before it, as a session has them; None where there are none."""
    example = case.example
    return _case(replace(example, before=example.earlier), names) if example.earlier != example.before else None


def module_names(module: Module) -> dict[str, str]:
    """What the module's doctests can name without importing it: name to import statement."""
    tree = parsed(module.source)
    found = dict(imports_of(tree, module))
    for node in tree.body:
        match node:
            case ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name) | ast.ClassDef(name=name):
                found[name] = f"from {module.name} import {name}"
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                found[name] = f"from {module.name} import {name}"
            case ast.Import(names=aliases):
                found.update({alias.asname or alias.name: ast.unparse(node) for alias in aliases})
    return found


def _case(example: Example, names: dict[str, str]) -> _Case | None:
    """An example with what it needs; None where it needs names that nothing gives."""
    nodes = _without_dead([node for line in example.before for node in ast.parse(line).body], example.expression)
    own = [ast.unparse(node) for node in nodes if isinstance(node, ast.Import | ast.ImportFrom)]
    body = [ast.unparse(node) for node in nodes if not isinstance(node, ast.Import | ast.ImportFrom)]
    nodes_used = [node for text in (*body, example.expression) for node in ast.walk(ast.parse(text))]
    used = dict.fromkeys(node.id for node in nodes_used if isinstance(node, ast.Name))
    needed = [names[name] for name in used if name in names]
    bound = {node.id for node in nodes_used if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    bound |= {node.arg for node in nodes_used if isinstance(node, ast.arg)}
    bound |= {node.name for node in nodes_used if isinstance(node, ast.FunctionDef | ast.ClassDef)}
    bound |= {(each.asname or each.name).partition(".")[0] for line in own for each in _aliases(line)}
    if not used.keys() <= {*names, *bound, *dir(builtins)}:
        return None
    return _Case(example, tuple(dict.fromkeys([*needed, *own])), tuple(body))


def _aliases(line: str) -> list[ast.alias]:
    return [node for node in ast.walk(ast.parse(line)) if isinstance(node, ast.alias)]


def _without_dead(nodes: list[ast.stmt], expression: str) -> list[ast.stmt]:
    """The statements before an example without assignments that nothing reads and other examples of the function."""
    needed = _names_in(ast.parse(expression))
    called = set(_called(ast.parse(expression)))
    kept: list[ast.stmt] = []
    for node in reversed(nodes):
        match node:
            case ast.Expr(value=ast.Call(func=ast.Name(id=name))) if name in called:
                continue
            case ast.Assign(targets=[ast.Tuple(elts=parts)], value=ast.Call(func=ast.Name(id=name))) if (
                name in called and not needed & {ast.unparse(part) for part in parts}
            ):
                continue  # another example
            case ast.Assign(targets=[ast.Name(id=name)]):
                if name not in needed:
                    continue
                needed.discard(name)
        needed |= _names_in(node)
        kept.append(node)
    return kept[::-1]


def _called(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Name(id=name)):
                yield name


def _names_in(tree: ast.AST) -> set[str]:
    return {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load)}


def _candidate(
    assignment: Assignment, callee: Callee, case: _Case, seen: Observation, taken: set[str]
) -> Candidate | None:
    if seen.outcome not in {"returned", "raised"} or _is_misuse(case.example, seen):
        return None
    try:
        written = _body(case, seen)
    except layout.TooLongError:
        return None
    if written is None:
        return None
    lines, imports, fixtures = written
    told = _told(case.example.expression)
    ending = f"_as_documented_for_{told}" if told else "_as_documented"
    name = naming.unique_name(naming.stem(callee.target.qualname) + ending, taken)
    category = _category(case.example)
    does = f"{naming.spoken(callee.target.qualname)} does what its documented example says."
    summary = f"{category.value.capitalize()}: {does}"
    source = "\n".join([f"def {name}({fixtures}):", f'    """{summary}"""', *lines]) + "\n"
    key = assignment.target.key
    oracle = Oracle.DOCUMENTATION if case.example.is_prose else Oracle.DOCTEST
    return Candidate(
        *(f"{key}#{name}", key, name, category, Origin.OFFLINE, oracle, source, summary),
        tuple(sorted(dict.fromkeys([*case.imports, *imports]))),
        round=assignment.round,
    )


def _body(case: _Case, seen: Observation) -> tuple[list[str], tuple[str, ...], str] | None:
    example = case.example
    arrange = [line for text in case.body for line in layout.statement(text)]
    if example.error:
        told = matching(example.message) if example.message and "..." not in example.message else ""
        opening = f"    with pytest.raises({example.error.rpartition('.')[2]}{told}):"
        if len(opening) > layout.WIDTH:
            return None
        return [*arrange, opening, *layout.statement(example.expression, 2)], ("import pytest",), ""
    imports: list[str] = []
    value = _wanted(example, seen)
    if value is not None:
        return [*arrange, *equality(example.expression, value, imports)], tuple(imports), ""
    if seen.outcome == "returned" and seen.output and "..." not in example.want:
        check = layout.expression(repr(f"{example.want}\n"), "assert capsys.readouterr().out == ")
        return [*arrange, *layout.statement(example.expression), "", *check], (), "capsys"
    return None


def _is_misuse(example: Example, seen: Observation) -> bool:
    """Whether running text calls the function in a way that it can't be called in."""
    is_type_error = example.is_prose and (seen.error_type or "").endswith("TypeError")
    return is_type_error and _MISUSE.search(seen.error_message) is not None


def _is_comparable(example: Example, kind: str, seen: Observation) -> bool:
    """Whether the code could give that type at all; running text calls any sequence a list, and has formulas."""
    if not example.is_prose:
        return True
    if seen.value is None:
        return not (example.is_formula and example.is_aside)
    name = seen.value.type_name.rpartition(".")[2]
    if example.is_formula:
        return kind == name or {kind, name} <= {"int", "float"}
    return kind == name or kind not in _SEQUENCES or not _SEQUENCE.search(name)


def _wanted(example: Example, seen: Observation) -> Value | None:
    """The documented value, as far as it can be written as an expression."""
    want = example.want
    if seen.output:
        return None
    if is_literal(want):
        literal = ast.literal_eval(want)
        if not _is_comparable(example, type(literal).__name__, seen):
            return None
        text = ast.unparse(ast.parse(want, mode="eval")) if "\n" in want else want
        return Value(type(literal).__name__, text, is_approximate=_holds_float(want))
    value = seen.value
    if value is not None and value.source is not None and value.text == want:
        return value
    return None


def _holds_float(text: str) -> bool:
    return any(isinstance(node, ast.Constant) and isinstance(node.value, float) for node in ast.walk(ast.parse(text)))


def _category(example: Example) -> Category:
    """Failure for an error, edge where an argument or the result is a boundary."""
    if example.error:
        return Category.FAILURE
    call = ast.parse(example.expression, mode="eval").body
    given = [*call.args, *(word.value for word in call.keywords)] if isinstance(call, ast.Call) else []
    is_nothing = example.want in {"None", "''", '""', "[]", "{}", "()", "set()"}
    return Category.EDGE if is_nothing or any(is_edge(item) for item in given) else Category.TYPICAL


def _told(expression: str) -> str:
    """The first constants of a call as words."""
    nodes = list(ast.walk(ast.parse(expression)))
    below = {id(node.operand) for node in nodes if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)}
    constants = [node for node in nodes if isinstance(node, ast.Constant)]
    told = [f"minus_{node.value!r}" if id(node) in below else str(node.value) for node in constants[:3]]
    return naming.words("_".join(told))
