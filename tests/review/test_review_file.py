"""The review file and the baseline file: read, written, and every fault named."""

from __future__ import annotations

import subprocess
from datetime import date
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Anchor, Decision, DecisionClass
from pytest_llmgen.review import baseline, editing, file
from pytest_llmgen.review.book import OldGap

SAMPLE = (Path(__file__).parent / "data" / "review.toml").read_text("utf-8")
DECISION = Decision(
    "L-44qm0zt",
    DecisionClass.UNREACHABLE,
    "a person has looked",
    "dev <dev@example.org>",
    date(2026, 11, 21),
    Anchor("uncovered-line", "a.py", "f", 'raise X\n"two"', nth=2, context="c1", statement="s1"),
    date(2027, 11, 21),
)


def test_a_file_as_documented_is_read():
    contents = file.parse(SAMPLE, "llmgen-review.toml")
    assert contents.invalid == ()
    first, second = contents.decisions
    assert (first.id, first.class_, first.expires) == ("M-0x5ra8v", DecisionClass.WONT_TEST, date(2027, 5, 20))
    assert (first.gap.where, first.gap.operator, first.gap.nth) == ("shop/cart.py::Cart.apply_voucher", "string", 1)
    assert (second.line, second.ref) == (22, "https://example.org/issues/812")
    assert contents.ratchet == {"line": 88.4, "branch": 81.0, "mutation": 71.2}


@pytest.mark.parametrize(
    ("old", "new", "fault"),
    [
        ('reason  = "log wording is not part of the contract"', "", "reason is missing"),
        ("log wording is not part of the contract", "too short", "the reason needs 12 characters or more"),
        ("log wording is not part of the contract", "wont-test   ", "the reason needs 12 characters or more"),
        ('"wont-test"', '"because"', "unknown class 'because'"),
        ('"wont-test"', '"known-bug"', "a known bug needs a ref: where it is tracked"),
        ('"wont-test"', '"false-alarm"', "a surviving-mutant can't be false-alarm"),
        ('author  = "dev <dev@example.org>"', "", "author is missing"),
        ("dev <dev@example.org>", "dependabot[bot] <x@y>", "is no person"),
        ("date    = 2026-11-21", 'date = "soon"', "date is missing, or is none"),
        ("expires = 2027-05-20", "", "expires is missing: wont-test does not hold for ever"),
        ('"M-0x5ra8v"', '"7"', "'7' is no id"),
        ("nth     = 1", "nth = 0", "in gap, wrong or missing: nth"),
        ('kind    = "surviving-mutant"', 'kind = "bug"', "unknown kind 'bug'"),
        ("[accepted.gap]", "[accepted.other]", "[accepted.gap] is missing"),
    ],
)
def test_an_invalid_entry_is_named_with_its_line_and_not_used(old, new, fault):
    contents = file.parse(SAMPLE.replace(old, new, 1), "llmgen-review.toml")
    assert any(fault in entry.problem for entry in contents.invalid), contents.invalid
    assert contents.invalid[0].line == 5
    assert len(contents.decisions) == 1


@pytest.mark.parametrize(
    ("text", "line", "fault"),
    [
        ("version = 1\n[[accepted\n", 2, "not TOML"),
        ("version = 2\n", 1, "version is 2, this release reads 1"),
        ("", 1, "version is None"),
        ("version = 1\naccepted = 3\n", 1, "accepted must be an array of tables"),
        ("version = 1\nratchet = {line = 101}\n", 1, "ratchet: line: not a floor in per cent"),
        ("version = 1\nignore = true\n", 1, "unknown: ignore"),
    ],
)
def test_a_file_that_is_none_says_so(text, line, fault):
    (entry, *_) = file.parse(text, "r.toml").invalid
    assert (entry.path, entry.line) == ("r.toml", line)
    assert fault in entry.problem


def test_an_id_that_is_there_twice_is_a_fault_of_the_second():
    double = SAMPLE.replace("L-44qm0zt", "M-0x5ra8v")
    (fault,) = file.parse(double, "r.toml").invalid
    assert (fault.line, fault.problem) == (22, "M-0x5ra8v: the id is there twice")


def test_a_bot_may_be_an_author_where_that_is_allowed():
    text = SAMPLE.replace("dev <dev@example.org>", "renovate <r@e.org>")
    assert file.parse(text, "r.toml", bots=True).invalid == ()


def test_a_file_that_is_not_there_holds_no_decision(tmp_path):
    assert file.read(tmp_path / "none.toml", "none.toml").decisions == ()
    assert file.read(tmp_path, "folder").invalid[0].problem.startswith("it can't be read")


