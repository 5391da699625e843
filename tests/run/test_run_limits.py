"""Limits and timeouts that are set by name reach what they are for."""

from __future__ import annotations

import dataclasses
import resource
import sys
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.faults import Patience
from pytest_llmgen.numbers import read
from pytest_llmgen.records import Module, Outcome
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.sandbox.plan import Limits, limits_of
from pytest_llmgen.settings import OPTIONS, defaults
from pytest_llmgen.timeouts import Timeouts

HAVE_OWN_SETTINGS = ("memory_mb", "disk_mb")
SEEN = """
import os, resource
def test_limits():
    kinds = resource.RLIMIT_FSIZE, resource.RLIMIT_NOFILE, resource.RLIMIT_CPU
    assert [resource.getrlimit(kind)[0] for kind in kinds] == [3 << 20, 77, 500]
    about = os.statvfs("/dev/shm")
    assert about.f_blocks * about.f_frsize == 5 << 20 or {tier!r} != "namespaces"
    assert resource.getrlimit(resource.RLIMIT_NPROC)[0] == 99 or {tier!r} != "namespaces"
"""


def test_what_is_not_named_keeps_its_default() -> None:
    assert limits_of(["file_mb=7"], 5, 6) == dataclasses.replace(Limits(), file_mb=7, memory_mb=5, disk_mb=6)
    assert read(Timeouts, ["call=2.5", "git=1", "git=2"], "k") == dataclasses.replace(Timeouts(), call=2.5, git=2.0)


@pytest.mark.parametrize("word", ["files=3", "file_mb", "file_mb=", "file_mb=1.5", "file_mb=-1", "memory_mb=3"])
def test_a_word_that_sets_no_limit_is_named(tmp_path: Path, word: str) -> None:
    with pytest.raises(LlmgenError) as caught:
        defaults(tmp_path, sandbox_limits=[word])
    assert caught.value.slug == "bad-value"
    assert word in str(caught.value)


@pytest.mark.parametrize("word", ["begin=3", "start=soon", "start=nan", "start=inf", "start=-1"])
def test_a_word_that_sets_no_timeout_is_named(tmp_path: Path, word: str) -> None:
    with pytest.raises(LlmgenError, match=word.replace("-", r"\-")) as caught:
        defaults(tmp_path, timeouts=[word])
    assert caught.value.slug == "bad-value"


def test_the_help_names_all_of_them_with_their_values() -> None:
    helps = {option.name: option.help for option in OPTIONS}
    for kind, name in ((Limits, "sandbox_limits"), (Timeouts, "timeouts")):
        words = [f"{f.name}={f.default:g}" for f in dataclasses.fields(kind) if f.name not in HAVE_OWN_SETTINGS]
        assert [word for word in words if word not in helps[name].split()] == []


def test_a_request_waits_as_long_as_was_said(tmp_path: Path) -> None:
    waits = defaults(tmp_path, timeouts=["request=9", "retries=8"]).waits
    assert Patience(total=waits.retries, attempt=waits.request) == Patience(total=8.0, attempt=9.0)


def test_a_worker_has_the_limits_that_were_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    (tmp_path / "shop.py").write_text("")
    words = ["file_mb=3", "open_files=77", "processes=99", "cpu_seconds=500", "shared_mb=5"]
    assert resource.getrlimit(resource.RLIMIT_NOFILE)[0] > 77
    with Executor(
        tmp_path, defaults(tmp_path, workers=1, sandbox_limits=words), args=(), sys_path=sys.path,
        invocation_dir=tmp_path, modules=[Module("shop.py", "shop", ".", "")],
    ) as executor:  # fmt: skip
        (run,) = executor.try_candidates({"test_try.py": SEEN.format(tier=executor.tier)}, 10.0)
    assert run.outcome is Outcome.PASSED, run.message
