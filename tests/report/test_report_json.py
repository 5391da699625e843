"""report.json: its content, its schema, and how it is written."""

from __future__ import annotations

import json

import jsonschema
import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.report import files
from pytest_llmgen.report.files import make_folder
from pytest_llmgen.report.json_report import is_ours, render, to_json
from pytest_llmgen.report.schema import schema


def write(report, path, **how):
    files.write(render(report), path, is_ours, **how)


NAMES = ["full", "report_only", "clean", "inconclusive", "nothing", "red", "no_tests"]


def test_the_schema_is_valid():
    jsonschema.Draft202012Validator.check_schema(schema())


@pytest.mark.parametrize("name", NAMES)
def test_every_report_fits_the_schema_after_a_round_trip(name, report_of):
    data = json.loads(json.dumps(to_json(report_of(name))))
    jsonschema.Draft202012Validator(schema()).validate(data)


def _closed(node):
    """The schema with no property allowed that it does not name."""
    if isinstance(node, list):
        return [_closed(item) for item in node]
    if not isinstance(node, dict):
        return node
    closed = {key: _closed(value) for key, value in node.items()}
    return {**closed, "additionalProperties": False} if isinstance(node.get("required"), list) else closed


def test_the_schema_names_every_key_that_is_written(report_of):
    jsonschema.Draft202012Validator(_closed(schema())).validate(json.loads(json.dumps(to_json(report_of("full")))))


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        (("totals", "new", "lines"), 0.93),
        (("totals", "new", "by_status"), {"killed": 3}),
        (("verdict", "state"), "ok"),
        (("gaps", 0, "kind"), "mutant"),
        (("tests", 0, "oracle"), None),
        (("schema_version",), 2),
    ],
)
def test_the_schema_refuses(path, wrong, report_of):
    data = json.loads(json.dumps(to_json(report_of("full"))))
    inner = data
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = wrong
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.Draft202012Validator(schema()).validate(data)


def test_the_keys_of_the_specification_are_there(report_of):
    data = to_json(report_of("full"))
    assert data["tool"]["name"] == "pytest-llmgen"
    assert data["run"]["sandbox"] == "landlock"
    assert data["verdict"]["state"] == "fail"
    assert data["totals"]["new"]["mutants"] == [54, 58]
    assert data["totals"]["new"]["by_status"] == {"Killed": 54, "Survived": 4}
    assert data["totals"]["all"] is None
    assert data["conditions"][3]["id"] == "new-gaps"
    assert data["gaps"][0]["id"] == "M-7k3qd2m"
    assert data["gaps"][0]["where"] == "shop/cart.py::Cart.apply_voucher"
    assert data["gaps"][0]["region"] == {"start_line": 41, "start_column": 12, "end_line": 41, "end_column": 39}
    assert data["gaps"][0]["attempts"][0] == {"outcome": "no-gain", "why": "passes on the mutant", "ran": False}
    test = data["tests"][0]
    assert (test["category"], test["origin"], test["oracle"]) == ("typical", "model", "documentation")
    assert (test["new_lines"], test["kills"], test["reviewed"]) == ([43, 44], ["M-1aaaaaa"], False)
    assert data["cost"]["budget_usd"] == 1.0
    assert data["review"]["entries"] == []


def test_the_report_before_is_kept(tmp_path, report_of):
    path = tmp_path / "new" / "report.json"
    write(report_of("clean"), path)
    write(report_of("full"), path)
    assert json.loads(path.read_text())["verdict"]["state"] == "fail"
    assert json.loads((tmp_path / "new" / "report.prev.json").read_text())["verdict"]["state"] == "pass"
    assert sorted(p.name for p in path.parent.iterdir()) == ["report.json", "report.prev.json"]


def test_a_report_at_a_named_place_leaves_nothing_beside_it(tmp_path, report_of):
    for _ in range(2):
        write(report_of("clean"), tmp_path / "out.json", keep_previous=False)
    assert [p.name for p in tmp_path.iterdir()] == ["out.json"]


def test_a_report_that_cannot_be_written_is_an_error_with_a_fix(tmp_path, report_of):
    (tmp_path / "taken").write_text("a file")
    with pytest.raises(LlmgenError, match="was not written") as caught:
        write(report_of("clean"), tmp_path / "taken" / "report.json")
    assert caught.value.slug == "report-not-written"


def test_a_folder_in_the_way_is_reported_and_nothing_is_left_behind(tmp_path, report_of):
    (tmp_path / "report.json").mkdir()
    with pytest.raises(LlmgenError):
        write(report_of("clean"), tmp_path / "report.json", keep_previous=False)
    assert [p.name for p in tmp_path.iterdir()] == ["report.json"]


@pytest.mark.parametrize("text", ["def total(): return 1\n", "[1]", '{"name": "shop"}', "\udcff"])
def test_only_an_earlier_report_is_replaced(tmp_path, report_of, text):
    path = tmp_path / "shop.py"
    path.write_bytes(text.encode("utf-8", "surrogateescape"))
    with pytest.raises(LlmgenError, match="no report of ours") as caught:
        write(report_of("clean"), path)
    assert caught.value.slug == "report-in-the-way"
    assert path.read_bytes() == text.encode("utf-8", "surrogateescape")
    assert [p.name for p in tmp_path.iterdir()] == ["shop.py"]


def test_an_empty_file_is_filled(tmp_path, report_of):
    (tmp_path / "out.json").touch()
    write(report_of("clean"), tmp_path / "out.json", keep_previous=False)
    assert json.loads((tmp_path / "out.json").read_text())["schema_version"] == 1


def test_a_project_with_its_folder_named_as_report_stays_where_it_is(tmp_path, report_of):
    (tmp_path / "project").mkdir()
    with pytest.raises(LlmgenError, match="is a folder"):
        write(report_of("clean"), tmp_path / "project")
    assert [p.name for p in tmp_path.iterdir()] == ["project"]


def test_a_folder_that_others_use_is_not_hidden_from_version_control(tmp_path):
    (tmp_path / "notes.txt").touch()
    make_folder(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["notes.txt"]


def test_the_folder_of_reports_keeps_itself_out_of_version_control(tmp_path):
    make_folder(tmp_path / ".llmgen")
    assert (tmp_path / ".llmgen" / ".gitignore").read_text() == "*\n"
    (tmp_path / ".llmgen" / ".gitignore").write_text("mine\n")
    make_folder(tmp_path / ".llmgen")
    assert (tmp_path / ".llmgen" / ".gitignore").read_text() == "mine\n"
