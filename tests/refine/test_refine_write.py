"""Writing test files: whole, atomic, and never over a person's work."""

import os
import resource
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Candidate, Category, Fate, Judged, Oracle, Origin
from pytest_llmgen.refine import ledger
from pytest_llmgen.refine.parse_back import parse_back
from pytest_llmgen.refine.render import Provenance
from pytest_llmgen.refine.write import ModuleTests, apply, existing_tests, plan

NAME = "test_llmgen_shop_cart.py"


def judged(name, body="    assert double(1) == 2"):
    candidate = Candidate(
        f"id-{name}-{len(body)}", "shop/cart.py::double", name, Category.TYPICAL, Origin.OFFLINE, Oracle.OBSERVED,
        f"def {name}():\n{body}", imports=("from shop.cart import double",),
    )  # fmt: skip
    return Judged(candidate, Fate.KEPT, "")


def modules(*candidates, module="shop.cart"):
    return [ModuleTests(module, candidates, Provenance("0.1.0", "offline", "shop/cart.py"))]


def write(folder, *candidates, module="shop.cart"):
    planned = plan(folder, modules(*candidates, module=module))
    apply(planned)
    return planned


def names(folder):
    return [(test.path.name, test.name) for test in existing_tests(folder)]


def test_planning_writes_nothing(tmp_path):
    plan(tmp_path / "out", modules(judged("test_a")))
    assert list(tmp_path.iterdir()) == []


def test_no_tests_write_no_file(tmp_path):
    write(tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_files_and_conftest_are_written_and_nothing_else_is_left(tmp_path):
    planned = write(tmp_path / "a" / "out", judged("test_a"))
    assert sorted(p.name for p in (tmp_path / "a" / "out").iterdir()) == ["__init__.py", "conftest.py", NAME]
    assert planned.nodes == {"id-test_a-25": (tmp_path / "a" / "out" / NAME, "test_a")}


def test_a_second_run_keeps_the_earlier_tests_and_reviews(tmp_path):
    write(tmp_path, judged("test_a"))
    file = tmp_path / NAME
    file.write_text(file.read_text().replace("reviewed=no", "reviewed=yes"))
    write(tmp_path, judged("test_b"))
    assert [(t.name, t.target, t.reviewed) for t in existing_tests(tmp_path)] == [
        ("test_a", "shop.cart:double", True), ("test_b", "shop.cart:double", False),
    ]  # fmt: skip


def test_the_same_tests_again_change_nothing(tmp_path):
    write(tmp_path, judged("test_a"))
    planned = write(tmp_path, judged("test_a"))
    assert planned.files == {}
    assert planned.nodes == {"id-test_a-25": (tmp_path / NAME, "test_a")}


def test_a_new_test_of_the_same_name_gets_another_one(tmp_path):
    write(tmp_path, judged("test_a"))
    write(tmp_path, judged("test_a", "    assert double(2) == 4"))
    assert names(tmp_path) == [(NAME, "test_a"), (NAME, "test_a_2")]


def test_an_edited_file_stays_and_new_tests_go_beside_it(tmp_path):
    write(tmp_path, judged("test_a"))
    file = tmp_path / NAME
    edited = file.read_text() + "\n# mine\n"
    file.write_text(edited)
    planned = write(tmp_path, judged("test_a"), judged("test_b"))
    assert file.read_text() == edited
    assert names(tmp_path) == [(NAME, "test_a"), ("test_llmgen_shop_cart_2.py", "test_b")]
    assert planned.notes == (f"{NAME} was edited: left as it is, new tests go beside it",)
    write(tmp_path, judged("test_c"))
    assert names(tmp_path)[1:] == [("test_llmgen_shop_cart_2.py", "test_b"), ("test_llmgen_shop_cart_2.py", "test_c")]


def test_a_file_that_is_not_python_any_more_stays_too(tmp_path):
    (tmp_path / NAME).write_text("def broken(:")
    write(tmp_path, judged("test_a"))
    assert (tmp_path / NAME).read_text() == "def broken(:"
    assert names(tmp_path) == [("test_llmgen_shop_cart_2.py", "test_a")]


def test_the_mode_of_a_file_is_kept(tmp_path):
    write(tmp_path, judged("test_a"))
    (tmp_path / NAME).chmod(0o640)
    write(tmp_path, judged("test_b"))
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o640


def test_another_conftest_is_left_and_the_missing_lines_are_told(tmp_path):
    (tmp_path / "conftest.py").write_text("# mine\n")
    planned = write(tmp_path, judged("test_a"))
    assert (tmp_path / "conftest.py").read_text() == "# mine\n"
    assert "does not register the marker" in planned.notes[0]
    assert "llm_generated(target): generated" in planned.notes[0]


def test_a_conftest_that_registers_the_marker_is_fine(tmp_path):
    (tmp_path / "conftest.py").write_text("# llm_generated is registered in pyproject.toml\n")
    assert write(tmp_path, judged("test_a")).notes == ()


def test_a_link_to_nowhere_in_place_of_the_folder_or_of_one_above_is_named(tmp_path):
    (tmp_path / "out").symlink_to(tmp_path / "nowhere")
    for folder in (tmp_path / "out", tmp_path / "out" / "llmgen"):
        with pytest.raises(LlmgenError, match=r"out is not a folder.*\[output-not-a-folder\]"):
            plan(folder, [])


def test_a_file_in_place_of_the_folder_is_named(tmp_path):
    (tmp_path / "out").touch()
    with pytest.raises(LlmgenError, match=r"out is not a folder.*\[output-not-a-folder\]"):
        plan(tmp_path / "out", modules(judged("test_a")))


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / NAME).write_bytes(b"\xff\xfe")
    with pytest.raises(LlmgenError, match=r"\[output-unreadable\]"):
        plan(tmp_path, modules(judged("test_a")))


