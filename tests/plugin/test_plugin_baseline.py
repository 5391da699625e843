from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_llmgen.baseline import CoverageSetup, Recorder, files_of_tests, why_partial
from pytest_llmgen.plugin import COVERAGE_VARIABLE
from pytest_llmgen.records import Outcome
from pytest_llmgen.run.phases import outcome_of
from pytest_llmgen.run.sandbox.private import OWNER, sweep

pytest_plugins = ["pytester"]

OFF = tuple(f"-pno:{name}" for name in ("pytest_cov", "asyncio", "anyio", "hypothesispytest", "xdist", "llmgen"))
FILES = {
    "tests/test_one.py": "import pytest\n\ndef test_red(): assert 0\n\n@pytest.mark.no_llm\ndef test_green(): pass\n",
    "tests/test_two.py": "def test_other(): pass\n",
    "tests/helper.py": "",
    "tests/.hidden/test_three.py": "def test_never(): pass\n",
}

PARTIAL = [
    ((), None),
    (("tests",), None),
    (("tests/test_one.py", "tests/test_two.py"), None),
    (("-m", "not slow"), None),
    (("--ignore=elsewhere",), None),
    (("-k", "red"), "2 tests were deselected"),
    (("-k", "not other"), "a test was deselected"),
    (("--deselect", "tests/test_two.py::test_other"), "a test was deselected"),
    (("tests/test_one.py",), "leave out tests/test_two.py"),
    (("tests/test_one.py::test_red",), "single tests were named"),
    (("--ignore=tests/test_two.py",), "leave out tests/test_two.py"),
    (("--ignore", "tests/test_two.py"), "leave out tests/test_two.py"),
    (("-x",), "stopped early"),
    (("--lf",), "--lf left out 1 test file"),
]


