"""Ways round the gate that a change may bring with it, met by real checks."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

import pytest_llmgen

GIT = {
    "PYTHONPATH": str(Path(pytest_llmgen.__file__).parents[1]),
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_AUTHOR_NAME": "Ann Dev",
    "GIT_AUTHOR_EMAIL": "ann@example.org",
    "GIT_COMMITTER_NAME": "Ann Dev",
    "GIT_COMMITTER_EMAIL": "ann@example.org",
}
OLD = "def fee(n):\n    return n + 1\n"
NEW = "\n\ndef note(n):  # pragma: no cover\n    return n - 1\n"
TEST = "from shop import fee\n\n\ndef test_fee():\n    assert fee(1) == 2\n"
LIAR = """
import pytest

@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_sessionfinish(session):
    yield
    session.exitstatus = 0
"""


class Shop:
    """A project in git, one commit behind its changes."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir()
        self.write("shop.py", OLD)
        self.write("test_shop.py", TEST)
        self.write(".gitignore", ".llmgen/\n__pycache__/\n")
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "base"]):
            subprocess.run(["git", *command], cwd=folder, env={**os.environ, **GIT}, check=True)
        for key, value in (("name", "Ann Dev"), ("email", "ann@example.org")):
            subprocess.run(["git", "config", f"user.{key}", value], cwd=folder, env={**os.environ, **GIT}, check=True)

    def write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)

    def pytest(self, *arguments: str) -> tuple[int, str]:
        plugins = ["-p", "no:llmgen", "-p", "pytest_llmgen.plugin", "-p", "no:cacheprovider"]
        outer = ("CI", "GITHUB_", "PYTEST_", "LLMGEN_", "COV")
        environment = {key: value for key, value in os.environ.items() if not key.startswith(outer)} | GIT
        command = [sys.executable, "-m", "pytest", *plugins, *arguments]
        done = subprocess.run(command, cwd=self.folder, env=environment, capture_output=True, text=True, check=False)
        return done.returncode, done.stdout + done.stderr

    def report(self) -> dict:
        return json.loads((self.folder / ".llmgen/report.json").read_text())


@pytest.fixture(scope="module")
def stages(tmp_path_factory):
    shop, found = Shop(tmp_path_factory.mktemp("ways") / "shop"), {}
    shop.write("shop.py", OLD + NEW)
    shop.write("conftest.py", LIAR)
    found["added"] = *shop.pytest("--llm-check", "--llm-diff=HEAD"), shop.report()
    (gap,) = found["added"][2]["gaps"]
    reason = ["--llm-class=unreachable", "--llm-reason=only the debugger calls it"]
    found["accepting"] = shop.pytest(f"--llm-accept={gap['id']}", *reason)
    found["accepted"] = *shop.pytest("--llm-check", "--llm-diff=HEAD", "-o", "llm_gate_new_mutants=80"), shop.report()
    found["whole"] = *shop.pytest("--llm-check", "--llm-all", "-o", "llm_review_strict=true"), shop.report()
    return found


def test_a_pragma_with_new_code_is_a_gap_and_no_conftest_can_undo_the_verdict(stages):
    status, output, report = stages["added"]
    assert status == 10, output
    (gap,) = report["gaps"]
    assert (gap["kind"], gap["path"], gap["region"]["start_line"]) == ("suppressed-code", "shop.py", 5)
    assert "suppression added   shop.py:5 in note" in output


def test_a_person_may_want_it_and_then_nothing_is_left_to_measure(stages):
    assert stages["accepting"][0] == 0, stages["accepting"][1]
    status, output, report = stages["accepted"]
    assert status == 0, output
    assert [gap["state"] for gap in report["gaps"]] == ["accepted"]
    states = {each["id"]: each["state"] for each in report["conditions"]}
    assert states["measured"] == states["judged"] == states["new-gaps"] == "ok"
    assert states["new-mutants"] == "off"


def test_a_later_run_over_everything_does_not_call_the_decision_unused(stages):
    status, output, report = stages["whole"]
    assert status == 0, output
    assert [entry["state"] for entry in report["review"]["entries"]] == ["unknown"]


def test_a_command_that_is_switched_off_elsewhere_is_refused(tmp_path):
    shop = Shop(tmp_path / "shop")
    shop.write("pytest.ini", "[pytest]\naddopts = --no-llm\n")
    status, output = shop.pytest("--llm-check")
    assert status == 4
    assert "[switched-off]" in output
    assert shop.pytest("--llm-check", "--no-llm")[0] == 0
