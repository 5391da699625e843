"""Small projects whose sources name their mutants: each judged by ours, in groups, and alone in a fresh process.

A comment ``# mutate: BEFORE => AFTER [STATUS]`` changes its own line; several are separated by `` ;; ``.
"""

from __future__ import annotations

import ast
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pytest_llmgen.extract.reach import files_that_reach
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.mutate.select import jobs
from pytest_llmgen.mutate.units import units_of
from pytest_llmgen.mutate.widen import Widening
from pytest_llmgen.records import Baseline, Module, Mutant, MutantVerdict, Outcome, Region, TestRun
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.measure import file_lines
from pytest_llmgen.run.survey import take_survey
from pytest_llmgen.settings import defaults

HERE = Path(__file__).parent
COMMENT = re.compile(r"  # mutate: (.*)$")
CHANGE = re.compile(r"(?P<before>.+?) =>(?: (?P<after>.+?))? \[(?P<status>\w+)\]$")
WORDS = {
    "Killed": "killed",
    "Survived": "survived",
    "NoCoverage": "survived",
    "Timeout": "timeout",
    "RuntimeError": "broken",
}
DETECTED = frozenset({"killed", "timeout", "broken"})
"""A tree may leave open which of these it is: ``[detected]``."""
INI = "[pytest]\npythonpath = .\n"


@dataclass(frozen=True)
class Named:
    """A mutant that a comment names, and what it should come to."""

    mutant: Mutant
    wanted: str
    source: str  # mutated


@dataclass(frozen=True)
class Judged:
    """What ours and a fresh process say of each mutant of a tree, by name."""

    wanted: dict[str, str]
    ours: dict[str, str]
    alone: dict[str, str]
    verdicts: dict[str, MutantVerdict]
    differences: tuple[str, ...]  # tests that are green under pytest and not in a worker

    def wrong(self) -> str:
        """Where ours is not what a fresh process says, one a line."""
        return "\n".join(
            f"{name}: ours {self.ours[name]}, alone {w}" for name, w in self.alone.items() if self.ours[name] != w
        )

    def unexpected(self) -> str:
        """Where a fresh process does not say what the tree does, one a line."""
        wrong = {name: word for name, word in self.alone.items() if self.wanted[name] != word}
        return "\n".join(f"{name}: alone {word}, expected {self.wanted[name]}" for name, word in wrong.items())


def mutants_in(module: Module) -> Iterator[Named]:
    """The mutants that the comments of a module name."""
    offset = 0
    for number, line in enumerate(module.source.splitlines(keepends=True), start=1):
        found = COMMENT.search(line.rstrip("\n"))
        for text in found.group(1).split(" ;; ") if found else ():
            change = CHANGE.match(text)
            assert change, line
            column = line.index(change["before"])
            yield _named(module, number, offset + column, change["before"], change["after"] or "", change["status"])
        offset += len(line)


def _named(module: Module, line: int, start: int, before: str, after: str, wanted: str) -> Named:
    units = [unit for unit in units_of(module.source).units if unit.start <= start < unit.end]
    function, statement = _place(module.source, line)
    in_signature = function is not None and statement is function and line >= function.lineno
    inside = function is not None and (in_signature or statement is not function)
    qualname = units[0].qualname if units and inside else "<module>"
    first = function.body[0].lineno if in_signature and function else line if not inside else statement.lineno
    mutant = Mutant(
        id=f"{module.path}:{line}: {before} => {after}",
        path=module.path,
        unit=qualname,
        qualname=qualname,
        operator="named",
        start=start,
        end=start + len(before),
        before=before,
        after=after,
        replacement=after,
        region=Region(line, 1, line, 2),
        in_signature=in_signature,
        line=first,
        needs_import=not inside,
    )
    return Named(mutant, wanted, module.source[:start] + after + module.source[start + len(before) :])


def _place(source: str, line: int) -> tuple[ast.FunctionDef | ast.AsyncFunctionDef | None, ast.stmt]:
    """The outermost function round a line, and the innermost statement (a function's own lines are its signature)."""
    function, innermost = None, None
    level: Sequence[ast.stmt] = ast.parse(source).body
    while holder := next((each for each in level if _first(each) <= line <= (each.end_lineno or 0)), None):
        innermost = holder
        if isinstance(holder, ast.FunctionDef | ast.AsyncFunctionDef):
            function = function or holder
        level = [child for child in ast.walk(holder) if isinstance(child, ast.stmt) and child is not holder]
        level = [child for child in level if _is_direct(holder, child)]
    assert innermost is not None
    return function, innermost


