"""Tests that take another way behind the walls than in the user's run are named; what a fork alone changes is not."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from pytest_llmgen.records import Baseline, Hits, Module, Outcome, TestRun
from pytest_llmgen.run.compare import confirmed, other_lines, suspicious
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.survey import take_survey
from pytest_llmgen.settings import defaults

T = "tests/test_app.py::test_where"


def lines(*numbers: int) -> dict[str, Hits]:
    return {"app.py": Hits(frozenset(numbers))}


def run(hits: Mapping[str, Hits], nodeid: str = T, seconds: float = 0.1) -> TestRun:
    return TestRun(nodeid, Outcome.PASSED, seconds, hits)


def baseline(own: Sequence[int], *others: int) -> Baseline:
    passed = tuple(run({}, nodeid) for nodeid in (T, "other"))
    contexts = {nodeid: {"app.py": frozenset(own)} for nodeid in (T, "other")}
    return Baseline(passed, {}, lines(*own, *others), contexts)


class Outside:
    """Runs what it is given."""

    def __init__(self, hits: Mapping[str, Hits]) -> None:
        self.hits, self.asked = hits, list[str]()

    def outside(self, nodeids: Sequence[str], timeout: float) -> list[TestRun]:
        assert timeout == 5.0
        self.asked += nodeids
        return [run(self.hits, nodeid) for nodeid in nodeids]

    def needs(self, nodeids: Sequence[str], timeout: float) -> Mapping[str, tuple[str, ...]]:
        assert timeout == 5.0
        return dict.fromkeys(nodeids, ("path:/data",))


@pytest.mark.parametrize(
    ("behind", "own", "others", "odd"),
    [
        ((1, 2), (1, 2), (), set()),
        ((1, 3), (1, 2), (3,), {2}),  # lost one, ran one that another test runs
        ((1, 2, 3), (1, 2), (3,), set()),  # a cache was cold
        ((1, 2, 4), (1, 2), (3,), {4}),  # that nobody ran
        ((), (1,), (), {1}),
    ],
)
def test_lines_are_suspicious_that_a_test_has_lost_or_that_nobody_ran(behind, own, others, odd) -> None:
    assert set(suspicious(run(lines(*behind)), baseline(own, *others)).get("app.py", ())) == odd


def test_a_test_of_which_the_users_run_knows_no_lines_is_not_suspicious() -> None:
    assert suspicious(run(lines(1), "unknown"), baseline([2])) == {}


def test_only_where_a_fork_outside_agrees_with_the_users_run_the_walls_are_the_cause() -> None:
    odd = {"app.py": frozenset({2, 4, 5})}
    assert confirmed(odd, lines(1, 4, 5), lines(1, 2, 5)) == {"app.py": {2, 4}}
    assert confirmed(odd, lines(1, 4, 5), lines(1, 4, 5)) == {}


def test_a_test_is_named_with_its_lines_and_what_it_needs() -> None:
    (text,) = other_lines([run(lines(1, 9))], baseline([1, 2, 3, 4, 7], 9), Outside(lines(1, 2, 3, 4, 7)), 5.0)
    assert text == (
        f"{T} takes another way behind the walls than in your run, at app.py:2-4, 7; "
        "the walls refuse it path:/data [other-lines]"
    )


def test_nothing_is_run_outside_where_nothing_is_suspicious_or_the_tests_take_too_long() -> None:
    outside = Outside(lines(1))
    assert other_lines([run(lines(1))], baseline([1]), outside, 5.0) == ()
    assert other_lines([run(lines(), seconds=11.0)], baseline([1]), outside, 5.0) == ()
    assert outside.asked == []
    assert other_lines([run(lines())], baseline([1]), object(), 5.0) == ()


def test_code_that_looks_for_a_folder_that_is_hidden_is_found(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    there = tmp_path_factory.mktemp("data")
    app = f"import os\ndef where():\n    if os.path.isdir({str(there)!r}):\n        return 1\n    return 2\n"
    (tmp_path / "app.py").write_text(app)
    (tmp_path / "test_app.py").write_text("from app import where\ndef test_where(): assert where()\n")
    nodeid = "test_app.py::test_where"
    theirs = frozenset({3, 4})
    user = Baseline((run({}, nodeid),), {}, lines(1, 2, 3, 4), {nodeid: {"app.py": theirs}})
    with Executor(
        tmp_path, defaults(tmp_path, workers=1), args=("-p", "no:cacheprovider"), sys_path=[str(tmp_path), *sys.path],
        invocation_dir=tmp_path, modules=[Module("app.py", "app", ".", app)],
    ) as executor:  # fmt: skip
        survey = take_survey(user, executor, lambda _done, _total: None)
        tier = executor.tier
    assert list(survey.seconds) == [nodeid]
    if tier == "namespaces":  # elsewhere a folder that can't be read is there all the same
        assert [text.partition(" at ")[2] for text in survey.notices] == ["app.py:4-5 [other-lines]"]
    else:
        assert survey.notices == ()
