"""Asking in batches, against the loopback double."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.batch import BatchGenerator, Polling
from pytest_llmgen.generate.budget import Budget
from pytest_llmgen.generate.faults import Patience
from pytest_llmgen.generate.journal import DRAFTS, Journal
from pytest_llmgen.generate.prices import Usage, in_batches, pricer
from pytest_llmgen.generate.requests import Writer
from pytest_llmgen.prompt import private
from pytest_llmgen.records import Assignment, Module, Stage, Target, TargetContext, TargetKind
from pytest_llmgen.testing import FakeAnthropic, FakeReply

QUICK = Patience(attempts=2, first_wait=0.001, longest_wait=0.001)
AT_ONCE = Polling(first=0.001, longest=0.001, total=10)
USAGE = {"input_tokens": 1_000_000, "output_tokens": 0}


def reply_to(request):
    name = "g" if "Under test: g " in str(request.body) else "f"
    return FakeReply(
        f"```python\nfrom a import {name}\n\ndef test_{name}():\n    assert {name}(1) == 1\n```", usage=USAGE
    )


def assignment(name="f", **changes):
    target = Target("a.py", "a", name, TargetKind.FUNCTION, 1, 2, 1, signature=f"{name}(x)", context="c")
    module = Module("a.py", "a", ".", f"def {name}(x):\n    return x\n")
    return replace(Assignment(target, module, TargetContext(f"from a import {name}")), **changes)


@pytest.fixture
def make(tmp_path, monkeypatch):
    def generator(api, *, max_cost=-1.0, polling=AT_ONCE, env=None):
        for name, value in (env or api.environment).items():
            monkeypatch.setenv(name, value)
        write, price = Writer("a-model", "", private({})), in_batches(pricer("2,10"))
        budget = Budget(max_cost, -1)
        return BatchGenerator(write, Journal(tmp_path), budget, price, polling=polling, patience=QUICK)

    return generator


def events(tmp_path):
    return [row["event"] for row in Journal(tmp_path).ledger()]


def names(replies):
    return [[candidate.name for candidate in reply.candidates] for reply in replies]


def test_a_batch_costs_half():
    assert in_batches(pricer("2,10"))("m", Usage(1_000_000, 100_000)) == pytest.approx(1.5)
    assert in_batches(lambda _model, _usage: None)("m", Usage()) is None


def test_all_requests_are_one_batch_and_the_replies_keep_their_order_and_cost(make, tmp_path):
    with FakeAnthropic(reply_to, batch_looks=2) as api:
        generator = make(api)
        announced = generator.announce([assignment("f"), assignment("g")])
        replies = list(generator.generate([assignment("f"), assignment("g")]))
    assert names(replies) == [["test_f"], ["test_g"]]
    assert [reply.cost.usd for reply in replies] == [1.0, 1.0]
    assert [len(batch) for batch in api.batches.values()] == [2]
    assert "up to a day" in announced
    assert generator.label == "model anthropic/a-model in batches"
    assert events(tmp_path)[0] == "batch-sent"
    assert not list((tmp_path / DRAFTS).iterdir())


def test_what_is_recorded_is_not_asked_again(make):
    with FakeAnthropic(reply_to) as api:
        list(make(api).generate([assignment("f")]))
        replies = list(make(api).generate([assignment("f"), assignment("g")]))
    assert names(replies) == [["test_f"], ["test_g"]]
    assert [reply.cost.cached_calls for reply in replies] == [1, 0]
    assert [len(batch) for batch in api.batches.values()] == [1, 1]


def test_a_run_that_does_not_wait_leaves_its_batch_to_the_next_one(make, tmp_path):
    impatient = Polling(first=0.01, longest=0.01, total=0.0)
    with FakeAnthropic(reply_to, batch_looks=2) as api:
        (early,) = make(api, polling=impatient).generate([assignment("f")])
        assert early.candidates == ()
        assert early.refusals[0].code == "batch-unanswered"
        assert "run again" in early.note
        (again,) = make(api, polling=impatient).generate([assignment("f")])
        assert again.candidates == ()
        (late,) = make(api).generate([assignment("f")])
    assert names([late]) == [["test_f"]]
    assert late.cost.usd == 1.0
    assert len(api.batches) == 1
    assert events(tmp_path).count("batch-sent") == 1


def test_an_answer_that_was_paid_for_is_kept_although_the_run_asks_something_else_by_now(make):
    impatient = Polling(first=0.01, longest=0.01, total=0.0)
    with FakeAnthropic(reply_to, batch_looks=1) as api:
        list(make(api, polling=impatient).generate([assignment("f")]))
        list(make(api).generate([assignment("g")]))
        (reply,) = make(api).generate([assignment("f")])
    assert names([reply]) == [["test_f"]]
    assert reply.cost.cached_calls == 1


def test_a_request_that_fails_costs_no_other(make, tmp_path):
    broken = FakeReply(status=400, error_type="invalid_request_error", message="prompt is too long")

    def script(request):
        return broken if "Under test: g " in str(request.body) else reply_to(request)

    with FakeAnthropic(script) as api:
        good, bad = make(api).generate([assignment("f"), assignment("g")])
    assert names([good]) == [["test_f"]]
    assert bad.refusals[0].code == "prompt-too-long"
    assert "failed" in events(tmp_path)


def test_a_request_that_expired_says_so_and_is_asked_again_next_time(make):
    with FakeAnthropic([FakeReply(fault="drop"), reply_to_f()]) as api:
        (lost,) = make(api).generate([assignment("f")])
        (found,) = make(api).generate([assignment("f")])
    assert lost.refusals[0].code == "batch-unanswered"
    assert "expired" in lost.note
    assert names([found]) == [["test_f"]]


def reply_to_f():
    return FakeReply("```python\nfrom a import f\n\ndef test_f():\n    assert f(1) == 1\n```")


def test_a_batch_that_the_server_no_longer_knows_is_asked_again(make, tmp_path):
    Journal(tmp_path).note("batch-sent", batch="msgbatch_gone", keys=["k"])
    with FakeAnthropic(reply_to) as api:
        (reply,) = make(api).generate([assignment("f")])
    assert names([reply]) == [["test_f"]]


def test_what_could_pass_the_cap_is_not_sent(make):
    with FakeAnthropic(reply_to) as api:
        one = make(api, max_cost=0.05).generate([assignment("f"), assignment("g")])
        replies = list(one)
    assert [reply.refusals[0].code if reply.refusals else "" for reply in replies] == ["", "budget-spent"]


def test_a_wrong_key_ends_the_asking_with_a_clear_error(make, tmp_path):
    with FakeAnthropic(reply_to, key="right") as api:
        generator = make(api, env={**api.environment, "ANTHROPIC_API_KEY": "wrong"})
        with pytest.raises(LlmgenError, match="bad-credentials"):
            list(generator.generate([assignment("f")]))
    assert "failed" in events(tmp_path)


def test_a_second_look_is_asked_in_a_batch_as_well(make):
    with FakeAnthropic(["Case against: none.\nPromise: none\nVerdict: bug"]) as api:
        (reply,) = make(api).generate([assignment("f", stage=Stage.SECOND_LOOK)])
    assert reply.look is not None


def test_a_server_without_batches_is_named(make, monkeypatch):
    with FakeAnthropic([FakeReply(status=404, error_type="not_found_error")]) as api:
        monkeypatch.setattr("pytest_llmgen.testing.BATCHES", "/v1/elsewhere")
        with pytest.raises(LlmgenError, match="no-batches"):
            list(make(api).generate([assignment("f")]))
