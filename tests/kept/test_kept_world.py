"""What every verdict depends on: none is used under another sandbox, limit, argument, setting or surrounding."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pytest_llmgen.kept.world import World
from pytest_llmgen.run.asking import KIND
from pytest_llmgen.settings import defaults

USUAL: dict[str, Any] = {"tier": "portable", "args": ["tests"], "ini": {"xfail_strict": "false"}, "folder": "."}
CHANGES: dict[str, dict[str, Any]] = {
    "another sandbox": {"tier": "landlock"},
    "no sandbox": {"tier": "off"},
    "a suite outside of the walls": {"settings": {"sandbox_suite": "open"}},
    "a wall that is opened": {"settings": {"sandbox_allow": ("network",)}},
    "another limit of memory": {"settings": {"memory": 700}},
    "another limit of time": {"settings": {"mutant_timeout": 3.0}},
    "another seed": {"settings": {"seed": 7}},
    "a plugin": {"args": ["-p", "someplugin", "tests"]},
    "warnings as errors": {"args": ["-W", "error", "tests"]},
    "a setting of pytest": {"ini": {"xfail_strict": "true"}},
    "another folder": {"folder": "tests"},
    "another language": {"environ": {"LANG": "de_DE.UTF-8"}},
    "another time zone": {"environ": {"TZ": "Asia/Tokyo"}},
    "a switch of Python": {"environ": {"PYTHONOPTIMIZE": "1"}},
    "a conftest above the project": {"files": {"../conftest.py": "X = 1\n"}},
    "a file of variables": {"files": {".env": "X=1\n"}},
}


def basics(
    root: Path,
    *,
    tier: str,
    args: Sequence[str],
    ini: Mapping[str, str],
    folder: str,
    settings: Mapping[str, Any] | None = None,
    environ: Mapping[str, str] | None = None,
) -> str:
    return World(root, environ or {}).basics(defaults(root, **(settings or {})), args, ini, tier, folder)


@pytest.mark.parametrize("what", CHANGES)
def test_verdicts_of_other_circumstances_are_not_used(what: str, tmp_path: Path) -> None:
    root = tmp_path / "project"
    root.mkdir()
    before = basics(root, **USUAL)
    change = dict(CHANGES[what])
    for name, text in change.pop("files", {}).items():
        (root / name).write_text(text)
    assert basics(root, **{**USUAL, **change}) != before


def test_a_setting_that_decides_nothing_changes_nothing(tmp_path: Path) -> None:
    changed = {**USUAL, "settings": {"workers": 3}, "environ": {"EDITOR": "vi"}}
    assert basics(tmp_path, **changed) == basics(tmp_path, **USUAL)


def test_a_link_counts_by_what_it_leads_to(tmp_path: Path) -> None:
    (tmp_path / "outside").write_text("a")
    root = tmp_path / "project"
    root.mkdir()
    (root / "data.txt").symlink_to(tmp_path / "outside")
    before = World(root, {}).data
    (tmp_path / "outside").write_text("b")
    assert World(root, {}).data != before


def test_a_folder_that_is_still_missing_has_not_changed(tmp_path: Path) -> None:
    world = World(tmp_path, {})
    world.files(["gone/", f"{tmp_path}/python311.zip/", "gone.txt"])
    assert world.changed([]) is None
    (tmp_path / "gone").mkdir()
    assert world.files(["gone/"]) != World(tmp_path, {}).files(["gone/"])


def test_a_folder_that_is_taken_away_has_changed(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    world = World(tmp_path, {})
    world.files(["data/"])
    (tmp_path / "data").rmdir()
    assert world.changed([]) == "data/"


def test_what_kind_the_root_of_all_folders_is_does_not_depend_on_what_is_in_it(tmp_path: Path) -> None:
    world = World(tmp_path, {})
    asked = f"/{KIND}"
    before = world.files([asked])
    with tempfile.NamedTemporaryFile(dir=tempfile.gettempdir()):  # changes a folder below the root
        assert world.changed([]) is None
        assert World(tmp_path, {}).files([asked]) == before
