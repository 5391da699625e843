"""The recipes are valid where they go, and their shell lines run."""

from __future__ import annotations

import configparser
import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
RECIPES = ROOT / "docs/how-to/recipes"
LIMIT = 120
PROJECT = {
    "pyproject.toml": '[project]\nname = "shop"\nversion = "1"\n'
    '[tool.pytest.ini_options]\npythonpath = ["."]\ntestpaths = ["tests"]\naddopts = ["-p", "no:cacheprovider"]\n'
    '[tool.coverage.run]\nsource = ["shop"]\n',
    "shop.py": 'def parity(n: int) -> str:\n    """Say whether a number is even."""\n'
    '    return "odd" if n % 2 else "even"\n',
    "tests/test_shop.py": "from shop import parity\n\n\ndef test_parity():\n"
    "    assert [parity(n) for n in (0, 1, 2, 3, 4, -5)] == ['even', 'odd', 'even', 'odd', 'even', 'odd']\n",
}


def run(command, folder, **more):
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GITHUB_", "CI", "PYTEST_", "COV"))}
    environment |= {"PATH": f"{folder.parent / 'bin'}{os.pathsep}{os.environ['PATH']}", **more}
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, timeout=LIMIT, check=False
    )
    return done.returncode, done.stdout + done.stderr


PLUGINS = "-p no:llmgen -p pytest_llmgen.plugin -p no:asyncio"  # also where it is installed


@pytest.fixture
def project(tmp_path):
    """A project in git with a remote, and a ``bin`` with this very pytest, a pip that has nothing to do, and a gh."""
    (tmp_path / "bin").mkdir()
    tools = {
        "pytest": f'PYTHONPATH={ROOT} exec {sys.executable} -m pytest {PLUGINS} "$@"',
        "pip": "true",
        "gh": f'echo "$@" > {tmp_path}/gh.txt',
    }
    for name, line in tools.items():
        (tmp_path / "bin" / name).write_text(f"#!/bin/sh\n{line}\n")
        (tmp_path / "bin" / name).chmod(0o755)
    root = tmp_path / "project"
    for name, text in PROJECT.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    identity = "-c user.name=a -c user.email=a@example.org"
    script = f"git init -qb main && git add . && git {identity} commit -qm one && git init -q --bare ../remote.git"
    status, output = run(
        ["sh", "-c", f"{script} && git remote add origin ../remote.git && git push -q origin main"], root
    )
    assert status == 0, output
    return root


def load(name):
    yaml = pytest.importorskip("ruamel.yaml", reason="check-jsonschema is not installed (extra: test)")
    return yaml.YAML(typ="safe", pure=True).load(RECIPES / name)


def shell(lines, folder, **more):
    status, output = run(["bash", "-e", "-o", "pipefail", "-c", "\n".join(lines)], folder, **more)
    assert status == 0, output
    return output


# --- Valid --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "schema"),
    [
        ("github-gate.yml", "vendor.github-workflows"),
        ("github-generate.yml", "vendor.github-workflows"),
        ("gitlab-ci.yml", "vendor.gitlab-ci"),
    ],
)
def test_a_recipe_fits_the_schema_of_its_system(name, schema):
    pytest.importorskip("check_jsonschema", reason="check-jsonschema is not installed (extra: test)")
    transform = ["--data-transform", "gitlab-ci"] if "gitlab" in schema else []
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, *transform, str(RECIPES / name)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=LIMIT, check=False)
    assert done.returncode == 0, done.stdout


def test_the_hooks_are_what_pre_commit_takes():
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="pre-commit is not installed (extra: test)")
    config = clientlib.load_config(str(RECIPES / "pre-commit-config.yaml"))
    assert [hook["stages"] for hook in config["repos"][0]["hooks"]] == [["pre-commit"], ["pre-push"]]


def test_the_repository_offers_the_hook_that_the_recipe_writes_out():
    clientlib = pytest.importorskip("pre_commit.clientlib", reason="pre-commit is not installed (extra: test)")
    offered = {hook["id"]: hook for hook in clientlib.load_manifest(str(ROOT / ".pre-commit-hooks.yaml"))}
    for written in clientlib.load_config(str(RECIPES / "pre-commit-config.yaml"))["repos"][0]["hooks"]:
        for key in ("entry", "language", "files", "types", "pass_filenames", "stages"):
            assert offered[written["id"]].get(key) == written.get(key)


def test_the_generating_job_is_never_started_by_a_pull_request():
    triggers = load("github-generate.yml")["on"]
    assert set(triggers) == {"workflow_dispatch", "schedule"}
    assert "ANTHROPIC" not in (RECIPES / "github-gate.yml").read_text()


