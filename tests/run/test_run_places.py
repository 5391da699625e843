"""What names a place below ``tmp_path`` is told from there: the folder has another name each time."""

import tempfile
from pathlib import Path

import pytest

from pytest_llmgen.records import Probe
from pytest_llmgen.run.places import folder_in, from_folder
from pytest_llmgen.run.probing import observe
from pytest_llmgen.run.values import describe

FOLDER = "/tmp/tmpab_12"
SETUP = "import pathlib, tempfile\ntmp_path = pathlib.Path(tempfile.mkdtemp())\nbox = [1]\n"


@pytest.mark.parametrize(
    ("value", "source", "imports"),
    [
        (f"{FOLDER}/notes.txt", "str(tmp_path / 'notes.txt')", ()),
        (FOLDER, "str(tmp_path)", ()),
        (f"{FOLDER}/", "f'{tmp_path}/'", ()),
        (f"in {FOLDER}: none", "f'in {tmp_path}: none'", ()),
        (Path(FOLDER) / "a" / "b", "tmp_path / 'a/b'", ()),
        ([f"{FOLDER}/a", 3], "[str(tmp_path / 'a'), 3]", ()),
        (f"{FOLDER}/a {{b}}", "f'{tmp_path}/a {{b}}'", ()),
        (FOLDER.encode(), None, ()),
    ],
)
def test_a_value_is_written_from_the_folder(value, source, imports):
    told = from_folder(describe(value), FOLDER)
    assert (told.source, told.imports) == (source, imports)
    if source is not None:
        assert eval(source, {"tmp_path": Path(FOLDER)}) == value


def test_other_values_and_probes_without_a_folder_stay_as_they_are():
    value = describe(["/tmp/other", 3])
    assert from_folder(value, FOLDER) is value
    assert (folder_in({"tmp_path": 3}), folder_in({})) == ("", "")


def test_a_probe_shows_the_same_of_two_folders(tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    probe = Probe("x", SETUP, "(box.append(str(tmp_path / 'new')), str(tmp_path))[1]", ("box",))
    for seen in (observe(probe, None, tmp_path), observe(probe, None, tmp_path)):
        assert seen["value"]["source"] == "str(tmp_path)"
        assert seen["changed"]["box"]["source"] == "[1, str(tmp_path / 'new')]"
