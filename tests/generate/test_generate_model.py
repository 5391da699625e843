import json
import os
import re
import signal
import subprocess
import sys
import textwrap
import time
import warnings
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.budget import Budget
from pytest_llmgen.generate.faults import Patience
from pytest_llmgen.generate.journal import Journal, entries
from pytest_llmgen.generate.model import ModelGenerator
from pytest_llmgen.generate.prices import Usage, pricer
from pytest_llmgen.generate.replay import ReplayGenerator
from pytest_llmgen.generate.requests import Writer
from pytest_llmgen.prompt import private
from pytest_llmgen.records import Assignment, Cost, Module, Oracle, Stage, Target, TargetContext, TargetKind
from pytest_llmgen.testing import FakeAnthropic, FakeReply

REPLY = "Here:\n```python\nfrom a import f\n\ndef test_f():\n    '''Typical: one.'''\n    assert f(1) == 1\n```"
QUICK = Patience(attempts=3, first_wait=0.001, longest_wait=0.001, retry_after_cap=0.01)
FREE = "0,0"


def assignment(name="f", stage=Stage.FIRST, **changes):
    source = f'def {name}(x):\n    """The same. password = "hunter2!" """\n    return x\n'
    target = Target("a.py", "a", name, TargetKind.FUNCTION, 1, 3, 1, signature=f"{name}(x)", context="c")
    made = Assignment(target, Module("a.py", "a", ".", source), TargetContext(f"from a import {name}"), stage)
    return replace(made, **changes)


@pytest.fixture
def make(tmp_path, monkeypatch):
    """Makes a generator that asks a double, with a journal in a folder of its own."""

    def generator(api, *, max_cost=1.0, max_tokens=-1, price=FREE, concurrency=4, env=None, patience=QUICK):
        for name, value in (api.environment if env is None else env).items():
            monkeypatch.setenv(name, value)
        write = Writer("a-model", "Be kind.", private({}))
        budget = Budget(max_cost, max_tokens)
        return ModelGenerator(write, Journal(tmp_path), budget, pricer(price), concurrency, patience=patience)

    return generator


def ledger(tmp_path):
    return [row["event"] for row in Journal(tmp_path).ledger()]


def test_a_reply_becomes_candidates_with_their_cost(make, tmp_path):
    usage = {
        "input_tokens": 10,
        "output_tokens": 20,
        "cache_read_input_tokens": 3,
        "cache_creation_input_tokens": 4,
    }
    with FakeAnthropic([FakeReply(REPLY, usage=usage)]) as api:
        generator = make(api, price="100,100")
        (reply,) = generator.generate([assignment()])
    assert [c.name for c in reply.candidates] == ["test_f"]
    assert reply.candidates[0].oracle is Oracle.OBSERVED
    assert reply.cost == Cost(pytest.approx((10 + 20 + 0.3 + 5) * 1e-4), 1, 0, 10, 20, 3, 4)
    assert (reply.refusals, reply.note) == ((), "")
    assert generator.label == "model anthropic/a-model"
    assert ledger(tmp_path) == ["started", "answered", "read"]


def test_the_request_is_plain_and_has_its_stable_parts_marked_for_the_cache(make):
    with FakeAnthropic([REPLY]) as api:
        list(make(api).generate([assignment()]))
    (request,) = api.requests
    assert request.path == "/v1/messages"
    assert sorted(request.body) == ["max_tokens", "messages", "model", "system"]
    assert request.body["system"][0]["cache_control"] == {"type": "ephemeral"}
    (message,) = request.body["messages"]
    assert message["role"] == "user"
    assert ["cache_control" in block for block in message["content"]] == [True, False]
    assert "Be kind." in request.body["system"][0]["text"]


def test_secrets_in_the_code_are_not_sent(make, tmp_path):
    with FakeAnthropic([REPLY]) as api:
        list(make(api).generate([assignment()]))
    assert "hunter2!" not in json.dumps(api.requests[0].body)
    assert "hunter2!" not in "".join(path.read_text() for path in tmp_path.rglob("*") if path.is_file())


