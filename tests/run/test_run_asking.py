"""What is asked about files is seen, whatever way it is asked, and tells when the answer has changed."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from pytest_llmgen.kept.world import World
from pytest_llmgen.run.asking import DETAILS, KIND

CALLS = {
    "os.path.exists('flag')": "flag" + KIND,
    "there('flag')": "flag" + KIND,
    "os.path.isdir('folder')": "folder" + KIND,
    "os.path.islink('link')": "link" + KIND,
    "os.path.lexists('link')": "link" + KIND,
    "os.path.getmtime('file')": "file" + DETAILS,
    "os.path.getsize('file')": "file" + DETAILS,
    "os.stat('file')": "file" + DETAILS,
    "look('file')": "file" + DETAILS,
    "os.access('file', os.X_OK)": "file" + KIND,
    "os.readlink('link')": "link" + KIND,
    "Path('flag').exists()": "flag" + KIND,
    "Path('folder').is_dir()": "folder" + KIND,
    "Path('file').stat()": "file" + DETAILS,
    "Path('.hid/flag').is_file()": ".hid/flag" + KIND,
    "shutil.which('tool', path='folder')": "folder/tool" + KIND,
    "os.mkdir('made')": "made" + KIND,
    "os.remove('gone')": "gone" + KIND,
    "os.listdir('folder')": "folder/",
    "list(os.walk('folder'))": "folder/",
    "list(os.scandir('folder'))": "folder/" + DETAILS,
    "list(os.scandir('.'))": "./" + DETAILS,
    "os.path.exists('/nowhere/flag')": "/nowhere/flag" + KIND,
}
SCRIPT = """
import contextlib, json, os, shutil, sys
from pathlib import Path
from pytest_llmgen.run.traces import Tracer
tracer = Tracer(Path.cwd(), Path.cwd() / "scratch")
from os import stat as look
from os.path import exists as there
found = {}
for call in json.loads(sys.argv[1]):
    code = compile(call, "/project/code.py", "eval")
    tracer.start()
    with contextlib.suppress(OSError):
        eval(code)
    found[call] = tracer.stop().files
    with contextlib.suppress(OSError):
        os.rmdir("made")
print(json.dumps(found))
"""
ITSELF = ["os.path.exists(os.getcwd())", "os.path.realpath('.')", "os.path.exists('scratch/x')"]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[str]]:
    folder = tmp_path_factory.mktemp("project")
    (folder / "folder").mkdir()
    (folder / "file").touch()
    (folder / "link").symlink_to("file")
    command = [sys.executable, "-c", SCRIPT, json.dumps([*CALLS, *ITSELF])]
    environment = os.environ | {"PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(command, cwd=folder, env=environment, check=True, capture_output=True, timeout=60)
    found: dict[str, list[str]] = json.loads(done.stdout)
    return found


@pytest.mark.parametrize("call", CALLS)
def test_what_is_asked_about_a_file_is_seen(call: str, seen: dict[str, list[str]]) -> None:
    assert CALLS[call] in seen[call]


@pytest.mark.parametrize("call", ITSELF)
def test_the_folders_of_the_project_and_temporary_files_tell_nothing(call: str, seen: dict[str, list[str]]) -> None:
    assert seen[call] == []


CHANGES = {
    "it appears": ("flag" + KIND, lambda root: (root / "flag").touch()),
    "a hidden one appears": (".hid/flag" + KIND, lambda root: ((root / ".hid").mkdir(), (root / ".hid/flag").touch())),
    "it becomes a folder": ("file" + KIND, lambda root: ((root / "file").unlink(), (root / "file").mkdir())),
    "it can be run": ("file" + KIND, lambda root: (root / "file").chmod(0o755)),
    "it is a link no more": ("link" + KIND, lambda root: ((root / "link").unlink(), (root / "link").touch())),
    "it leads elsewhere": ("link" + KIND, lambda root: ((root / "link").unlink(), (root / "link").symlink_to("."))),
    "it is older": ("file" + DETAILS, lambda root: os.utime(root / "file", (1, 1))),
    "a file becomes a folder in its folder": (
        "folder/",
        lambda root: ((root / "folder/a").unlink(), (root / "folder/a").mkdir()),
    ),
    "one in its folder is older": ("folder/" + DETAILS, lambda root: os.utime(root / "folder/a", (1, 1))),
}


@pytest.mark.parametrize("what", CHANGES)
def test_another_answer_has_another_digest(what: str, tmp_path: Path) -> None:
    (tmp_path / "file").touch(mode=0o644)
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder/a").touch()
    token, change = CHANGES[what]
    before = World(tmp_path, {})
    digest = before.files([token])
    assert World(tmp_path, {}).files([token]) == digest
    assert before.changed([]) is None
    change(tmp_path)
    assert World(tmp_path, {}).files([token]) != digest


def test_an_older_file_is_as_much_there_as_before(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    digest = World(tmp_path, {}).files(["file" + KIND])
    os.utime(tmp_path / "file", (1, 1))
    assert World(tmp_path, {}).files(["file" + KIND]) == digest
