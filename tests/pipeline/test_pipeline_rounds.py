"""The rounds on a real project, with real workers; only the writer of tests is scripted."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from pytest_llmgen import pipeline
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.findings import Findings
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.publisher import Publisher
from pytest_llmgen.records import (
    Assignment,
    Baseline,
    Candidate,
    Category,
    Cost,
    Fate,
    Judged,
    MutantStatus,
    Opinion,
    Oracle,
    Origin,
    Outcome,
    Reply,
    SecondLook,
    Stage,
    TargetContext,
    TestRun,
)
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.measure import file_lines
from pytest_llmgen.settings import Settings, defaults
from pytest_llmgen.vet.facts import gather
from pytest_llmgen.vet.vetting import vet

CODE = '''def share(total, parts):
    """Share equally; nothing is shared among no parts: 0 is the answer."""
    return total // parts


def sign(number):
    return 1 if number > 0 else -1
'''
TESTS = "from pkg.code import share, sign\n\ndef test_share(): assert share(9, 3)\ndef test_sign(): sign(1); sign(-1)\n"
LOOK = SecondLook(Opinion.BUG, "Nobody shares among no parts.", "0 is the answer.")
SHARE, SIGN = "pkg/code.py::share", "pkg/code.py::sign"
BODIES = {
    "test_kills": "assert share(7, 2) == 3",
    "test_kills_again": "assert share(7, 2) == 3\n    assert share(9, 2) == 4",
    "test_wrong": "assert share(9, 3) == 4",
    "test_promise": "assert share(1, 0) == 0",
    "test_unsafe": "import os\n    os.system('true')\n    assert share(9, 3) == 3",
    "test_chance": "import os\n    assert share(9, 3) == 3 + (os.environ.get('PYTHONHASHSEED') != '0')",
    "test_unimported": "assert share(Decimal(-7), 2) == -3",
    "test_absent": "assert share(9, no_such_name) == 3",
}


def candidate(name: str, body: str, target: str = SHARE, number: int = 1) -> Candidate:
    function = target.rpartition("::")[2]
    oracle = Oracle.DOCUMENTATION if name == "test_promise" else Oracle.OBSERVED
    source = f'def {name}():\n    """Typical: it is so."""\n    {body}\n'
    return Candidate(
        f"{target}-{name}-{number}",
        target,
        name,
        Category.TYPICAL,
        Origin.MODEL,
        oracle,
        source,
        summary="it is so",
        imports=(f"from pkg.code import {function}",),
        round=number,
    )


@dataclass
class Script:
    """A generator that answers what the script says, and remembers what it was asked."""

    replies: Mapping[str, Mapping[str, str]]  # target -> name -> body, in the first stage
    fault_at: int = 0
    asked: list[Assignment] = field(default_factory=list)
    origin: Origin = Origin.MODEL
    label: str = "a script"

    def announce(self, _assignments: Sequence[Assignment]) -> str:
        return ""

    def generate(self, assignments: Sequence[Assignment]) -> Iterator[Reply]:
        for assignment in assignments:
            self.asked.append(assignment)
            if len(self.asked) == self.fault_at:
                raise LlmgenError("out of credit", slug="no-credit")
            if assignment.stage is Stage.SECOND_LOOK:
                yield Reply(assignment, cost=Cost(0.25, calls=1), look=LOOK)
                continue
            bodies = self.replies.get(assignment.target.key, {}) if assignment.stage is Stage.FIRST else {}
            found = tuple(candidate(name, body, assignment.target.key) for name, body in bodies.items())
            yield Reply(assignment, found, cost=Cost(0.25, calls=1))


class Silent:
    """Progress that nobody looks at."""

    def stage(self, text: str) -> None: ...
    def step(self, done: int, total: int, text: str = "") -> None: ...
    def note(self, text: str) -> None: ...
    def item(self, done: int, total: int, target: str, outcome: str, cost: str) -> None: ...


@dataclass
class Result:
    root: Path
    findings: Findings
    script: Script

    def judged(self, name: str) -> Judged:
        (found,) = (j for j in self.findings.judged if j.candidate.name == name)
        return found

    def written(self) -> str:
        return (self.root / "tests/llmgen/test_llmgen_pkg_code.py").read_text()


def work(root: Path, script: Script, **changes: object) -> Result:
    ini = "[pytest]\npythonpath = .\n"
    files = {"pkg/__init__.py": "", "pkg/code.py": CODE, "tests/test_code.py": TESTS, "pytest.ini": ini}
    for name, text in files.items():
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(text)
    settings: Settings = defaults(root, **{"generate": True, "workers": 1, **changes})
    modules = find_modules(
        root,
        targets=settings.targets,
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=["tests"],
        output_dir=settings.output_dir,
    )
    lines = {module.path: file_lines(root, module.path) for module in modules}
    runs = [TestRun(f"tests/test_code.py::{name}", Outcome.PASSED, 0.01) for name in ("test_share", "test_sign")]
    findings = Findings(modules, Baseline(tuple(runs), lines, {}, {}, measured=False))
    facts = gather(root, modules, fixtures=[], tests=[TESTS])
    tools = pipeline.Tools(
        open_runner=lambda: Executor(
            root, settings, args=[], sys_path=[str(root), *sys.path], invocation_dir=root, modules=modules
        ),
        open_generator=lambda _: script,
        mutants_of=mutants_of,
        context_of=lambda _target, _module: TargetContext("from pkg.code import share"),
        vet=lambda candidate, _: vet(candidate, facts),
        publisher=Publisher(settings, modules),
        progress=Silent(),
        clock=time.monotonic,
        cpu=time.process_time,
    )
    pipeline.run(settings, findings, tools)
    return Result(root, findings, script)


@pytest.fixture(scope="module")
def result(tmp_path_factory: pytest.TempPathFactory) -> Result:
    signs = {"test_sign": "assert (sign(5), sign(0), sign(1)) == (1, -1, 1)"}
    return work(tmp_path_factory.mktemp("rounds"), Script({SHARE: BODIES, SIGN: signs}))


def test_nothing_stopped_the_run(result: Result) -> None:
    assert result.findings.problem is None
    assert result.findings.warnings == []


@pytest.mark.parametrize(
    ("name", "fate", "code"),
    [
        ("test_kills", Fate.KEPT, "earned"),
        ("test_kills_again", Fate.REDUNDANT, None),
        ("test_wrong", Fate.FAILING, "fails"),
        ("test_promise", Fate.SUSPECTED_BUG, "suspected-bug"),
        ("test_unsafe", Fate.UNSAFE, None),
        ("test_chance", Fate.FLAKY, "flaky"),
        ("test_absent", Fate.FAILING, "fails"),
    ],
)
def test_every_candidate_has_its_fate_and_a_reason(result: Result, name: str, fate: Fate, code: str | None) -> None:
    judged = result.judged(name)
    assert judged.fate is fate, judged.reason
    assert judged.reason
    assert code in (None, judged.code)


def test_kills_alone_earn_a_place_where_every_line_is_covered_already(result: Result) -> None:
    earned = result.judged("test_kills").earned
    assert (earned.lines, earned.branches) == ((), ())
    assert earned.kills
    before, after = result.findings.verdicts_before, result.findings.verdicts()
    assert all(before[i].status is MutantStatus.SURVIVED for i in earned.kills)
    assert all(after[i].status is MutantStatus.KILLED for i in earned.kills)


def test_what_is_written_are_the_kept_tests_and_no_others(result: Result) -> None:
    text = result.written()
    kept = {judged.candidate.name for judged in result.findings.kept}
    assert {name for name in [*BODIES, "test_sign"] if f"def {name}(" in text} == kept
    assert all(judged.nodeid.startswith("tests/llmgen/") for judged in result.findings.kept)


def test_a_suspected_bug_is_evidence_outside_of_the_suite(result: Result) -> None:
    (bug,) = result.findings.suspects
    assert (bug.qualname, bug.reproduced) == ("share", (5, 5))
    assert "0 is the answer" in bug.quote
    assert bug.test.startswith(".llmgen/suspected/")
    assert bug.expected == "assert share(1, 0) == 0"
    assert bug.observed == "ZeroDivisionError: integer division or modulo by zero"


def test_a_suspected_bug_is_looked_at_again_with_its_code_and_test(result: Result) -> None:
    (asked,) = (a for a in result.script.asked if a.stage is Stage.SECOND_LOOK)
    (failure,) = asked.failures
    assert failure.candidate.name == "test_promise"
    assert "ZeroDivisionError" in failure.message
    (bug,) = result.findings.suspects
    assert (bug.second_look, bug.case_against, bug.quote) == (LOOK.opinion, LOOK.case_against, LOOK.quote)
    assert SHARE not in result.findings.not_attempted


def test_failing_and_invalid_candidates_are_asked_for_again_and_suspects_are_not(result: Result) -> None:
    (repair,) = (a for a in result.script.asked if a.stage is Stage.REPAIR)
    assert {failure.candidate.name for failure in repair.failures} == {"test_wrong", "test_absent"}


def test_what_a_rule_can_mend_is_kept_without_another_request(result: Result) -> None:
    mended = result.judged("test_unimported")
    assert mended.fate in (Fate.KEPT, Fate.REDUNDANT), mended.reason
    assert mended.candidate.imports[-1] == "from decimal import Decimal"


def test_a_documented_target_is_also_asked_for_from_its_documentation(result: Result) -> None:
    assert [a.target.key for a in result.script.asked if a.stage is Stage.DOCUMENTATION] == [SHARE]


def test_costs_are_added_up_by_target(result: Result) -> None:
    asked = [a for a in result.script.asked if a.target.key == SHARE]
    assert result.findings.costs[SHARE] == Cost(0.25 * len(asked), calls=len(asked))


def test_lines_are_measured_in_workers_where_the_run_was_not_measured(result: Result) -> None:
    before = result.findings.baseline.hits["pkg/code.py"]
    assert before.lines == {1, 3, 6, 7}  # functions defined at import, and their bodies
    assert result.findings.baseline.measured
    assert result.findings.survey.map_source == "forked"


def test_a_generator_that_gives_up_costs_nothing_of_what_it_wrote_before(tmp_path: Path) -> None:
    script = Script({SHARE: {"test_kills": BODIES["test_kills"]}, SIGN: {}}, fault_at=3)
    result = work(tmp_path, script, concurrency=1)
    assert result.findings.problem is None
    assert "out of credit" in result.findings.warnings[0]
    assert "def test_kills(" in result.written()


def test_a_short_time_goes_to_the_riskiest_functions_and_the_others_are_named(tmp_path: Path) -> None:
    kills = {"test_kills": BODIES["test_kills"]}
    script = Script({SHARE: kills, SIGN: kills}, origin=Origin.OFFLINE)
    found = work(tmp_path, script, time=0.5, rounds=1)
    (asked,) = script.asked
    (put_off,) = {SHARE, SIGN} - {asked.target.key}
    assert 0 < asked.seconds <= 0.25
    assert "--llm-time" in found.findings.not_attempted[put_off]
    assert asked.target.key not in found.findings.not_attempted


def test_a_budget_leaves_the_other_mutants_pending_and_says_so(tmp_path: Path) -> None:
    found = work(tmp_path, Script({}), generate=False, mutant_budget="2").findings
    pending = [v for v in found.verdicts_before.values() if v.status is MutantStatus.PENDING]
    assert len(found.verdicts_before) == len(found.mutants) == len(pending) + 2
    assert "the mutant budget of 2 mutants was spent on riskier ones" in {verdict.detail for verdict in pending}
    assert f"2 of {len(found.mutants)} mutants were run" in found.warnings[0]


def test_a_budget_of_no_time_judges_nothing(tmp_path: Path) -> None:
    found = work(tmp_path, Script({}), generate=False, mutant_budget="0s").findings
    assert {verdict.status for verdict in found.verdicts_before.values()} == {MutantStatus.PENDING}