def test_a_documentation_reply_has_the_documentation_as_its_oracle(make):
    with FakeAnthropic([REPLY]) as api:
        (reply,) = make(api).generate([assignment(stage=Stage.DOCUMENTATION)])
    assert reply.candidates[0].oracle is Oracle.DOCUMENTATION
    assert "return x" not in json.dumps(api.requests[0].body)


def test_what_the_first_model_left_open_goes_to_the_stronger_one_at_its_own_price(make):
    usage = {"input_tokens": 1_000_000, "output_tokens": 0}
    with FakeAnthropic(lambda _request: FakeReply(REPLY, usage=usage)) as api:
        generator = make(api, price="a-model=1,1 strong=5,5", max_cost=-1)
        generator._write = Writer("a-model", hard="strong")
        replies = list(generator.generate([assignment(), assignment(stage=Stage.GAPS, round=2)]))
    assert sorted(request.body["model"] for request in api.requests) == ["a-model", "strong"]  # they run at once
    assert [reply.cost.usd for reply in replies] == [1, 5]


TOO_LONG = [
    "prompt is too long: 9000 tokens > 8000 maximum",
    "This model's maximum context length is 4096 tokens",
    "the request exceeds the available context size",
]


@pytest.mark.parametrize("message", TOO_LONG)
def test_a_prompt_too_long_is_sent_again_with_less_context_and_never_without_the_function(make, tmp_path, message):
    def script(request):
        text = json.dumps(request.body["messages"])
        return REPLY if "An example" not in text else FakeReply(status=400, message=message)

    context = TargetContext("from a import f", examples=("# An example\n" + "x = 1\n" * 3000,))
    with FakeAnthropic(script) as api:
        (reply,) = make(api).generate([assignment(context=context)])
    assert len(reply.candidates) == 1
    assert "return x" in json.dumps(api.requests[-1].body)
    assert ledger(tmp_path) == ["started", "failed", "shortened", "started", "answered", "read"]


def test_a_prompt_that_cannot_get_shorter_is_a_note(make):
    with FakeAnthropic(lambda _request: FakeReply(status=400, message="prompt is too long")) as api:
        (reply,) = make(api).generate([assignment()])
    assert [refusal.code for refusal in reply.refusals] == ["prompt-too-long"]
    assert len(api.requests) == 1


def test_requests_wait_for_the_limits_that_the_server_names(make):
    times = []

    def script(_request):
        times.append(time.monotonic())
        reset = (datetime.now(UTC) + timedelta(seconds=0.5)).isoformat()
        limits = {"anthropic-ratelimit-requests-remaining": "0", "anthropic-ratelimit-requests-reset": reset}
        return FakeReply(REPLY, headers=limits if len(times) == 1 else {})

    with FakeAnthropic(script) as api:
        list(make(api, concurrency=1).generate([assignment(), assignment("g"), assignment("h")]))
    assert times[1] - times[0] > 0.4


def test_what_asking_costs_is_announced_before_the_first_request_without_what_is_recorded(make):
    with FakeAnthropic([REPLY]) as api:
        generator = make(api, price="1000,1000", max_cost=100)
        announced = generator.announce([assignment(), assignment("g")])
        list(generator.generate([assignment()]))
        later = generator.announce([assignment(), assignment("g")])
        nothing = generator.announce([assignment()])
    assert re.fullmatch(
        r"requests: 2 to a-model; [\d,]+ tokens in; about \$\d\.\d\d, at most \$\d\d\.\d\d, cap \$100\.00", announced
    )
    assert later.startswith("requests: 1 to a-model; ")
    assert later.endswith("; 1 recorded already")
    assert nothing == "requests: none; 1 recorded already"


