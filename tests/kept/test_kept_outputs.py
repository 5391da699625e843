"""What a run writes for others is no data of the project: a second run is not judged anew because of it."""

from __future__ import annotations

import os
import subprocess
import sys
from argparse import Namespace
from pathlib import Path
from types import SimpleNamespace

import pytest

from pytest_llmgen.kept.outputs import outputs
from pytest_llmgen.kept.world import World

ALWAYS = ("htmlcov", "coverage.lcov")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"xmlpath": "build/junit.xml"}, ["sub/build/junit.xml"]),
        ({"xmlpath": "../junit.xml"}, ["junit.xml"]),
        ({"xmlpath": "/elsewhere/junit.xml"}, []),
        ({"xmlpath": None, "log_file": ""}, []),
        ({"cov_report": {"xml": "cov.xml", "html": "out/html", "term": None}}, ["sub/cov.xml", "sub/out/html"]),
        ({"cov_report": ["term"]}, []),
        ({"benchmark_json": SimpleNamespace(name="speed.json")}, ["sub/speed.json"]),
    ],
)
def test_options_name_what_is_written(options, named, tmp_path: Path) -> None:
    root = tmp_path.resolve()
    found = [path for path in outputs(Namespace(**options), root / "sub", root) if path not in ALWAYS]
    assert [path for path in found if not path.startswith("..")] == named


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="only there the system tells")
def test_a_file_that_the_output_goes_to_is_written_by_the_run(tmp_path: Path) -> None:
    code = (
        "import argparse, pathlib; from pytest_llmgen.kept.outputs import outputs;"
        "here = pathlib.Path.cwd(); print(*outputs(argparse.Namespace(), here, here))"
    )
    root = Path(__file__).parents[2]
    with (tmp_path / "log.txt").open("w") as log:
        environ = {**os.environ, "PYTHONPATH": str(root)}
        subprocess.run([sys.executable, "-c", code], cwd=tmp_path.resolve(), stdout=log, env=environ, check=True)
    assert "log.txt" in (tmp_path / "log.txt").read_text().split()


def test_what_is_written_by_the_run_is_no_data(tmp_path: Path) -> None:
    before = World(tmp_path, {}, ["junit.xml", "htmlcov"]).data
    (tmp_path / "htmlcov").mkdir()
    (tmp_path / "htmlcov" / "index.html").write_text("page")
    (tmp_path / "junit.xml").write_text("results")
    world = World(tmp_path, {}, ["junit.xml", "htmlcov"])
    assert world.data == before
    assert World(tmp_path, {}).data != before
