"""Pynguin on the same module, judged by the same mutants."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from cases import Case, lay_out_module
from ours import Score, judge, lengths, measure, scores

RELEASE = "pynguin"
SECONDS = 60
PATIENCE = 4
"""Times its seconds after which it is ended: some of its runs do not come to an end by themselves."""


def run_pynguin(case: Case, cache: Path, folder: Path) -> Score:
    """Its tests' score; without any, a score of nothing with the cost."""
    path, site = lay_out_module(case, cache, folder)
    output = folder / "tests"
    command = ["timeout", "-k", "5", str(PATIENCE * SECONDS), str(_program(cache))]
    command += ["--project-path", str(folder), "--output-path", str(output)]
    command += ["--module-name", case.name, "--maximum-search-time", str(SECONDS), "--seed", "1"]
    environment = {**os.environ, "PYNGUIN_DANGER_AWARE": "1", "PYTHONPATH": str(site), "PYTHONHASHSEED": "1"}
    cost = measure(command, folder, environment, folder / "pynguin.log")
    report = judge(folder, [path], site)
    found = scores(report).get(path, Score())
    found.cpu, found.wall = cost.cpu, cost.wall
    found.tests = found.rows = report["suite"]["passed"]
    found.length = sum(lengths(folder).values())
    return found


def _program(cache: Path) -> Path:
    home = cache / "pynguin"
    if not (home / "bin" / "pynguin").exists():
        subprocess.run([sys.executable, "-m", "venv", str(home)], check=True)
        subprocess.run([str(home / "bin" / "pip"), "install", "--quiet", RELEASE, "pytest"], check=True)
    return home / "bin" / "pynguin"