def test_without_a_price_the_tokens_are_announced(make):
    with FakeAnthropic([]) as api:
        generator = make(api)
        generator._price = lambda _model, _usage: None
        assert generator.announce([assignment()]).endswith(" tokens in; price not known")


@pytest.mark.parametrize(
    "fault",
    [
        FakeReply(status=429, error_type="rate_limit_error"),
        FakeReply(status=429, headers={"retry-after": "3600"}),
        FakeReply(status=429, headers={"retry-after-ms": "1"}),
        FakeReply(status=500),
        FakeReply(status=529, error_type="overloaded_error"),
        FakeReply(fault="drop"),
        FakeReply(REPLY, fault="cut"),
        FakeReply(fault="junk"),
    ],
    ids=["429", "429-hour", "429-ms", "500", "529", "drop", "cut", "junk"],
)
def test_a_passing_fault_is_tried_again(make, fault):
    with FakeAnthropic([fault, fault, REPLY]) as api:
        (reply,) = make(api).generate([assignment()])
    assert len(reply.candidates) == 1
    assert reply.cost.calls == 1
    assert len(api.requests) == 3


def test_an_answer_that_is_late_is_asked_for_again(make, tmp_path):
    late = FakeReply(REPLY, delay=30)
    with FakeAnthropic([late, REPLY]) as api:
        (reply,) = make(api, patience=replace(QUICK, attempts=9, attempt=1.0)).generate([assignment()])
    assert len(reply.candidates) == 1
    assert len(api.requests) >= 2


def test_a_server_that_never_answers_in_time_is_a_note_with_the_setting(make):
    with FakeAnthropic(lambda _request: FakeReply(REPLY, delay=30)) as api:
        (reply,) = make(api, patience=replace(QUICK, attempts=2, attempt=0.2)).generate([assignment()])
    assert [refusal.code for refusal in reply.refusals] == ["request-timeout"]
    assert "llm_timeouts" in reply.note


@pytest.mark.parametrize(
    ("fault", "slug"),
    [
        (FakeReply(status=429), "rate-limit"),
        (FakeReply(status=503), "service-unavailable"),
        (FakeReply(fault="junk"), "junk-reply"),
        (FakeReply(status=400, message="prompt is too long"), "prompt-too-long"),
        (FakeReply(status=422), "request-refused"),
    ],
)
def test_a_lasting_fault_of_one_request_is_a_note_and_the_others_go_on(make, tmp_path, fault, slug):
    def script(request):
        return fault if "from a import bad" in json.dumps(request.body) else REPLY

    with FakeAnthropic(script) as api:
        good, bad, fine = make(api).generate([assignment(), assignment("bad"), assignment("g")])
    assert [len(r.candidates) for r in (good, bad, fine)] == [1, 0, 1]
    assert [r.code for r in bad.refusals] == [slug]
    assert bad.note.startswith("llmgen: ")
    assert bad.note.endswith(f"[{slug}]")
    assert bad.cost == Cost()
    assert ledger(tmp_path).count("failed") == 1


@pytest.mark.parametrize(
    ("fault", "slug"),
    [
        (FakeReply(status=401, error_type="authentication_error"), "bad-credentials"),
        (FakeReply(status=403), "permission-denied"),
        (FakeReply(status=404, error_type="not_found_error", message="model: a-model"), "model-not-found"),
        (FakeReply(status=402, error_type="billing_error"), "spend-limit"),
        (FakeReply(status=429, details={"error_code": "enforced_spend_limit_reached"}), "spend-limit"),
    ],
)
def test_a_fault_that_all_would_meet_ends_the_asking_after_one_request(make, fault, slug):
    with FakeAnthropic([fault]) as api, pytest.raises(LlmgenError) as caught:
        list(make(api, concurrency=1).generate([assignment(), assignment("g"), assignment("h")]))
    assert caught.value.slug == slug
    assert len(api.requests) == 1


