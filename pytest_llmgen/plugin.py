"""The entry point: options, guards and registration.

Every pytest start on a machine that has us loads this module, so it imports nothing heavy: not the
stages, not coverage, not hypothesis.  ``session`` is imported only when a run asks for us.
"""

from __future__ import annotations

import json
import os
from collections.abc import Generator
from typing import Any

import pytest

from pytest_llmgen import hooks
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.settings import (
    COVERAGE_VARIABLE,
    MODIFIERS,
    OPTIONS,
    REVIEW_COMMANDS,
    SET_ASIDE_VARIABLE,
    WORKER_VARIABLE,
    Option,
    Settings,
    resolve,
)

GROUP_TITLE = "LLM test generation"
SESSION_PLUGIN = "llmgen_session"
_LISTINGS = ("collectonly", "help", "version", "setupplan", "setuponly", "showfixtures", "show_fixtures_per_test")


def pytest_addhooks(pluginmanager: pytest.PytestPluginManager) -> None:
    """Register our own hooks, in every run: a conftest may implement them."""
    pluginmanager.add_hookspecs(hooks)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Register every row of the table of options as a flag, an ini key or both."""
    group = parser.getgroup("llmgen", GROUP_TITLE)
    for option in OPTIONS:
        if option.flag:
            group.addoption(option.flag, **_flag_arguments(option))
        if option.ini:
            kind: Any = option.kind
            parser.addini(option.ini, option.help, type=kind, default=option.default)


def _flag_arguments(option: Option) -> dict[str, Any]:
    """How argparse reads a flag; the default is None, so that an ini key can speak where no flag did."""
    arguments: dict[str, Any] = {"dest": f"llmgen_{option.name}", "default": None, "help": option.help}
    if option.kind == "bool":
        return {**arguments, "action": "store_true"}
    arguments["metavar"] = option.metavar or ("|".join(option.choices) or "VALUE")
    return {**arguments, "action": "append" if option.repeatable else "store"}


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Generator[None, Any, Any]:
    """Before pytest-cov reads its options, set them for the targets (only when a run asks for us)."""
    if "PYTEST_XDIST_WORKER" in os.environ and _is_asked(early_config.known_args_namespace):
        vars(early_config.known_args_namespace).update(json.loads(os.environ.get(COVERAGE_VARIABLE, "{}")))
    if _is_active(early_config.known_args_namespace):
        settings = _settings(early_config, early_config.known_args_namespace)
        from pytest_llmgen.session import LlmgenSession  # noqa: PLC0415 (lazy: an idle start must not pay for it)

        with _usage_errors():
            plugin = LlmgenSession(early_config, settings)
        early_config.pluginmanager.register(plugin, SESSION_PLUGIN)
        early_config.add_cleanup(plugin.close)
    return (yield)


@pytest.hookimpl(tryfirst=True)
def pytest_cmdline_main(config: pytest.Config) -> int | None:
    """Work on decisions needs no run of tests; everything else is pytest's business."""
    options: Any = config.option
    asked = any(getattr(options, f"llmgen_{name}", None) for name in REVIEW_COMMANDS)
    if not asked or options.llmgen_disabled or any(getattr(options, name, False) for name in _LISTINGS):
        return None
    from pytest_llmgen.review.entry import main  # noqa: PLC0415 (lazy: an idle start must not pay for it)

    settings = _settings(config, options)
    with _usage_errors():
        return main(config, settings)


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, in every run: generated tests carry one.  A flag that nothing reads is refused."""
    _check_command(config)
    if "PYTEST_XDIST_WORKER" in os.environ and _is_asked(config.option):  # options that were set later don't reach it
        aside = os.environ.get(SET_ASIDE_VARIABLE, "").split(os.pathsep)
        config.option.ignore = [*(config.option.ignore or ()), *filter(None, aside)]
    config.addinivalue_line("markers", "llm_generated(target): a test that pytest-llmgen wrote")
    config.addinivalue_line("markers", "no_llm: leave this test out of mutation runs")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Generated tests say in a JUnit file what they test; here, because xdist's workers collect without our session."""
    if getattr(config.option, "xmlpath", None) and _is_asked(config.option):
        from pytest_llmgen.junit import add_targets  # noqa: PLC0415 (lazy: an idle start must not pay for it)

        add_targets(config, items)


def _check_command(config: pytest.Config) -> None:
    """Flags on the command line that mean nothing by themselves need a command beside them.

    In ``addopts`` they may wait for one.  Nor may ``addopts`` silently switch off what the command line asks for.
    """
    given = {word.partition("=")[0] for word in map(str, config.invocation_params.args)}
    asked = sorted(given & {"--llm-check", "--llm-generate", "--llm-merge"})
    if asked and config.option.llmgen_disabled and "--no-llm" not in given:
        fix = "take it out of addopts and PYTEST_ADDOPTS, or give it beside the command"
        raise pytest.UsageError(f"llmgen: {asked[0]} does nothing because of --no-llm elsewhere; {fix} [switched-off]")
    idle = given & MODIFIERS
    commands = {option.flag for option in OPTIONS if option.flag} - MODIFIERS
    if idle and not given & commands and not _is_asked(config.option):
        flag = min(idle)
        raise pytest.UsageError(f"llmgen: {flag} without a command; add --llm-check or --llm-generate [no-command]")


def _is_active(options: Any) -> bool:
    """Whether this process does any work: not in xdist workers, our own children, or listings."""
    listing = any(getattr(options, name, False) for name in _LISTINGS)
    # xdist sets config.workerinput only after the initial conftests, its variable before.
    nested = os.environ.get(WORKER_VARIABLE) or os.environ.get("PYTEST_XDIST_WORKER")
    return bool(_is_asked(options) and not listing and not nested)


def _is_asked(options: Any) -> bool:
    asked = options.llmgen_generate or options.llmgen_check or options.llmgen_merge
    return bool(asked and not options.llmgen_disabled)


def _settings(config: pytest.Config, options: Any) -> Settings:
    values = {option.name: _value(config, options, option) for option in OPTIONS}
    with _usage_errors():
        return resolve(config.rootpath.resolve(), values, ci=bool(os.environ.get("CI")))


def _value(config: pytest.Config, options: Any, option: Option) -> Any:
    """The flag where it was given, else the ini key, else None for the default."""
    given = getattr(options, f"llmgen_{option.name}", None) if option.flag else None
    if given is None and option.ini:
        try:
            return config.getini(option.ini)
        except (ValueError, TypeError, pytest.UsageError) as error:
            raise pytest.UsageError(f"llmgen: {option.ini}: {error}; {option.help} [bad-value]") from None
    return given


class _usage_errors:  # noqa: N801 (reads as a statement)
    """Turns our errors into pytest's usage errors (exit status 4)."""

    def __enter__(self) -> None:
        """Nothing to set up."""

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, LlmgenError):
            raise pytest.UsageError(str(error)) from None
