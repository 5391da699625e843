"""Parts of a run: written, read back, merged; what does not fit is a problem and never a pass."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmgen.codec import decode, encode
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.findings import Findings
from pytest_llmgen.parts import Part, Shard, digest, merged, parse_shard, read, write
from pytest_llmgen.records import (
    Baseline,
    FileLines,
    Hits,
    Module,
    Mutant,
    MutantStatus,
    MutantVerdict,
    Outcome,
    Region,
    Target,
    TargetKind,
    TestRun,
)
from pytest_llmgen.run.survey import Survey

TARGET = Target("a.py", "a", "f", TargetKind.FUNCTION, 1, 2, 1, decorators=("@x",))
MODULE = Module("a.py", "a", ".", "def f():\n    return 1\n", (TARGET,))
MUTANTS = tuple(Mutant(f"M-{n}", "a.py", "f", "f", "op", n, n + 1, "1", "2", "2", Region(2, 1, 2, 2)) for n in range(5))
LINES = FileLines("a.py", frozenset({1, 2}), frozenset({(1, 2)}), first_line={3: 2})
HITS = Hits(frozenset({1, 2}), frozenset({(1, 2)}))
SAME = {"code": digest([MODULE]), "commit": "4f1c2e9"}


def findings(**changes):
    baseline = Baseline(
        (TestRun("t::a", Outcome.PASSED, 0.1),), {"a.py": LINES}, {"a.py": HITS}, {"t::a": {"a.py": frozenset({1})}}
    )
    survey = Survey({"t::a": 0.1}, {"a.py": {2: ("t::a",)}}, {"a.py": HITS}, (), "forked")
    made = Findings((MODULE,), baseline, None, survey, {"a.py": HITS}, MUTANTS, has_mutants=True)
    return replace(made, **changes)


def part(number, of=2, **changes):
    shard = Shard(number, of)
    verdicts = {m.id: MutantVerdict(m.id, MutantStatus.KILLED, ("t::a",)) for m in shard.share(MUTANTS)}
    return Part(shard, SAME, findings(**{"verdicts_before": verdicts, **changes}), ("t.py",))


def test_shares_are_disjoint_and_complete_whatever_the_order():
    for of in range(1, 8):
        shares = [Shard(n, of).share(MUTANTS[::-1]) for n in range(1, of + 1)]
        assert sorted(m.id for share in shares for m in share) == [m.id for m in MUTANTS]
        assert max(map(len, shares)) - min(map(len, shares)) <= 1


@pytest.mark.parametrize("text", ["", "0/4", "5/4", "1", "a/b", "-1/4", "1/4/5", "1.0/4"])
def test_what_is_no_shard_is_refused(text):
    with pytest.raises(LlmgenError) as caught:
        parse_shard(text)
    assert caught.value.slug == "bad-shard"


def test_a_part_is_read_back_as_it_was_written_but_for_contexts_that_nobody_needs(tmp_path):
    place = write(part(1), tmp_path / "reports")
    assert place.name == "part-1-of-2.json"
    before = part(1)
    slim = replace(before.findings, baseline=replace(before.findings.baseline, contexts={}))
    assert read(place) == replace(before, findings=slim)
    assert [path.name for path in place.parent.iterdir()] == [place.name]


def test_the_parts_together_are_the_whole():
    whole = merged([part(2), part(1)], SAME)
    assert whole.problem is None
    assert set(whole.verdicts_before) == {mutant.id for mutant in MUTANTS}
    assert whole.hits() == findings().hits()


@pytest.mark.parametrize(
    ("parts", "problem"),
    [
        ([part(1)], "part 2 of 2 is missing"),
        ([part(1), part(1)], "part 2 of 2 is missing; part 1 of 2 is there twice"),
        ([part(1), part(2), part(2)], "part 2 of 2 is there twice"),
        ([part(1), part(2, 3)], "the parts are of different numbers: 1/2, 2/3"),
        ([part(1), replace(part(2), same={**SAME, "commit": "0"})], "another commit in 2/2: 0 instead of 4f1c2e9"),
        ([part(1), part(2, mutants=MUTANTS[:4])], "other mutants in 2/2 than in 1/2"),
        ([part(1), part(2, changed={})], "other new lines in 2/2 than in 1/2"),
        ([part(1), part(2, problem="a worker died")], "a worker died"),
    ],
)
def test_what_does_not_fit_is_the_problem_of_the_whole(parts, problem):
    assert merged(parts, SAME).problem == problem


def test_other_code_where_the_merge_runs_is_a_problem():
    problem = merged([part(1), part(2)], {**SAME, "code": "other"}).problem
    assert problem is not None
    assert problem.startswith("another code in 1/2, 2/2")


def test_of_what_both_have_seen_the_worse_counts():
    red = replace(findings().baseline, tests=(TestRun("t::a", Outcome.FAILED, 0.1),), hits={"a.py": Hits()})
    whole = merged([part(1), part(2, baseline=red, interrupted=True, has_mutants=False)], SAME)
    assert whole.baseline.tests[0].outcome is Outcome.FAILED
    assert whole.baseline.hits == {"a.py": Hits()}
    assert whole.interrupted
    assert not whole.has_mutants


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"kind": "pytest-llmgen-part", "version": 99}', "\x00"])
def test_what_is_no_part_is_refused(tmp_path, text):
    file = tmp_path / "part.json"
    file.write_text(text)
    with pytest.raises(LlmgenError) as caught:
        read(file)
    assert caught.value.slug == "bad-part"


def test_a_part_with_anything_lost_or_of_another_kind_is_refused(tmp_path: Path):
    place = write(part(1), tmp_path)
    whole = json.loads(place.read_text())
    for key in whole:
        place.write_text(json.dumps({name: value for name, value in whole.items() if name != key}))
        with pytest.raises(LlmgenError):
            read(place)
    for key in whole["findings"]:
        lost = {name: value for name, value in whole["findings"].items() if name != key}
        place.write_text(json.dumps({**whole, "findings": lost}))
        with pytest.raises(LlmgenError):
            read(place)
    with pytest.raises(LlmgenError):
        read(tmp_path / "nowhere.json")


@pytest.mark.parametrize(
    ("hint", "data"), [(int, True), (int, 1.5), (str, 1), (bool, 1), (tuple[int, int], [1]), (Outcome, "fine")]
)
def test_a_value_of_another_type_is_refused(hint, data):
    with pytest.raises(ValueError, match=r"not of the shape|is not a valid"):
        decode(hint, data)


def test_a_type_without_json_is_an_error_at_once():
    with pytest.raises(TypeError, match="no JSON for object"):
        encode([object()])