def test_replies_that_came_before_such_a_fault_are_used(make):
    with FakeAnthropic([REPLY, FakeReply(status=402)]) as api:
        replies = make(api, concurrency=1).generate([assignment(), assignment("g"), assignment("h")])
        assert len(next(replies).candidates) == 1
        with pytest.raises(LlmgenError, match=r"money is used up.*\[spend-limit\]"):
            next(replies)


def test_a_wrong_key_is_named(make):
    with FakeAnthropic([REPLY], key="right") as api, pytest.raises(LlmgenError, match="bad-credentials"):
        list(make(api, env={**api.environment, "ANTHROPIC_API_KEY": "wrong"}).generate([assignment()]))


def test_no_key_at_all_is_named(make, monkeypatch, tmp_path):
    with FakeAnthropic([REPLY]) as api:
        without = {name: value for name, value in api.environment.items() if name != "ANTHROPIC_API_KEY"}
        generator = make(api, env={**without, "HOME": str(tmp_path)})
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        with pytest.raises(LlmgenError, match=r"no credentials.*--llm-provider=offline \[no-credentials\]"):
            list(generator.generate([assignment()]))


def test_a_profile_that_is_not_there_is_named(make, monkeypatch, tmp_path):
    with FakeAnthropic([REPLY]) as api:
        without = {name: value for name, value in api.environment.items() if name != "ANTHROPIC_API_KEY"}
        env = {**without, "ANTHROPIC_CONFIG_DIR": str(tmp_path), "ANTHROPIC_PROFILE": "work"}
        generator = make(api, env=env)
        monkeypatch.delenv("ANTHROPIC_API_KEY", raising=False)
        with pytest.raises(LlmgenError, match=r"work.*\[no-credentials\]"):
            list(generator.generate([assignment()]))


def test_json_that_is_none_is_tried_again(make):
    with FakeAnthropic([FakeReply(fault="garbage"), REPLY]) as api:
        (reply,) = make(api).generate([assignment()])
    assert len(reply.candidates) == 1


def test_a_server_that_is_not_there_is_named(make):
    with FakeAnthropic() as api:
        pass
    with pytest.raises(LlmgenError, match=r"no connection.*NO_PROXY.*\[no-network\]"):
        list(make(api).generate([assignment()]))


def test_a_proxy_of_the_environment_is_used(make):
    with FakeAnthropic([FakeReply(REPLY)]) as proxy:
        env = {**proxy.environment, "ANTHROPIC_BASE_URL": "http://models.example:80", "HTTP_PROXY": proxy.url}
        list(make(proxy, env=env | {"NO_PROXY": "", "no_proxy": ""}).generate([assignment()]))
    assert [request.path for request in proxy.requests] == ["http://models.example/v1/messages"]


def test_a_proxy_that_is_not_there_is_named(make):
    with FakeAnthropic() as proxy:
        pass
    env = {**proxy.environment, "ANTHROPIC_BASE_URL": "http://models.example", "HTTP_PROXY": proxy.url}
    with pytest.raises(LlmgenError, match=r"no connection.*HTTPS_PROXY.*\[no-network\]"):
        list(make(proxy, env=env | {"NO_PROXY": "", "no_proxy": ""}).generate([assignment()]))


def test_a_connection_lost_after_a_reply_is_a_note(make):
    with FakeAnthropic([REPLY, *[FakeReply(fault="drop")] * 3]) as api:
        _, reply = make(api, concurrency=1).generate([assignment(), assignment("g")])
    assert [r.code for r in reply.refusals] == ["no-network"]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (FakeReply("", stop_reason="end_turn"), "empty-reply"),
        (FakeReply("No.", stop_reason="refusal"), "refused"),
        (FakeReply("No idea."), "no-code"),
        (FakeReply("```python\ndef test_f():\n    assert f(", stop_reason="max_tokens"), "cut-off"),
    ],
)
def test_a_reply_without_tests_says_why_and_was_paid(make, given, code):
    with FakeAnthropic([given]) as api:
        (reply,) = make(api).generate([assignment()])
    assert [r.code for r in reply.refusals] == [code]
    assert f"[{code}]" in reply.note
    assert reply.cost.calls == 1


