"""What installed plugins do by themselves while pytest starts is no matter of the project."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

HERE = Path(__file__).parents[2]
PLUGIN = """
import os, subprocess, sys

def ask():
    subprocess.run([sys.executable, "-S", "-c", ""], env=dict(os.environ, LC_ALL="C"))
    os.environ.get("WANTED")
"""
CODE = """
import json, os, pathlib, sys, sysconfig

root, installed = pathlib.Path(sys.argv[1]), sys.argv[2]
real = sysconfig.get_path
sysconfig.get_path = lambda name: installed if name == "purelib" else real(name)
import subprocess
from pytest_llmgen.run.traces import Tracer
tracer = Tracer(root, root / "scratch")
sys.path[:0] = [installed, str(root)]
import {module}
tracer.start(is_start={is_start})
{module}.ask()
trace = tracer.stop()
print(json.dumps([sorted(trace.unseen), sorted(set(trace.variables) & {{"*", "OTHER", "WANTED"}})]))
"""


@pytest.mark.parametrize(
    ("module", "is_start", "unseen", "variables"),
    [
        ("plugin", True, [], ["WANTED"]),
        ("plugin", False, ["subprocess.Popen"], ["*", "OTHER", "WANTED"]),
        ("project", True, ["subprocess.Popen"], ["*", "OTHER", "WANTED"]),
    ],
)
def test_processes_that_a_plugin_starts_by_itself_while_pytest_starts_are_not_told(
    module, is_start, unseen, variables, tmp_path: Path
) -> None:
    root, installed = tmp_path / "root", tmp_path / "site-packages"
    for folder, name, text in [
        (installed, "plugin", PLUGIN),
        (root, "project", "import plugin\n\ndef ask():\n    plugin.ask()\n"),
    ]:
        folder.mkdir()
        (folder / f"{name}.py").write_text(text)
    code = CODE.format(module=module, is_start=is_start)
    environ = {"PYTHONPATH": str(HERE), "PATH": "/usr/bin:/bin", "OTHER": "1"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(root), str(installed)],
        env=environ, cwd=tmp_path, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert json.loads(done.stdout) == [unseen, variables]
