from dataclasses import replace

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.journal import Entry, Journal, key_of
from pytest_llmgen.generate.questions import Questions
from pytest_llmgen.generate.replay import ReplayGenerator, normalised
from pytest_llmgen.generate.requests import Writer
from pytest_llmgen.prompt import PROMPT_VERSION
from pytest_llmgen.records import Assignment, Failure, Module, Stage, Target, TargetContext, TargetKind

WRITE = Writer("m")
SOURCE = "def f(x):\n    return x\n"


def assignment(stage=Stage.FIRST, version="1.2", source=SOURCE, **changes):
    target = Target("a.py", "a", "f", TargetKind.FUNCTION, 1, 2, 1, context="c")
    context = TargetContext("from a import f", versions=(("lib", version),))
    return replace(Assignment(target, Module("a.py", "a", ".", source), context, stage), **changes)


def reply(number):
    return f"```python\ndef test_{number}():\n    assert f({number}) == {number}\n```"


def record(folder, *asked):
    questions, journal = Questions(), Journal(folder)
    for number, made in enumerate(asked, 1):
        request, question = WRITE(made), questions.next(made)
        key = key_of(request, PROMPT_VERSION)
        entry = Entry(key, question, request, reply(number), "end_turn", "m", PROMPT_VERSION, time=f"2026-0{number}")
        journal.keep(entry)
    return ReplayGenerator(folder / "replies", WRITE)


def names(replies):
    return [[candidate.name for candidate in reply.candidates] for reply in replies]


def test_a_reply_is_found_by_stage_round_and_attempt(tmp_path):
    asked = [assignment(), assignment(Stage.DOCUMENTATION), assignment(Stage.GAPS, round=2), assignment(source="x\ny")]
    replay = record(tmp_path, *asked)
    assert names(replay.generate(asked)) == [["test_1"], ["test_2"], ["test_3"], ["test_4"]]


def test_other_versions_paths_addresses_and_moved_lines_find_the_same_reply(tmp_path):
    def failed(message):
        (candidate,) = next(record(tmp_path, assignment()).generate([assignment()])).candidates
        return assignment(Stage.REPAIR, failures=(Failure(candidate, "error", message),))

    replay = record(tmp_path, failed("<A at 0x7f00aa11bb22> in /home/anna/a.py with lib 1.2.3"))
    again = failed("<A at 0x7f00cc33dd44> in /srv/build/x/a.py with lib 1.10.0rc1")
    assert names(replay.generate([again])) == [["test_1"]]
    assert replay.warnings == ()


def test_a_prompt_that_drifted_is_answered_with_a_warning(tmp_path):
    replay = record(tmp_path, assignment())
    drifted = assignment(source="def f(x):\n    return x  # new words\n")
    assert names(replay.generate([drifted])) == [["test_1"]]
    assert replay.warnings == (
        "the prompt of a.py::f: first, round 1 is not the one that was recorded [prompt-drifted]",
    )


def test_a_request_without_a_recorded_reply_is_named(tmp_path):
    replay = record(tmp_path, assignment())
    first, second, third = replay.generate([assignment(), assignment(source="y"), assignment(Stage.GAPS, round=3)])
    assert len(first.candidates) == 1
    assert second.note == "no recorded reply for a.py::f: first, round 1, attempt 2 [no-recorded-reply]"
    assert [r.code for r in second.refusals] == ["no-recorded-reply"]
    assert third.note == "no recorded reply for a.py::f: gaps, round 3 [no-recorded-reply]"


def test_a_target_whose_code_changed_has_no_recorded_reply(tmp_path):
    replay = record(tmp_path, assignment())
    changed = assignment(source="def f(x):\n    return -x\n")
    changed = replace(changed, target=replace(changed.target, context="other"))
    assert names(replay.generate([changed])) == [[]]


def test_the_same_request_in_a_later_round_has_the_same_reply(tmp_path):
    replay = record(tmp_path, assignment())
    assert names(replay.generate([assignment(round=2)])) == [["test_1"]]


def test_the_newest_of_two_recordings_counts(tmp_path):
    record(tmp_path, assignment(source="old"))
    questions, journal, made = Questions(), Journal(tmp_path), assignment(source="new")
    request = WRITE(made)
    entry = Entry(key_of(request, PROMPT_VERSION), questions.next(made), request, reply(9), "end_turn", "m", "1")
    journal.keep(replace(entry, time="2027-01"))
    replay = ReplayGenerator(tmp_path / "replies", WRITE)
    assert names(replay.generate([assignment(source="newest")])) == [["test_9"]]


def test_an_empty_folder_is_no_recording(tmp_path):
    with pytest.raises(LlmgenError, match=r"no recorded replies in .*--llm-replies=DIR \[no-recording\]"):
        ReplayGenerator(tmp_path / "none", WRITE)


def test_words_still_count_when_requests_are_compared():
    assert normalised({"system": "a 1.2 b"}) == normalised({"system": "a  3.4.5 b"}) != normalised({"system": "a b"})
