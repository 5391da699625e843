"""Why a line, a branch or a mutant is still open, as far as coverage and the code can tell."""

from __future__ import annotations

import ast
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.mutate.schedule import BUDGET_SPENT, NOT_RUNNABLE
from pytest_llmgen.records import Arc, Hits, MutantStatus, MutantVerdict


@dataclass(frozen=True, slots=True)
class Fork:
    """A statement with two ways on: what it is, and the line of the one way that is its body."""

    kind: str  # condition, loop, case or except
    body: int
    remark: str = ""  # what kind of guard it is, where that says why tests do not get there
    names: tuple[str, ...] = ()  # what a condition depends on, as far as local names say it


Forks = Mapping[int, Fork]
"""By line of the statement."""


def forks_of(tree: ast.AST) -> Forks:
    """Every condition, loop, case and except clause of a module."""
    return {line: fork for node in ast.walk(tree) for line, fork in _fork(node)}


def _fork(node: ast.AST) -> list[tuple[int, Fork]]:
    match node:
        case ast.If() | ast.While():
            return [(node.lineno, Fork("condition", _first(node.body), _guard(node.test), _names(node.test)))]
        case ast.For() | ast.AsyncFor():
            return [(node.lineno, Fork("loop", _first(node.body)))]
        case ast.match_case():
            return [(node.pattern.lineno, Fork("case", _first(node.body)))]
        case ast.ExceptHandler():
            return [(node.lineno, Fork("except", _first(node.body), _outside(node.type)))]
    return []


def with_values(forks: Forks, seen: Mapping[int, str]) -> Forks:
    """The same, where the values that were seen at a line are told with it."""
    told = {
        line: replace(forks[line], remark=forks[line].remark + text) for line, text in seen.items() if line in forks
    }
    return {**forks, **told}


_MOST_NAMES = 3


def _names(test: ast.expr) -> tuple[str, ...]:
    """Names and paths of attributes that are read, the longest of each; functions that are called are left out."""
    found: list[str] = []
    waiting: list[ast.AST] = [test]
    while waiting:
        node = waiting.pop(0)
        path = _path(node)
        if path:
            found.append(path)
        elif isinstance(node, ast.Call):
            owner = [node.func.value] if isinstance(node.func, ast.Attribute) else []
            waiting[:0] = [*owner, *node.args, *(keyword.value for keyword in node.keywords)]
        else:
            waiting[:0] = ast.iter_child_nodes(node)
    return tuple(dict.fromkeys(found))[:_MOST_NAMES]


def _path(node: ast.AST) -> str:
    if isinstance(node, ast.Attribute):
        inner = _path(node.value)
        return f"{inner}.{node.attr}" if inner else ""
    return node.id if isinstance(node, ast.Name) else ""


_PLATFORM = frozenset({"platform", "version_info", "TYPE_CHECKING", "implementation"})
_OUTSIDE = frozenset(
    {"ConnectionError", "TimeoutError", "OSError", "IOError", "RequestException", "URLError", "HTTPError", "gaierror"}
    | {"FileNotFoundError", "PermissionError", "BrokenPipeError", "ConnectionResetError", "ConnectionRefusedError"}
)


def _guard(test: ast.expr) -> str:
    """A condition on where the code runs: tests of one platform can't see both ways."""
    nodes = list(ast.walk(test))
    is_os = any(isinstance(n, ast.Attribute) and n.attr == "name" and _word(n.value) == "os" for n in nodes)
    return " (an import or platform guard)" if is_os or _PLATFORM & set(map(_word, nodes)) else ""


def _outside(kind: ast.expr | None) -> str:
    """What an except clause waits for: a failed import, or the world outside."""
    names = {_word(node) for node in ast.walk(kind)} if kind is not None else set()
    if names & {"ImportError", "ModuleNotFoundError"}:
        return " (an import guard)"
    return " (it needs a network or a file that fails, or a stand-in for it)" if names & _OUTSIDE else ""


def _word(node: ast.AST) -> str:
    return node.id if isinstance(node, ast.Name) else node.attr if isinstance(node, ast.Attribute) else ""


def _first(body: Sequence[ast.stmt]) -> int:
    first = body[0]
    if isinstance(first, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and first.decorator_list:
        return first.decorator_list[0].lineno
    return first.lineno


_DECIDED_ONCE = ("condition", "loop")


def of_branch(arc: Arc, forks: Forks, others: Sequence[Arc], hits: Hits) -> str:
    """Why a branch whose first line ran was never taken; among ``others`` are all ways on from that line."""
    line, to = arc
    fork = forks.get(line)
    if (
        fork is not None
        and fork.kind in _DECIDED_ONCE
        and not any(other in hits.arcs for other in others if other[0] == line)
    ):
        return f"the {fork.kind} at line {line} was never decided: it raised before that{fork.remark}"
    if fork is None:
        return f"line {line} ran, but never went on this way"
    into_body = to == fork.body
    if fork.kind == "loop":
        return f"the loop at line {line} never {'had an item' if into_body else 'ran to its end'}"
    if fork.kind == "case":
        return f"{'nothing' if into_body else 'everything that got there'} matched the case at line {line}"
    if fork.kind == "except":
        caught = "nothing that it names" if into_body else "everything that was raised"
        return f"line {line} caught {caught}{fork.remark if into_body else ''}"
    return f"the condition at line {line} was only ever {'false' if into_body else 'true'}{fork.remark}"


def of_line(
    line: int, statements: Sequence[int], branches: Sequence[Arc], hits: Hits, forks: Forks, *, in_module: bool = False
) -> str:
    """Why a block of statements that starts at ``line`` never ran; the others are those of its function.

    With ``in_module`` they are the module's own, outside of functions.
    """
    if not any(statement in hits.lines for statement in statements):
        return "no test imports this module" if in_module else "no test calls this function"
    for arc in branches:
        if arc[1] == line and arc[0] in hits.lines:
            return of_branch(arc, forks, branches, hits)
    fork = forks.get(line)
    if fork is not None and fork.kind == "except":
        return f"nothing was raised that got to the except at line {line}{fork.remark}"
    above = next((at for at, other in forks.items() if other.kind == "except" and other.body == line), None)
    if above is not None and above not in hits.lines:
        return f"nothing was raised that got to the except at line {above}{forks[above].remark}"
    before = [statement for statement in statements if statement < line]
    if before and before[-1] in hits.lines and before[-1] not in {start for start, _ in branches}:
        return f"an earlier line, {before[-1]}, always raised or left"
    return "no test gets here"


def of_survivor(status: MutantStatus, tests: int) -> str:
    """Why a mutant was not noticed, from its status and the number of tests known to run its line."""
    if status is MutantStatus.NO_COVERAGE:
        return "no test runs it"
    if not tests:
        return "none of the tests that run this line notices"
    return "1 test runs this line and does not notice" if tests == 1 else f"{tests} tests run this line, none notices"


def of_no_verdict(verdict: MutantVerdict | None) -> str:
    """Why nothing can be said about a mutant."""
    if verdict is None:
        return "it was not run"
    if verdict.status is MutantStatus.PENDING and verdict.detail.startswith(BUDGET_SPENT):
        return f"it was not run: {verdict.detail}"
    if verdict.status is MutantStatus.PENDING and verdict.detail.startswith(NOT_RUNNABLE):
        return verdict.detail
    reason = "it timed out, and not again" if verdict.status is MutantStatus.TIMEOUT else "its run did not finish"
    return f"{reason}: {verdict.detail}" if verdict.detail else reason