def test_a_cut_off_reply_gives_its_whole_tests(make):
    text = REPLY.removesuffix("```") + "\ndef test_g():\n    assert f("
    with FakeAnthropic([FakeReply(text, stop_reason="max_tokens")]) as api:
        (reply,) = make(api).generate([assignment()])
    assert [c.name for c in reply.candidates] == ["test_f"]
    assert [r.code for r in reply.refusals] == ["cut-off"]


def test_an_unknown_stop_reason_is_taken_as_it_is(make):
    with FakeAnthropic([FakeReply(REPLY, stop_reason="bored")]) as api:
        (reply,) = make(api).generate([assignment()])
    assert len(reply.candidates) == 1


def test_a_request_that_could_pass_the_cost_cap_is_not_sent(make, tmp_path):
    usage = {"input_tokens": 1000, "output_tokens": 1000}
    with FakeAnthropic([FakeReply(REPLY, usage=usage)] * 3) as api:
        replies = list(make(api, max_cost=0.12, price="1,10").generate([assignment(n) for n in "fgh"]))
    assert [r.cost.calls for r in replies] == [1, 1, 1]
    with FakeAnthropic([FakeReply(REPLY, usage=usage)] * 3) as api:
        replies = list(make(api, max_cost=0.1, price="1,10").generate([assignment(n) for n in "xyz"]))
    assert [r.cost.calls for r in replies] == [1, 1, 0]
    assert [r.code for r in replies[2].refusals] == ["budget-spent"]
    assert len(api.requests) == 2
    assert ledger(tmp_path).count("not-asked") == 1


def test_a_budget_of_nothing_asks_nothing(make):
    with FakeAnthropic([REPLY]) as api:
        (reply,) = make(api, max_cost=0, price="1,1").generate([assignment()])
    assert "[budget-spent]" in reply.note
    assert api.requests == []


def test_without_a_price_only_the_token_cap_counts(make):
    with FakeAnthropic([REPLY]) as api:
        first, second = make(api, max_cost=0, max_tokens=10_000, price="").generate([assignment(), assignment("g")])
    assert (first.cost.calls, first.cost.usd) == (1, None)
    assert [r.code for r in second.refusals] == ["budget-spent"]


def test_a_crash_between_reply_and_use_costs_no_second_request(make, tmp_path):
    with FakeAnthropic([REPLY]) as api:
        (before,) = make(api).generate([assignment()])
        (after,) = make(api).generate([assignment()])
    assert len(api.requests) == 1
    assert after == replace(before, cost=Cost(0.0, 0, 1))
    assert len(list(entries(tmp_path / "replies"))) == 1


def test_a_reply_is_on_disk_before_it_is_read(make, tmp_path, monkeypatch):
    def crash(*_):
        raise KeyboardInterrupt

    with FakeAnthropic([REPLY]) as api:
        generator = make(api)
        monkeypatch.setattr("pytest_llmgen.generate.model.reply_of", crash)
        with pytest.raises(KeyboardInterrupt):
            list(generator.generate([assignment()]))
        monkeypatch.undo()
        (reply,) = make(api).generate([assignment()])
    assert len(reply.candidates) == 1
    assert len(api.requests) == 1


def test_equal_requests_at_once_are_sent_once(make):
    with FakeAnthropic([REPLY]) as api:
        first, second = make(api).generate([assignment(), assignment()])
    assert len(api.requests) == 1
    assert (first.cost.calls, second.cost.cached_calls) == (1, 1)
    assert first.candidates == second.candidates


