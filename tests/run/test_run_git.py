"""Git is asked without side effects, and its absence is an answer."""

import os
import subprocess

import pytest

from pytest_llmgen.run.git import MISSING, git, run_info

pytestmark = pytest.mark.skipif(git(os.curdir)(["version"])[0] != 0, reason="no git on this machine")


@pytest.fixture
def repository(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    ask = git(tmp_path)
    assert ask(["init", "-q"])[0] == 0
    (tmp_path / "größe.py").write_text("A = 1\n")
    assert ask(["add", "."])[0] == 0
    commit = ["-c", "user.name=a", "-c", "user.email=a@example.org", "commit", "-qm", "first"]
    assert ask(commit)[0] == 0
    return tmp_path


def test_a_clean_commit_is_named(repository):
    ask = git(repository)
    commit, dirty = run_info(ask)
    assert commit == ask(["log", "--format=%H"])[1].strip()
    assert len(commit) == 40
    assert not dirty


def test_a_changed_file_makes_it_dirty_and_a_new_one_does_not(repository):
    (repository / "new.py").touch()
    assert not run_info(git(repository))[1]
    (repository / "größe.py").write_text("A = 2\n")
    assert run_info(git(repository))[1]


def test_a_folder_without_repository_has_no_commit(tmp_path, monkeypatch):
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert run_info(git(tmp_path)) == (None, False)


def test_a_repository_without_commits_has_no_commit(tmp_path):
    assert git(tmp_path)(["init", "-q"])[0] == 0
    assert run_info(git(tmp_path)) == (None, False)


def test_paths_come_as_they_are(repository):
    assert git(repository)(["ls-files"]) == (0, "größe.py\n")


def test_a_failed_command_gives_its_status(repository):
    code, out = git(repository)(["rev-parse", "--verify", "no-such-branch"])
    assert (code, out) == (128, "")


def test_a_missing_program_is_status_127(repository, monkeypatch):
    monkeypatch.setenv("PATH", str(repository))
    assert git(repository)(["status"]) == (MISSING, "")
    assert run_info(git(repository)) == (None, False)


def test_variables_of_an_outer_hook_do_not_lead_elsewhere(repository, tmp_path_factory, monkeypatch):
    other = tmp_path_factory.mktemp("other")
    subprocess.run(["git", "init", "-q"], cwd=other, check=True)
    monkeypatch.setenv("GIT_DIR", str(other / ".git"))
    assert run_info(git(repository))[0] is not None


def test_asking_does_not_touch_the_index(repository):
    index = repository / ".git" / "index"
    os.utime(repository / "größe.py")
    before = (index.stat().st_mtime_ns, index.read_bytes())
    run_info(git(repository))
    assert (index.stat().st_mtime_ns, index.read_bytes()) == before