def _is_direct(holder: ast.stmt, child: ast.stmt) -> bool:
    blocks = [getattr(holder, name, []) for name in ("body", "orelse", "finalbody")]
    blocks += [handler.body for handler in getattr(holder, "handlers", [])]
    return any(child in block for block in blocks)


def _first(statement: ast.stmt) -> int:
    return min([statement.lineno, *(each.lineno for each in getattr(statement, "decorator_list", []))])


# --- The two ways -------------------------------------------------------------------------------


def judge_by_ours(
    root: Path, modules: Sequence[Module], mutants: Sequence[Mutant], arguments: Sequence[str], skipped: Sequence[str]
) -> tuple[list[MutantVerdict], tuple[str, ...]]:
    """Survey, choice of tests and verdicts as in a run of ours, with one worker so that all share its groups."""
    with Executor(
        root,
        defaults(root, workers=1, sandbox="portable"),
        args=arguments,
        sys_path=sys.path,
        invocation_dir=root,
        modules=modules,
    ) as runner:
        nodeids, errors = runner.collect()
        assert not errors
        green = tuple(TestRun(nodeid, Outcome.PASSED, 0.0) for nodeid in nodeids if nodeid not in skipped)
        files = {module.path: file_lines(root, module.path) for module in modules}
        survey = take_survey(Baseline(green, files, {}, {}, measured=False), runner, lambda _done, _total: None)
        work, settled = jobs(
            mutants,
            line_tests=survey.line_tests,
            files=files,
            targets=[target for module in modules for target in module.targets],
            seconds=survey.seconds,
            ran=runner.imported(),
        )
        texts = {file.relative_to(root).as_posix(): file.read_text() for file in root.rglob("*.py")}
        widening = Widening(
            files, runner.imported(), survey.seconds, lambda path: (files_that_reach(path, texts), texts)
        )
        return list(widening.judge(runner.judge, work, settled, mutants)), survey.differences


def judge_alone(
    root: Path, named: Sequence[Named], arguments: Sequence[str], folder: Path
) -> tuple[dict[str, str], list[str]]:
    """Each in a process that has imported nothing of the project before; by the tests named after its module.

    Also the tests that are skipped where nothing is mutated.
    """
    work = [(each.mutant.id, each.mutant.path, each.source, _tests_of(root, each.mutant.path)) for each in named]
    (folder / "work.json").write_text(json.dumps([list(arguments), work]))
    command = [sys.executable, str(HERE / "fresh.py"), str(root), str(folder)]
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(command, check=True, env=environment, stdin=subprocess.DEVNULL, timeout=300)
    found, skipped = json.loads((folder / "found.json").read_text())
    return found, skipped


def _open(word: str, wanted: str) -> str:
    return "detected" if wanted == "detected" and word in DETECTED else word


def _tests_of(root: Path, path: str) -> list[str]:
    own = sorted(file.name for file in root.glob(f"test_{Path(path).stem}*.py"))
    text = re.compile(rf"\b(?:import|from) {Path(path).stem}\b")
    users = [file for file in root.glob("*.py") if not file.name.startswith("test_") and text.search(file.read_text())]
    return own + [test for user in sorted(users) for test in _tests_of(root, user.name)]


@pytest.fixture(scope="session")
def judge(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Judged]:
    """``judge(tree, *arguments)`` copies a tree and judges the mutants that it names, both ways."""

    def run(tree: str, *arguments: str, ini: str = INI) -> Judged:
        folder = tmp_path_factory.mktemp(tree)
        root = folder / "project"
        shutil.copytree(HERE / "data" / tree, root, ignore=shutil.ignore_patterns("__pycache__"))
        (root / "pytest.ini").write_text(ini)
        files = [file for file in sorted(root.glob("*.py")) if not file.name.startswith(("test_", "conftest"))]
        modules = [parse_module(file.name, file.stem, ".", file.read_text()) for file in files]
        named = [each for module in modules for each in mutants_in(module)]
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
            patch.delenv("PYTEST_ADDOPTS", raising=False)
            alone, skipped = judge_alone(root, named, arguments, folder)
            verdicts, differences = judge_by_ours(root, modules, [n.mutant for n in named], arguments, skipped)
        told = {verdict.mutant_id: verdict for verdict in verdicts}
        ours = {each.mutant.id: WORDS.get(told[each.mutant.id].status.value, "unjudged") for each in named}
        wanted = {each.mutant.id: each.wanted for each in named}
        return Judged(
            wanted,
            {name: _open(word, wanted[name]) for name, word in ours.items()},
            {name: _open(word, wanted[name]) for name, word in alone.items()},
            told,
            differences,
        )

    return run
