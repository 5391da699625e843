from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest

import pytest_llmgen.session  # noqa: F401 (pytester forgets what a run imports, and would import all anew for each)
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.settings import OPTIONS, Settings, defaults, resolve

pytest_plugins = ["pytester"]

PLUGIN = "pytest_llmgen.plugin"
IS_INSTALLED = any(entry.value == PLUGIN for entry in importlib.metadata.entry_points(group="pytest11"))
OTHERS = ("pytest_cov", "asyncio", "anyio", "hypothesispytest", "xdist", "cacheprovider")
ARGUMENTS = (*(f"-pno:{name}" for name in OTHERS), *(() if IS_INSTALLED else ("-p", PLUGIN)))

WRONG_FLAGS = [
    ("--llm-rounds=0", "too small", "bad-value"),
    ("--llm-rounds=many", "not a whole number", "bad-value"),
    ("--llm-max-cost=nan", "too small", "bad-value"),
    ("--llm-max-cost=-1", "too small", "bad-value"),
    ("--llm-mutant-timeout=inf", "too large", "bad-value"),
    ("--llm-time=soon", "not a number", "bad-value"),
    ("--llm-provider=oracle", "use one of auto, model, offline, replay", "bad-value"),
    ("--llm-gate=maybe", "use one of enforce, report, off", "bad-value"),
    ("--llm-sandbox=thin", "use one of auto, require, portable, off", "bad-value"),
    ("--llm-report=carrier-pigeon", "unknown type", "unknown-report"),
    ("--llm-target=nowhere.py", "nowhere.py", "target-not-found"),
]
WRONG_KEYS = [
    ("llm_workers = -2", "llm_workers", "bad-value"),
    ("llm_rounds = x", "llm_rounds", "bad-value"),
    ("llm_max_cost = cheap", "llm_max_cost", "bad-value"),
    ("llm_scope = near", "llm_scope", "bad-value"),
    ("llm_gate_new_gaps = -2", "llm_gate_new_gaps", "bad-value"),
    ("llm_pending = perhaps", "llm_pending", "bad-value"),
]