def test_replies_keep_the_order_of_the_assignments_and_never_too_many_are_asked_at_once(make):
    def script(request):
        return FakeReply(REPLY, delay=0.1 if "import f0" in json.dumps(request.body) else 0.02)

    with FakeAnthropic(script) as api:
        asked = [assignment(f"f{n}") for n in range(8)]
        replies = list(make(api, concurrency=3).generate(asked))
    assert [r.assignment for r in replies] == asked
    assert api.most_at_once <= 3
    assert len(api.requests) == 8


def test_a_recorded_run_repeats_without_key_and_server(make, tmp_path, monkeypatch):
    with FakeAnthropic([REPLY, REPLY.replace("one", "two")]) as api:
        recorded = list(make(api).generate([assignment(), assignment(stage=Stage.DOCUMENTATION)]))
    for name in api.environment:
        monkeypatch.delenv(name)
    replay = ReplayGenerator(tmp_path / "replies", Writer("another-model", "Be kind."))
    replayed = list(replay.generate([assignment(), assignment(stage=Stage.DOCUMENTATION)]))
    assert [r.candidates for r in replayed] == [r.candidates for r in recorded]
    assert [r.cost for r in replayed] == [Cost(cached_calls=1)] * 2
    assert replay.warnings == ()
    assert replay.label == "replay a-model"


def test_warnings_as_errors_of_the_user_do_not_reach_the_sdk(make):
    with FakeAnthropic([REPLY]) as api, warnings.catch_warnings():
        warnings.simplefilter("error")
        generator = make(api)
        generator._write = Writer("claude-sonnet-4-5")  # deprecated in the SDK
        (reply,) = generator.generate([assignment()])
        assert len(reply.candidates) == 1
        (said,) = generator.warnings
        assert said.startswith("The model 'claude-sonnet-4-5' is deprecated")
        assert said.endswith("[deprecated-model]")
        with pytest.raises(UserWarning):
            warnings.warn("still an error", stacklevel=1)


def test_ctrl_c_ends_a_request_that_is_under_way(tmp_path):
    script = textwrap.dedent(f"""
        from pathlib import Path
        from pytest_llmgen.generate.budget import Budget
        from pytest_llmgen.generate.journal import Journal
        from pytest_llmgen.generate.model import ModelGenerator
        from pytest_llmgen.generate.requests import Writer
        from pytest_llmgen.records import Assignment, Module, Target, TargetContext, TargetKind
        def assignment(name):
            target = Target("a.py", "a", name, TargetKind.FUNCTION, 1, 1, 1)
            return Assignment(target, Module("a.py", "a", ".", "def f(): ..."), TargetContext("import a"))
        journal = Journal(Path({str(tmp_path)!r}))
        generator = ModelGenerator(Writer("m"), journal, Budget(1.0, -1), lambda _model, _usage: 0.0)
        try:
            list(generator.generate([assignment(name) for name in "fgh"]))
        except KeyboardInterrupt:
            print("interrupted")
    """)
    with FakeAnthropic(lambda _: FakeReply(REPLY, delay=60)) as api:
        env = {**os.environ, **api.environment, "PYTHONPATH": os.pathsep.join(sys.path)}
        # A job in the background of a shell has SIGINT ignored, and its children inherit that.
        start = f"import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n{script}"
        child = subprocess.Popen([sys.executable, "-c", start], env=env, stdout=subprocess.PIPE, text=True)
        try:
            assert api.wait_for(3, timeout=60)
            child.send_signal(signal.SIGINT)
            output, _ = child.communicate(timeout=20)
        finally:
            child.kill()
            child.communicate()
    assert (output, child.returncode) == ("interrupted\n", 0)
    assert ledger(tmp_path) == ["started"] * 3


def test_usage_that_a_server_leaves_out_counts_as_nothing(make):
    with FakeAnthropic([FakeReply(REPLY, usage={})]) as api:
        (reply,) = make(api).generate([assignment()])
    assert reply.cost == Cost(0.0, 1)
    assert pricer(FREE)("", Usage()) == 0
