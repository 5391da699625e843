"""Repairs of broken tests that follow from a rule: an import, a fixture's name, a float, a missing await.

Tried before a model is paid for a repair.  No expected value is ever changed; what is mended is vetted and run like
any other candidate.
"""

from __future__ import annotations

import ast
import math
import re
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from difflib import get_close_matches

from pytest_llmgen.records import Candidate, Fate, Judged, TargetContext

CLOSE = 0.75
"""How alike a fixture's name must be to one that is there (difflib's ratio)."""
ROUNDING = 1e-9
"""Relative; what differs by less differs by floating point only."""
_FROM = {
    "Decimal": "decimal",
    "Fraction": "fractions",
    "Path": "pathlib",
    "date": "datetime",
    "timedelta": "datetime",
    "timezone": "datetime",
    "UTC": "datetime",
    "Counter": "collections",
    "OrderedDict": "collections",
    "defaultdict": "collections",
    "deque": "collections",
    "namedtuple": "collections",
    "SimpleNamespace": "types",
    "StringIO": "io",
    "BytesIO": "io",
    "dataclass": "dataclasses",
    "Enum": "enum",
    "UUID": "uuid",
}
"""Names that tests use, and the one module of the standard library that they mean."""

Rule = Callable[[Candidate, str, TargetContext], Candidate | None]


def mend(judged: Judged, context: TargetContext) -> Candidate | None:
    """The candidate with what a rule repairs; None where no rule applies."""
    if judged.fate not in (Fate.INVALID, Fate.FAILING):
        return None
    for rule in _RULES:
        mended = rule(judged.candidate, judged.reason, context)
        if mended is not None and mended != judged.candidate:
            return mended
    return None


def _missing_import(candidate: Candidate, message: str, context: TargetContext) -> Candidate | None:
    found = re.search(r"NameError: name '(\w+)' is not defined", message)
    line = _import_of(found[1], candidate, context) if found else None
    return replace(candidate, imports=(*candidate.imports, line)) if line else None


def _wrong_import(candidate: Candidate, message: str, context: TargetContext) -> Candidate | None:
    """A name that is imported from a module that has none such, where another one is known to have it."""
    found = re.search(r"cannot import name '(\w+)' from '([\w.]+)'", message)
    module, name = (found[2], found[1]) if found else _unknown_name(message)
    line = _project_imports(context).get(name)
    if not line or line.startswith(f"from {module} "):
        return None
    kept = [rest for text in candidate.imports for rest in _without(text, module, name)]
    return replace(candidate, imports=(*kept, line))


def _unknown_name(message: str) -> tuple[str, str]:
    found = re.search(r"([\w.]+) has no name (\w+)", message)
    return (found[1], found[2]) if found else ("", "")


def _without(text: str, module: str, name: str) -> Iterator[str]:
    """An import statement without one of its names; nothing where that was the last one."""
    node = ast.parse(text).body[0]
    if not isinstance(node, ast.ImportFrom) or node.module != module:
        yield text
        return
    node.names = [alias for alias in node.names if alias.name != name]
    if node.names:
        yield ast.unparse(node)


def _close_fixture(candidate: Candidate, message: str, context: TargetContext) -> Candidate | None:
    found = re.search(r"fixture '(\w+)' not found|there is no fixture (\w+)", message)
    name = (found[1] or found[2]) if found else ""
    near = get_close_matches(name, [fixture.name for fixture in context.fixtures], n=2, cutoff=CLOSE) if name else []
    if len(near) != 1:  # of two that are alike a rule does not choose
        return None
    return replace(candidate, source=re.sub(rf"\b{name}\b", near[0], candidate.source))


def _rounding(candidate: Candidate, message: str, _context: TargetContext) -> Candidate | None:
    """``assert f() == 0.3`` that failed by the last digits of a float only."""
    found = re.search(r"assert (-?\d[\d.e+-]*) == (-?\d[\d.e+-]*)", message)
    if not found:
        return None
    got, wanted = _float(found[1]), _float(found[2])
    if not math.isclose(got, wanted, rel_tol=ROUNDING):
        return None
    source = re.sub(
        rf"(assert .+ == ){re.escape(found[2])}\s*$",
        lambda match: f"{match[1]}pytest.approx({found[2]})",
        candidate.source,
        count=1,
        flags=re.MULTILINE,
    )
    imports = candidate.imports if "import pytest" in candidate.imports else (*candidate.imports, "import pytest")
    return replace(candidate, source=source, imports=imports)


def _float(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def _missing_await(candidate: Candidate, message: str, context: TargetContext) -> Candidate | None:
    """A coroutine that nobody awaited: the call goes through asyncio.run."""
    if "<coroutine object" not in message and "was never awaited" not in message:
        return None
    callee = context.import_line.rpartition(" ")[2]
    found = re.search(r"coroutine object ([\w.]+)|coroutine '([\w.]+)' was never", message)
    name = ((found[1] or found[2]) if found else callee).rpartition(".")[2]
    if not isinstance(ast.parse(candidate.source).body[0], ast.FunctionDef):
        return None
    changed = _run_calls(candidate.source, name)
    return replace(candidate, source=changed, imports=tuple(dict.fromkeys((*candidate.imports, "import asyncio"))))


def _run_calls(source: str, name: str) -> str:
    """The source with each call of a name in asyncio.run, unless it is awaited or handed to a runner already."""
    text = source.encode()
    starts = [0]
    for line in text.splitlines(keepends=True):
        starts.append(starts[-1] + len(line))
    for call in sorted(_bare_calls(ast.parse(source), name), key=lambda node: (-node.lineno, -node.col_offset)):
        first = starts[call.lineno - 1] + call.col_offset
        last = starts[(call.end_lineno or call.lineno) - 1] + (call.end_col_offset or 0)
        text = text[:first] + b"asyncio.run(" + text[first:last] + b")" + text[last:]
    return text.decode()


def _bare_calls(node: ast.AST, name: str) -> Iterator[ast.Call]:
    for child in ast.iter_child_nodes(node):
        called = child.func if isinstance(child, ast.Call) else None
        word = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if isinstance(child, ast.Await | ast.AsyncFunctionDef) or word in ("run", "gather", "wait_for"):
            continue
        if isinstance(child, ast.Call) and word == name:
            yield child
        else:
            yield from _bare_calls(child, name)


def _import_of(name: str, candidate: Candidate, context: TargetContext) -> str | None:
    known = _project_imports(context).get(name)
    if known:
        return known
    if name == "datetime":
        return "import datetime" if "datetime.datetime" in candidate.source else "from datetime import datetime"
    if name in _FROM:
        return f"from {_FROM[name]} import {name}"
    return f"import {name}" if name == "pytest" or name in sys.stdlib_module_names else None


def _project_imports(context: TargetContext) -> Mapping[str, str]:
    """Name -> how it is imported, by what the prompt says of the target and its types."""
    heads = [text.partition("\n")[0].removeprefix("# ") for text in (*context.types, *context.uses)]
    lines = [context.import_line, *(head for head in heads if head.startswith("from "))]
    return {line.rpartition(" import ")[2]: line for line in lines}


_RULES: tuple[Rule, ...] = (_missing_import, _wrong_import, _close_fixture, _rounding, _missing_await)
