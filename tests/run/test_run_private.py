"""Private folders go with the process that made them, or are swept by the next one."""

import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

import pytest_llmgen
from pytest_llmgen.run.sandbox.private import OWNER, create, remove, sweep

PACKAGE = str(Path(pytest_llmgen.__file__).parents[1])
KILLED = """
import os
from pytest_llmgen.run.sandbox.private import create
print(create(), flush=True)
os.kill(os.getpid(), 9)
"""


@pytest.fixture(autouse=True)
def _place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def left_by_a_killed_process(tmp_path: Path) -> Path:
    environment = {"TMPDIR": str(tmp_path), "PYTHONPATH": PACKAGE}
    done = subprocess.run([sys.executable, "-c", KILLED], env=environment, stdout=subprocess.PIPE, check=False)
    return Path(done.stdout.decode().strip())


def test_the_folder_of_a_killed_process_is_swept(tmp_path: Path) -> None:
    folder = left_by_a_killed_process(tmp_path)
    assert (folder / OWNER).is_symlink()
    sweep()
    assert not folder.exists()


def test_the_folder_of_a_live_process_stays() -> None:
    folder = create()
    sweep()
    assert (folder / "home").is_dir()
    remove(folder)


def test_a_folder_of_a_process_that_was_killed_before_it_could_name_itself_is_swept(tmp_path: Path) -> None:
    (tmp_path / "llmgen-x").mkdir()
    (tmp_path / "other").mkdir()
    sweep()
    assert [path.name for path in tmp_path.iterdir()] == ["other"]


def test_a_folder_that_was_swept_too_early_is_made_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[Path] = []
    real = tempfile.mkdtemp

    def swept_once(prefix: str) -> str:
        made.append(Path(real(prefix=prefix)))
        if len(made) == 1:
            sweep()
        return str(made[-1])

    monkeypatch.setattr(tempfile, "mkdtemp", swept_once)
    assert (create() / OWNER).is_symlink()
    assert [path.exists() for path in made] == [False, True]


@pytest.mark.parametrize("owner", [None, "unknown", "pid:[1] 1 1", "pid:[1]", "no such thing"])
def test_a_folder_that_is_not_surely_abandoned_stays(tmp_path: Path, owner: str | None) -> None:
    folder = tmp_path / "llmgen-other"
    folder.mkdir()
    (folder / "mine").touch()
    if owner is not None:
        (folder / OWNER).symlink_to(owner)
    sweep()
    assert folder.is_dir()


def test_a_process_number_that_was_given_out_again_protects_nothing(tmp_path: Path) -> None:
    folder = create()
    namespace, pid, _ = str((folder / OWNER).readlink()).split()
    (folder / OWNER).unlink()
    (folder / OWNER).symlink_to(f"{namespace} {pid} 1")
    sweep()
    assert not folder.exists()


def test_a_link_is_not_followed(tmp_path: Path) -> None:
    folder = left_by_a_killed_process(tmp_path).rename(tmp_path / "kept")
    (tmp_path / "llmgen-link").symlink_to(folder)
    sweep()
    assert folder.is_dir()