def test_comments_and_order_stay_and_what_was_written_is_read_again(tmp_path):
    path = tmp_path / "llmgen-review.toml"
    path.write_text(SAMPLE)
    editing.add(path, DECISION.__class__(**{**_fields(DECISION), "id": "L-9999999"}))
    text = path.read_text()
    assert text.startswith(SAMPLE[: SAMPLE.index("[ratchet]")].rstrip())
    assert "# floors; only" in text
    contents = file.read(path, "r.toml")
    assert contents.invalid == ()
    assert contents.decisions[2].gap == DECISION.gap
    assert contents.ratchet["line"] == 88.4


def _fields(decision):
    return {name: getattr(decision, name) for name in decision.__dataclass_fields__}


def test_a_new_file_explains_itself_and_the_same_id_is_replaced(tmp_path):
    path = tmp_path / "llmgen-review.toml"
    editing.add(path, DECISION)
    editing.add(path, DECISION)
    contents = file.read(path, "r.toml")
    assert [decision.id for decision in contents.decisions] == ["L-44qm0zt"]
    assert contents.decisions[0].line == 5
    assert path.read_text().startswith("# llmgen-review.toml: decisions of people")


def test_removing_and_rekeying_touch_no_reason(tmp_path):
    path = tmp_path / "llmgen-review.toml"
    path.write_text(SAMPLE)
    anchor = Anchor("surviving-mutant", "shop/new.py", "g", "a", "b", "string", 2, "c2", "s2")
    editing.rekey(path, {"M-0x5ra8v": ("M-1111111", anchor, "2")})
    editing.remove(path, {"L-44qm0zt"})
    (decision,) = file.read(path, "r.toml").decisions
    assert (decision.id, decision.gap, decision.operators) == ("M-1111111", anchor, "2")
    assert decision.reason == "log wording is not part of the contract"
    assert "# first of equal expressions" in path.read_text()


def test_a_file_that_is_no_toml_is_not_written(tmp_path):
    path = tmp_path / "llmgen-review.toml"
    path.write_text("[[accepted\n")
    with pytest.raises(LlmgenError, match="review-file-invalid"):
        editing.add(path, DECISION)
    assert path.read_text() == "[[accepted\n"


def test_a_link_stays_a_link_and_the_mode_stays(tmp_path):
    real = tmp_path / "real.toml"
    real.write_text(SAMPLE)
    real.chmod(0o600)
    (tmp_path / "link.toml").symlink_to(real)
    editing.add(tmp_path / "link.toml", DECISION)
    assert (tmp_path / "link.toml").is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600


OLD = [OldGap(f"M-{n}123456789abc", f"{n}.py", "f", "c", "s") for n in range(3)]


def test_the_baseline_is_one_line_for_each_gap_sorted(tmp_path):
    path = tmp_path / "b.json"
    baseline.write(path, reversed(OLD))
    assert baseline.read(path, "b.json") == (tuple(OLD), ())
    lines = path.read_text().splitlines()
    assert [line.endswith(",") for line in lines[1:-1]] == [True] * 3


def test_a_union_merge_of_two_baselines_is_read(tmp_path):
    def git(*arguments):
        identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "commit.gpgsign=false"]
        subprocess.run(["git", *identity, *arguments], cwd=tmp_path, check=True, capture_output=True)

    path = tmp_path / "b.json"
    git("init", "-b", "main")
    (tmp_path / ".gitattributes").write_text(baseline.MERGE_LINE.format(name="b.json") + "\n")
    baseline.write(path, OLD[1:2])
    git("add", ".")
    git("commit", "-m", "one")
    git("checkout", "-b", "other")
    baseline.write(path, OLD[1:])
    git("commit", "-am", "two")
    git("checkout", "main")
    baseline.write(path, [])
    git("commit", "-am", "none")
    baseline.write(path, OLD[:1])
    git("commit", "-am", "first")
    git("merge", "other")
    entries, faults = baseline.read(path, "b.json")
    assert faults == ()
    assert {OLD[0], OLD[2]} <= set(entries)


@pytest.mark.parametrize("text", ["{", "[]", '{"gaps": [{"id": "M-1"}]}', '{"gaps": 3}'])
def test_a_baseline_that_is_none_says_so(tmp_path, text):
    path = tmp_path / "b.json"
    path.write_text(text)
    entries, faults = baseline.read(path, "b.json")
    assert entries == ()
    assert faults[0].path == "b.json"
