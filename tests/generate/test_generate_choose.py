import subprocess
import sys

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.choose import Fallback, make_generator, warnings_of
from pytest_llmgen.records import Assignment, Module, Origin, Reply, Target, TargetContext, TargetKind
from pytest_llmgen.settings import defaults
from pytest_llmgen.testing import FakeAnthropic

KEY = {"ANTHROPIC_API_KEY": "a-secret-key"}
TARGET = Target("a.py", "a", "f", TargetKind.FUNCTION, 1, 2, 1, context="c")
ASSIGNMENT = Assignment(TARGET, Module("a.py", "a", ".", "def f():\n    ..."), TargetContext("from a import f"))


class Nobody:
    """A prober that has nothing to observe."""

    def probe(self, probes, timeout=2.0):
        return []


class Writer:
    """A generator that answers nothing."""

    origin, label = Origin.OFFLINE, "offline"

    def announce(self, _assignments):
        return ""

    def generate(self, assignments):
        return iter([Reply(assignment) for assignment in assignments])


def choose(tmp_path, env, **settings):
    return make_generator(defaults(tmp_path, **settings), env, Nobody(), home=tmp_path, user="anna")


@pytest.mark.parametrize("provider", ["auto", "model"])
def test_with_credentials_the_model_writes(tmp_path, provider):
    generator = choose(tmp_path, KEY, provider=provider, model="claude-x", price="1,2")
    assert generator.label == "model anthropic/claude-x"
    assert generator.origin is Origin.MODEL
    assert warnings_of(generator) == ()


@pytest.mark.parametrize(
    ("provider", "env", "label"),
    [
        ("auto", {}, "offline (no credentials for a model)"),
        ("auto", {"ANTHROPIC_BASE_URL": "http://localhost:1"}, "offline (no credentials for a model)"),
        ("offline", KEY, "offline"),
    ],
)
def test_without_credentials_or_when_asked_the_embedded_generator_writes(tmp_path, provider, env, label):
    generator = choose(tmp_path, env, provider=provider)
    assert generator.label == label
    assert generator.origin is Origin.OFFLINE
    assert warnings_of(generator) == ()


def test_another_server_is_named_in_the_label(tmp_path):
    env = {**KEY, "ANTHROPIC_BASE_URL": "http://localhost:11434"}
    assert choose(tmp_path, env, model="qwen").label == "model localhost/qwen"


def test_a_base_url_that_ends_in_v1_is_warned_of(tmp_path):
    env = {**KEY, "ANTHROPIC_BASE_URL": "http://localhost:1/v1/"}
    (warning,) = warnings_of(choose(tmp_path, env, price="0,0"))
    assert warning.endswith("[base-url-v1]")


def test_a_cost_cap_without_a_price_is_warned_of(tmp_path):
    (warning,) = warnings_of(choose(tmp_path, KEY, model="no-such-model"))
    assert warning.startswith("no price is known for no-such-model")
    assert warning.endswith("[price-unknown]")


def test_the_model_without_credentials_is_an_error_with_a_way_out(tmp_path):
    with pytest.raises(LlmgenError) as caught:
        choose(tmp_path, {"ANTHROPIC_BASE_URL": "http://localhost:1"}, provider="model")
    assert str(caught.value) == (
        "llmgen: no API key; set ANTHROPIC_API_KEY (any word for a local server)"
        " or use --llm-provider=offline [no-credentials]"
    )


def test_a_stand_in_says_why_and_answers_itself():
    fallback = Fallback(Writer(), "no credentials for a model")
    assert fallback.label == "offline (no credentials for a model)"
    assert fallback.origin is Origin.OFFLINE
    assert list(fallback.generate([ASSIGNMENT])) == [Reply(ASSIGNMENT)]


def test_replay_takes_the_journal_or_the_folder_named_and_needs_no_key(tmp_path, monkeypatch):
    with FakeAnthropic(["```python\ndef test_f():\n    assert f()\n```"]) as api:
        for name, value in api.environment.items():
            monkeypatch.setenv(name, value)
        (live,) = choose(tmp_path, api.environment, provider="model").generate([ASSIGNMENT])
    (again,) = choose(tmp_path, {}, provider="replay").generate([ASSIGNMENT])
    assert again.candidates == live.candidates
    (tmp_path / ".llmgen" / "replies").rename(tmp_path / "recorded")
    (named,) = choose(tmp_path, {}, provider="replay", replies="recorded").generate([ASSIGNMENT])
    assert named.candidates == live.candidates
    with pytest.raises(LlmgenError, match="no-recording"):
        choose(tmp_path, {}, provider="replay")


def test_the_key_itself_the_home_folder_and_the_user_are_kept_out_of_requests(tmp_path, monkeypatch):
    source = f"def f():\n    return 'a-key-for-the-double', '{tmp_path}/x', '/srv/anna/y'"
    asked = Assignment(TARGET, Module("a.py", "a", ".", source), TargetContext("from a import f"))
    with FakeAnthropic(["no"]) as api:
        for name, value in api.environment.items():
            monkeypatch.setenv(name, value)
        list(choose(tmp_path, api.environment, provider="model").generate([asked]))
    text = api.requests[0].body["messages"][0]["content"][0]["text"]
    assert "REDACTEDxxxx" in text
    assert not any(word in text for word in ("a-key-for-the-double", str(tmp_path), "anna"))


def test_choosing_and_replaying_load_no_sdk():
    heavy = "anthropic", "httpx2", "pydantic", "hypothesis", "libcst"
    script = f"import sys, pytest_llmgen.generate.choose; print([m for m in {heavy} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_rules_of_the_projects_own_files_are_in_every_request(tmp_path, monkeypatch):
    (tmp_path / "AGENTS.md").write_text("# Tests\nOne act for each test.\n")
    with FakeAnthropic(["no tests"]) as api:
        for name, value in api.environment.items():
            monkeypatch.setenv(name, value)
        rules = {"instructions": "Be short.", "instructions_from": ("AGENTS.md",)}
        list(choose(tmp_path, api.environment, provider="model", **rules).generate([ASSIGNMENT]))
    system = api.requests[0].body["system"][0]["text"]
    assert system.endswith("Be short.\n\n# Tests\nOne act for each test.")