# --- Run ----------------------------------------------------------------------------------------


def test_the_gate_of_github_runs_and_leaves_what_the_next_steps_take(project, tmp_path):
    steps = load("github-gate.yml")["jobs"]["gate"]["steps"]
    summary = tmp_path / "summary.md"
    lines = [step["run"] for step in steps if "run" in step]
    output = shell(lines, project, CI="true", GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    assert "GATE PASSED" in output
    taken = [step["with"] for step in steps if "with" in step]
    assert all((project / each[key]).exists() for each in taken for key in ("sarif_file", "path") if key in each)
    assert "Gate passed" in summary.read_text("utf-8")


def test_the_gate_of_gitlab_runs_and_leaves_its_artifacts(project):
    job = load("gitlab-ci.yml")["llmgen-gate"]
    shell(job["script"], project, CI="true", GITLAB_CI="true")
    reports = job["artifacts"]["reports"]
    names = [*job["artifacts"]["paths"], reports["codequality"], reports["junit"], reports["coverage_report"]["path"]]
    assert [name for name in names if not (project / name).exists()] == []
    junit = (project / "junit.xml").read_text("utf-8")
    assert '<property name="llmgen.verdict" value="pass"' in junit


def test_the_generating_job_pushes_a_branch_and_opens_a_draft(project, tmp_path):
    """The model is left out: the recipe's provider is exchanged for the embedded generator."""
    (project / "shop.py").write_text(PROJECT["shop.py"] + "\n\ndef half(n: int) -> float:\n    return n / 2\n")
    steps = load("github-generate.yml")["jobs"]["generate"]["steps"]
    lines = [step["run"].replace("=model", "=offline") for step in steps if "run" in step]
    shell(lines, project, GITHUB_RUN_ID="7")
    assert "--draft" in (tmp_path / "gh.txt").read_text()
    assert "+2" in (project / "pr-body.md").read_text("utf-8") or "kept" in (project / "pr-body.md").read_text("utf-8")
    _, branches = run(["git", "--git-dir=../remote.git", "branch"], project)
    assert "llmgen/7" in branches


@pytest.fixture
def told(project):
    """What a recipe gives to pytest, which here only writes it down: the gate itself is run above."""
    note = project.parent / "pytest.txt"
    (project.parent / "bin" / "pytest").write_text(f'#!/bin/sh\necho "$@" >> {note}\n')
    return lambda: note.read_text().splitlines()


def test_the_hooks_run_the_gate_and_look_at_decisions(project, told):
    shell([hook["entry"] for hook in load("pre-commit-config.yaml")["repos"][0]["hooks"]], project)
    assert told() == ["--llm-review-check", "--llm-check -q"]


def test_the_hook_of_a_commit_only_looks_at_decisions(project):
    (hook, _) = load("pre-commit-config.yaml")["repos"][0]["hooks"]
    assert "test session starts" not in shell([hook["entry"]], project)
    (project / "llmgen-review.toml").write_text('version = 1\n[[accepted]]\nid = "M-1"\n')
    status, output = run(["bash", "-c", hook["entry"]], project)
    assert status != 0
    assert "llmgen-review.toml:2" in output


def test_the_commands_of_tox_run_the_gate_and_generate(project, told):
    parser = configparser.ConfigParser()
    parser.read(RECIPES / "tox.ini")
    shell([parser[f"testenv:{name}"]["commands"].replace("{posargs}", "-x") for name in ("gate", "generate")], project)
    assert told() == ["--llm-check -x", "--llm-generate -x"]


def test_nox_runs_the_gate_unless_it_is_told_to_generate(project, told):
    pytest.importorskip("nox", reason="nox is not installed (extra: test)")
    shutil.copy(RECIPES / "noxfile.py", project)
    for arguments in ([], ["-s", "generate", "--", "--llm-target=shop.py"]):
        command = [sys.executable, "-m", "nox", "--no-venv", "--no-install", *arguments]
        status, output = run(command, project)
        assert status == 0, output
    assert told() == ["--llm-check", "--llm-generate --llm-target=shop.py"]


def test_make_runs_the_gate_and_generates_for_a_target(project, told):
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    shutil.copy(RECIPES / "Makefile", project)
    tool = shlex.quote(str(project.parent / "bin" / "pytest"))
    shell([f"make gate PYTEST={tool}", f"make generate TARGET=shop.py PYTEST={tool}"], project)
    assert told() == ["--llm-check", "--llm-generate --llm-target=shop.py"]