class Watch:
    """Stands where our session stands: a recorder, and the question at the end of the run."""

    def __init__(self) -> None:
        self.recorder, self.partial = Recorder(), "not asked"

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        self.recorder.on_report(report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        self.recorder.on_collect_report(report)

    def pytest_deselected(self, items: Sequence[pytest.Item]) -> None:
        self.recorder.deselected += len(items)

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        self.partial = why_partial(session.config, self.recorder, session)
        self.files = files_of_tests(session.config)


def watch(pytester: pytest.Pytester, *arguments: str, files: dict[str, str] = FILES) -> Watch:
    for name, text in files.items():
        path = pytester.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    pytester.makeini("[pytest]\ntestpaths = tests\nmarkers =\n  slow\n  no_llm\n")
    watch = Watch()
    pytester.inline_run(*OFF, *arguments, plugins=[watch])
    return watch


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_ADDOPTS", raising=False)


@pytest.mark.parametrize(("arguments", "why"), PARTIAL, ids=[" ".join(a) or "plain" for a, _ in PARTIAL])
def test_a_run_is_partial_when_tests_of_the_project_may_be_missing(
    pytester: pytest.Pytester, arguments: tuple[str, ...], why: str | None
) -> None:
    if "--lf" in arguments:
        watch(pytester)
    found = watch(pytester, *arguments).partial
    assert (found is None) if why is None else (found is not None and why in found)


def test_a_run_from_a_subfolder_that_takes_all_tests_is_whole(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    watch(pytester)
    monkeypatch.chdir(pytester.path / "tests")
    assert watch(pytester).partial is None


def test_the_projects_test_files_are_those_that_pytest_would_collect(pytester: pytest.Pytester) -> None:
    names = [file.relative_to(pytester.path).as_posix() for file in watch(pytester).files]
    assert names == ["tests/test_one.py", "tests/test_two.py"]


def test_outcomes_messages_and_markers_are_recorded(pytester: pytest.Pytester) -> None:
    recorder = watch(pytester).recorder
    outcomes = {nodeid: run.outcome for nodeid, run in recorder.outcomes.items()}
    assert outcomes == {
        "tests/test_one.py::test_red": Outcome.FAILED,
        "tests/test_one.py::test_green": Outcome.PASSED,
        "tests/test_two.py::test_other": Outcome.PASSED,
    }
    assert "assert 0" in recorder.outcomes["tests/test_one.py::test_red"].message
    assert recorder.left_out == {"tests/test_one.py::test_green"}
    assert not recorder.collection_errors


def test_a_subtest_that_is_skipped_leaves_its_test_passed_and_one_that_fails_does_not(
    pytester: pytest.Pytester,
) -> None:
    text = """
import unittest
import pytest

def test_skips(subtests):
    with subtests.test("first"):
        pytest.skip("not today")
    with subtests.test("second"):
        pass

def test_fails(subtests):
    with subtests.test("first"):
        assert 0
    with subtests.test("second"):
        pytest.skip("not today")

class TestCase(unittest.TestCase):
    def test_old(self):
        for number in range(2):
            with self.subTest(number=number):
                if number:
                    self.skipTest("not today")
"""
    recorder = watch(pytester, files={"tests/test_all.py": text}).recorder
    outcomes = {nodeid.rpartition("::")[2]: run.outcome for nodeid, run in recorder.outcomes.items()}
    assert outcomes == {"test_skips": Outcome.PASSED, "test_fails": Outcome.FAILED, "test_old": Outcome.PASSED}


def test_coverages_folder_of_a_killed_run_is_swept_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    for name in ("COVERAGE_FILE", "COVERAGE_CORE", COVERAGE_VARIABLE):
        monkeypatch.setenv(name, "before")
    setup = CoverageSetup(SimpleNamespace(cov_source=[]), [tmp_path])
    assert setup.folder is not None
    sweep()
    assert setup.folder.is_dir()
    owner = setup.folder / OWNER
    said = owner.readlink()
    owner.unlink()
    owner.symlink_to(f"{said}0")  # as if its process had ended, and the number were another's
    sweep()
    assert not setup.folder.exists()
    setup.close()


def test_a_skip_after_a_failure_does_not_hide_it(pytester: pytest.Pytester) -> None:
    text = """
import pytest

@pytest.fixture
def gone():
    yield
    pytest.skip("nothing to take down")

def test_fails(gone): assert 0
"""
    recorder = watch(pytester, files={"tests/test_all.py": text}).recorder
    assert [run.outcome for run in recorder.outcomes.values()] == [Outcome.FAILED]


def test_the_worst_phase_counts(pytester: pytest.Pytester) -> None:
    text = """
import pytest

@pytest.fixture
def bad_start(): raise ValueError

@pytest.fixture
def bad_end():
    yield
    raise ValueError

def test_set_up(bad_start): pass
def test_tear_down(bad_end): pass
def test_skip(): pytest.skip("not today")
@pytest.mark.xfail
def test_xfail(): assert 0
@pytest.mark.xfail
def test_xpass(): pass
"""
    recorder = watch(pytester, files={"tests/test_all.py": text}).recorder
    outcomes = {nodeid.partition("::")[2]: run.outcome for nodeid, run in recorder.outcomes.items()}
    assert outcomes == {
        "test_set_up": Outcome.ERROR,
        "test_tear_down": Outcome.ERROR,
        "test_skip": Outcome.SKIPPED,
        "test_xfail": Outcome.XFAILED,
        "test_xpass": Outcome.XPASSED,
    }


def test_a_file_that_cannot_be_collected_is_named_with_its_error(pytester: pytest.Pytester) -> None:
    recorder = watch(pytester, files={"tests/test_broken.py": "import nowhere_to_be_found"}).recorder
    assert recorder.collection_errors == [
        "tests/test_broken.py: ModuleNotFoundError: No module named 'nowhere_to_be_found'"
    ]


@pytest.mark.parametrize(
    ("phase", "outcome", "expected"),
    [
        ("setup", "failed", Outcome.ERROR),
        ("call", "failed", Outcome.FAILED),
        ("teardown", "failed", Outcome.ERROR),
        ("call", "passed", Outcome.PASSED),
        ("setup", "skipped", Outcome.SKIPPED),
    ],
)
def test_the_outcome_of_a_phase(phase: str, outcome: str, expected: Outcome) -> None:
    flags = {name: outcome == name for name in ("passed", "failed", "skipped")}
    assert outcome_of(SimpleNamespace(when=phase, **flags)) is expected  # type: ignore[arg-type]