@pytest.fixture(autouse=True)
def _plain_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("CI", "PYTEST_ADDOPTS", "PYTEST_XDIST_WORKER", "LLMGEN_WORKER", "PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        monkeypatch.delenv(name, raising=False)


def settings_of(pytester: pytest.Pytester, *arguments: str) -> Settings:
    config = pytester.parseconfigure(*ARGUMENTS, *arguments)
    plugin = config.pluginmanager.get_plugin("llmgen_session")
    assert plugin is not None
    return plugin.settings


@pytest.mark.parametrize(("flag", "words", "slug"), WRONG_FLAGS, ids=[flag for flag, _, _ in WRONG_FLAGS])
def test_a_wrong_flag_is_a_usage_error_that_names_the_fix(
    pytester: pytest.Pytester, flag: str, words: str, slug: str
) -> None:
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--llm-check", flag)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    error = result.stderr.str()
    assert words in error
    assert f"[{slug}]" in error
    assert "Traceback" not in error


@pytest.mark.parametrize(("line", "key", "slug"), WRONG_KEYS, ids=[line for line, _, _ in WRONG_KEYS])
def test_a_wrong_ini_value_is_a_usage_error_that_names_the_key(
    pytester: pytest.Pytester, line: str, key: str, slug: str
) -> None:
    pytester.makeini(f"[pytest]\n{line}\n")
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--llm-check")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    error = result.stderr.str()
    assert key in error.replace("--llm-", "llm_").replace("-", "_")
    assert f"[{slug}]" in error
    assert "Traceback" not in error


def test_generating_and_checking_at_once_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--llm-check", "--llm-generate")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    assert "[two-commands]" in result.stderr.str()


def test_a_wrong_ini_value_is_no_concern_of_a_run_that_asks_for_nothing(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nllm_provider = oracle\n")
    pytester.makepyfile("def test_one(): pass")
    assert pytester.runpytest_inprocess(*ARGUMENTS).ret == 0


def test_flags_win_over_ini_and_ini_over_defaults(pytester: pytest.Pytester) -> None:
    pytester.makeini("[pytest]\nllm_rounds = 7\nllm_max_cost = 0.5\nllm_seed = 3\nllm_exclude = a.py b/*.py\n")
    settings = settings_of(pytester, "--llm-check", "--llm-rounds=2")
    assert (settings.rounds, settings.max_cost, settings.seed) == (2, 0.5, 3)
    assert settings.exclude == ("a.py", "b/*.py")
    assert settings.concurrency == 4


def test_pyproject_speaks_strings_and_native_types(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(code="def f(): pass")
    pytester.makepyprojecttoml(
        '[tool.pytest.ini_options]\nllm_rounds = "5"\nllm_pending = true\nllm_targets = ["code.py"]\nllm_time = "1.5"\n'
    )
    settings = settings_of(pytester, "--llm-generate", "--llm-provider=offline")
    assert (settings.rounds, settings.pending, settings.targets, settings.time) == (5, True, ("code.py",), 1.5)


def test_a_repeated_flag_collects(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(one="def f(): pass", two="def g(): pass")
    settings = settings_of(pytester, "--llm-check", "--llm-target=one.py", "--llm-target=two.py::g")
    assert settings.targets == ("one.py", "two.py::g")


def test_the_gate_enforces_checks_and_only_reports_on_generating(tmp_path: Path) -> None:
    assert defaults(tmp_path, check=True).gate_mode == "enforce"
    assert defaults(tmp_path, generate=True).gate_mode == "report"
    assert defaults(tmp_path, generate=True, gate="enforce").gate_mode == "enforce"
    assert defaults(tmp_path, check=True, gate="off").gate_mode == "off"


@pytest.mark.parametrize("option", [o for o in OPTIONS if o.minimum is not None], ids=lambda o: o.name)
def test_a_limit_may_be_at_its_minimum_and_not_below(tmp_path: Path, option) -> None:
    assert getattr(defaults(tmp_path, **{option.name: option.minimum}), option.name) == option.minimum
    with pytest.raises(LlmgenError, match=r"too small; use .* \[bad-value\]"):
        defaults(tmp_path, **{option.name: option.minimum - 1})


@pytest.mark.parametrize(
    ("word", "value"),
    [("yes", True), ("ON", True), (" 1 ", True), ("no", False), ("0", False), ("", False), (True, True)],
)
def test_words_for_true_and_false(tmp_path: Path, word: object, value: bool) -> None:
    assert defaults(tmp_path, pending=word).pending is value


def test_a_setting_that_is_not_given_is_its_default(tmp_path: Path) -> None:
    settings = resolve(tmp_path, {option.name: None for option in OPTIONS}, ci=True)
    assert settings.ci
    assert all(getattr(settings, o.name) == o.default for o in OPTIONS)


def test_help_has_every_flag_in_one_group_and_every_key(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--help")
    assert result.ret == 0
    text = result.stdout.str()
    _, _, group = text.partition("\nLLM test generation:\n")
    group = group.partition("\n\n")[0]
    assert [o.flag for o in OPTIONS if o.flag and o.flag not in group] == []
    assert [o.ini for o in OPTIONS if o.ini and f"  {o.ini} " not in text] == []
    assert "--llm-target=PATH[::QUALNAME]" in group


@pytest.mark.parametrize(
    "listing", ["--collect-only", "--help", "--version", "--fixtures", "--markers", "--setup-plan"]
)
def test_listings_do_nothing_of_ours(pytester: pytest.Pytester, listing: str) -> None:
    pytester.makepyfile(code="def f(): pass", test_code="import code\n\ndef test_one(): pass")
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--llm-check", listing)
    assert result.ret == 0
    assert "llmgen: " not in result.stdout.str()
    assert not (pytester.path / ".llmgen").exists()


def test_the_switch_off_wins(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(test_code="def test_one(): pass")
    result = pytester.runpytest_inprocess(*ARGUMENTS, "--llm-check", "--no-llm")
    assert result.ret == 0
    assert not (pytester.path / ".llmgen").exists()


@pytest.mark.parametrize("variable", ["LLMGEN_WORKER", "PYTEST_XDIST_WORKER"])
def test_runs_inside_of_ours_and_of_xdist_do_nothing(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "gw0")
    config = pytester.parseconfigure(*ARGUMENTS, "--llm-check")
    assert config.pluginmanager.get_plugin("llmgen_session") is None


def test_the_markers_are_known_without_any_flag(pytester: pytest.Pytester) -> None:
    pytester.makepyfile("import pytest\n\n@pytest.mark.no_llm\n@pytest.mark.llm_generated('a:b')\ndef test_one(): pass")
    assert pytester.runpytest_inprocess(*ARGUMENTS, "--strict-markers").ret == 0