@pytest.mark.skipif(not Path("/proc/self").exists(), reason="needs a folder where nobody may write")
def test_a_folder_that_cannot_be_written_is_named():
    with pytest.raises(LlmgenError, match=r"cannot be written.*\[output-not-writable\]"):
        write(Path("/proc/llmgen/out"), judged("test_a"))


def test_a_full_disk_changes_nothing(tmp_path):
    write(tmp_path, judged("test_a"))
    before = (tmp_path / NAME).read_text()
    planned = plan(tmp_path, [*modules(judged("test_b")), *modules(judged("test_c"), module="shop.tax")])
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (len(planned.files[tmp_path / NAME]) - 10, limits[1]))
    try:
        with pytest.raises(LlmgenError, match=r"no room.*\[disk-full\]"):
            apply(planned)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert (tmp_path / NAME).read_text() == before
    assert sorted(p.name for p in tmp_path.iterdir()) == ["__init__.py", "conftest.py", NAME]


def test_no_package_is_made_of_a_folder_with_tests_of_others(tmp_path):
    (tmp_path / "test_own.py").touch()
    write(tmp_path, judged("test_a"))
    assert sorted(p.name for p in tmp_path.iterdir()) == ["conftest.py", NAME, "test_own.py"]


@pytest.mark.parametrize(
    ("mode", "package"),
    [("prepend", False), ("append", False), ("importlib", False), ("prepend", True), ("append", True)],
)
def test_written_files_pass_under_plain_pytest_beside_the_projects_own(tmp_path, mode, package):
    _project(tmp_path, package=package)
    write(tmp_path / "tests" / "llmgen", judged("test_a"))
    write(tmp_path / "tests" / "llmgen", judged("test_a"), module="shop_cart")
    run = _pytest(tmp_path, f"--import-mode={mode}")
    assert "3 passed" in run.stdout, run.stdout + run.stderr


def test_generated_tests_can_be_left_out_by_their_marker(tmp_path):
    _project(tmp_path, package=False)
    write(tmp_path / "tests" / "llmgen", judged("test_a"))
    run = _pytest(tmp_path, "-m", "not llm_generated")
    assert "1 passed, 1 deselected" in run.stdout, run.stdout + run.stderr


def _pytest(folder, *options):
    """Plain pytest, without any plugin, strict in every way."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-W", "error", "--strict-markers",
               "--strict-config", *options]  # fmt: skip
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST", "COV"))}
    own = {"PYTHONPATH": str(folder), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=kept | own, capture_output=True, text=True, check=False)


def _project(root, *, package):
    (root / "shop").mkdir()
    (root / "shop" / "__init__.py").touch()
    (root / "shop" / "cart.py").write_text("def double(n):\n    return 2 * n\n")
    (root / "tests").mkdir()
    (root / "tests" / "conftest.py").write_text("import pytest\n")
    (root / "tests" / "test_cart.py").write_text(
        "from shop.cart import double\ndef test_a():\n    assert double(2) == 4\n"
    )
    (root / "pytest.ini").write_text("[pytest]\ntestpaths = tests\n")
    if package:
        (root / "tests" / "__init__.py").touch()


def test_a_test_that_says_something_else_than_when_it_was_written_is_a_persons_own(tmp_path):
    write(tmp_path, judged("test_a"), judged("test_b"))
    tests = {test.name: test.candidate for test in parse_back((tmp_path / NAME).read_text(), NAME)}
    known = {
        (NAME, name): ledger.Entry(NAME, name, "shop/cart.py::double", ledger.hash_of(candidate), "", ())
        for name, candidate in tests.items()
    }
    (tmp_path / ledger.NAME).write_text(ledger.text_of(ledger.Ledger(known)))
    text = (tmp_path / NAME).read_text()
    (tmp_path / NAME).write_text(text.replace("double(1) == 2", "double( 1 )==2  # hm"))
    assert [test.reviewed for test in existing_tests(tmp_path)] == [False, False]
    (tmp_path / NAME).write_text(text.replace("double(1) == 2", "double(4) == 8", 1))
    assert [test.reviewed for test in existing_tests(tmp_path)] == [True, False]
    other = {key: replace(entry, text="0" * 16) for key, entry in known.items()}
    (tmp_path / ledger.NAME).write_text(ledger.text_of(ledger.Ledger(other)))
    (tmp_path / NAME).write_text(text)  # as it was written, whatever the ledger says
    assert [test.reviewed for test in existing_tests(tmp_path)] == [False, False]


def test_nothing_is_written_again_where_nothing_comes_or_goes(tmp_path):
    write(tmp_path, judged("test_a"))
    planned = plan(
        tmp_path, [replace(modules(judged("test_a"))[0], provenance=Provenance("9.9", "model x", "shop.py"))]
    )
    assert planned.files == {}
    assert list(planned.texts.values()) == [(tmp_path / NAME).read_text()]
