"""The user's pytest arguments, turned into those of a worker: what decides collection stays, the rest goes."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pytest_llmgen.settings import OPTIONS

_OWN_FLAGS = frozenset(option.flag for option in OPTIONS if option.flag and option.kind == "bool")
_FLAGS = frozenset({
    "-x", "--exitfirst", "--lf", "--last-failed", "--ff", "--failed-first", "--nf", "--new-first",
    "--sw", "--stepwise", "--sw-skip", "--stepwise-skip", "--sw-reset", "--stepwise-reset",
    "--pdb", "--trace", "--collect-only", "--co", "--cache-clear", "--setup-show", "--setup-only", "--setup-plan",
    "-f", "--looponfail", "-d", "--no-header", "--no-summary", "--verbose", "--quiet", "--full-trace",
    "--no-cov", "--cov-append", "--cov-branch", "--no-cov-on-fail", "--cov-reset", "--fixtures", "--funcargs",
    "--fixtures-per-test", "--markers", "--strict", "--no-showlocals", "-l", "--showlocals",
})  # fmt: skip
_VALUED = frozenset({
    "-n", "--numprocesses", "--dist", "--maxfail", "--maxprocesses", "--max-worker-restart", "--tx", "--px",
    "--junitxml", "--junit-xml", "--junitprefix", "--junit-prefix", "--durations", "--durations-min", "--color",
    "--cache-show", "--lfnf", "--last-failed-no-failures", "--pastebin", "--tb", "--verbosity", "-r",
    "--cov-config", "--cov-report", "--cov-context", "--cov-fail-under", "--cov-precision", "--pdbcls",
    "--show-capture", "--code-highlight", "--basetemp", "--reruns", "--reruns-delay",
})  # fmt: skip
_OPTIONAL = frozenset({"--cov"})
_SHORT_FLAGS = frozenset("vqxlsd")
_KEPT_VALUED = frozenset({
    "-k", "-m", "-p", "-c", "-o", "-W", "--rootdir", "--import-mode", "--confcutdir", "--ignore", "--ignore-glob",
    "--deselect", "--override-ini", "--config-file", "--pythonwarnings", "--capture",
})  # fmt: skip

NEUTRAL: Mapping[str, Any] = MappingProxyType({
    "maxfail": 0, "lf": False, "failedfirst": False, "newfirst": False, "stepwise": False, "stepwise_skip": False,
    "cacheclear": None, "collectonly": False, "usepdb": False, "trace": False, "xmlpath": None, "setupshow": False,
    "setuponly": False, "setupplan": False, "pastebin": None, "numprocesses": None, "dist": "no", "distload": False,
    "looponfail": False, "tx": [], "verbose": 0, "tbstyle": "no", "randomly_reorganize": False, "basetemp": None,
    "showlocals": False, "no_header": True,
})  # fmt: skip
"""Options as a worker wants them, set after parsing, so that ``addopts`` of an ini file can't bring them back."""

_OWN_WARNING = ("-W", "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning")
"""A worker has imported us before pytest finds us among the plugins; with ``filterwarnings = error`` it would end."""

UNWANTED_PLUGINS = ("rerunfailures", "flaky", "pytest_llmgen", "sugar", "instafail", "html", "json-report")
"""Plugins by name that hide flakiness or only report; unregistered before they are configured."""


def worker_arguments(arguments: Sequence[str], *, has_cov: bool) -> list[str]:
    """Give the arguments of a worker; pure.

    Args:
        arguments: those of the user's pytest, ``PYTEST_ADDOPTS`` folded in.
        has_cov: whether pytest-cov will be loaded, and so understands ``--no-cov``.
    """
    kept: list[str] = []
    rest = list(arguments)
    while rest:
        word = rest.pop(0)
        if word == "--":
            kept += [word, *rest]
            break
        kept += _step(word, rest)
    cut = kept.index("--") if "--" in kept else len(kept)
    return [*kept[:cut], *_OWN_WARNING, "--maxfail=0", *(["--no-cov"] if has_cov else []), *kept[cut:]]


def real_word(word: str, root: Path) -> str:
    """A word with a path in it that leads into the project through a symbolic link, by the project's own path."""
    option, equals, value = word.partition("=") if word.startswith("-") else ("", "", word)
    path, colons, name = value.partition("::")
    real = os.path.realpath(path) if os.path.isabs(path) else path  # noqa: PTH117 (words)
    within = real != path and not Path(path).is_relative_to(root) and Path(real).is_relative_to(root)
    return f"{option}{equals}{real}{colons}{name}" if within else word


def _step(word: str, rest: list[str]) -> list[str]:
    name, has_value, _ = word.partition("=")
    if word in _KEPT_VALUED:
        return [word, *_take(rest)]
    if _is_dropped_flag(name):
        return []
    if name in _VALUED or (name.startswith("--llm-") and not has_value):
        if not has_value:
            _take(rest)
        return []
    if name in _OPTIONAL:
        if not has_value and rest and not rest[0].startswith("-"):
            _take(rest)
        return []
    if _is_glued(word):
        return []
    short = _without_short_flags(word)
    return [short] if short else []


def _take(rest: list[str]) -> list[str]:
    return [rest.pop(0)] if rest else []


def _is_dropped_flag(name: str) -> bool:
    return name in _FLAGS or name in _OWN_FLAGS


def _is_glued(word: str) -> bool:
    """Whether it is one of the dropped short options with its value in the same word: ``-n4``, ``-rA``."""
    is_long = word.startswith("--")
    return word.startswith("--llm-") or (not is_long and len(word) > 2 and word[:2] in ("-n", "-r"))  # noqa: PLR2004


def _without_short_flags(word: str) -> str:
    """``-xvs`` without what is dropped; ``-s`` stays, since it decides what tests see."""
    letters = word[1:]
    if not word.startswith("-") or word.startswith("--") or not letters or not set(letters) <= _SHORT_FLAGS:
        return word
    return "-s" if "s" in letters else ""


def loads_pytest_cov(arguments: Sequence[str], environment: Mapping[str, str], installed: Collection[str]) -> bool:
    """Whether a pytest with these arguments loads pytest-cov; ``installed`` are entry points of ``pytest11``."""
    named = {
        after if word == "-p" else word[2:]
        for word, after in zip(arguments, [*arguments, ""][1:], strict=True)
        if word.startswith("-p")
    }
    if {"no:pytest_cov", "no:pytest_cov.plugin"} & named:
        return False
    if {"pytest_cov", "pytest_cov.plugin"} & named:
        return True
    return "pytest_cov" in installed and not environment.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD")


def without_paths(arguments: Sequence[str], paths: Sequence[str]) -> list[str]:
    """The arguments without the positional ones, as pytest reported them; the last of equal words goes."""
    kept = list(arguments)[::-1]
    for path in paths:
        if path in kept:
            kept.remove(path)
    return kept[::-1]
