"""The scope of a check, from real repositories."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest
from repositories import Repository

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.scope import Scope, find_scope
from pytest_llmgen.settings import defaults

SHOP = 'def total(n):\n    """Sum."""\n    return n + 1\n\n\ndef tax(n):\n    return n * 2\n'
TESTS = "from shop import tax, total\n\ndef test_total(): assert total(1) == 2\n\ndef test_tax(): assert tax(1) == 2\n"


@pytest.fixture
def shop(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    made.run("init", "-q", "-b", "main")
    made.write("shop.py", SHOP)
    made.write("tests/test_shop.py", TESTS)
    made.write("README.md", "Shop\n")
    made.commit()
    made.run("checkout", "-q", "-b", "feature")
    return made


def scope_of(shop: Repository, diff: str = "main", env: Mapping[str, str] | None = None, **options: object) -> Scope:
    def read(path: str) -> str | None:
        file = shop.folder / path
        return file.read_bytes().decode() if file.exists() else None

    modules = tuple(
        parse_module(file.relative_to(shop.folder).as_posix(), file.stem, ".", file.read_text())
        for file in sorted(shop.folder.rglob("*.py"))
        if not {"tests", "examples"} & set(file.parts)
    )
    return find_scope(shop, defaults(shop.folder, check=True, diff=diff, **options), modules, env or {}, read)


def names(scope: Scope) -> list[str]:
    return [target.qualname for target in scope.targets()]


@pytest.mark.parametrize(
    ("path", "text", "words"),
    [
        ("README.md", "More\n", "no Python code changed"),
        ("shop.py", SHOP.replace("Sum.", "The sum."), "only comments, docstrings or layout changed"),
        ("shop.py", "# Shop.\n" + SHOP.replace("+ 1", "+ 1  # one"), "only comments, docstrings or layout changed"),
        ("shop.py", SHOP.replace("\n", "\r\n"), "only comments, docstrings or layout changed"),
        ("shop.py", SHOP.partition("\n\n\n")[0] + "\n", "lines were only removed, or moved with their file,"),
        ("tests/test_new.py", "def test_new(): pass\n", "only tests were added"),
        ("tests/test_shop.py", TESTS + "# note\n", "no code of tests changed"),
    ],
)
def test_nothing_to_test_is_decided_by_the_diff_and_said_in_words(shop, path, text, words):
    shop.write(path, text)
    scope = scope_of(shop)
    assert scope.problem is None
    assert scope.nothing_to_test is not None
    assert scope.nothing_to_test.startswith(f"{words} since main@")
    assert scope.modules == ()


def test_comments_beside_code_do_not_come_into_scope(shop):
    shop.write("shop.py", "# Shop.\n" + SHOP.replace("n * 2", "n * 3"))
    scope = scope_of(shop)
    assert scope.lines == {"shop.py": frozenset({8})}
    assert names(scope) == ["tax"]


def test_a_changed_test_brings_what_it_covers_and_covered(shop):
    shop.write("tests/test_shop.py", TESTS.replace("total(1) == 2", "total(1)"))
    scope = scope_of(shop)
    assert scope.tests.nodes == {"tests/test_shop.py::test_total"}
    assert names(scope) == ["total"]
    assert "what 1 changed or removed test covered" in scope.text
    wide = scope.widened({"shop.py": {7: ("tests/test_shop.py::test_total[x]",)}})
    assert wide == {"shop.py": frozenset({1, 2, 3, 6, 7})}


def test_a_removed_test_brings_what_it_named(shop):
    shop.write("tests/test_shop.py", TESTS.replace("\ndef test_tax(): assert tax(1) == 2\n", ""))
    assert names(scope_of(shop)) == ["tax"]
    shop.run("rm", "-q", "-f", "tests/test_shop.py")
    assert names(scope_of(shop)) == ["total", "tax"]


def test_a_removed_test_that_names_nothing_brings_everything(shop):
    shop.run("checkout", "-q", "main")
    shop.write("tests/test_cli.py", "def test_cli(): run('shop')\n")
    shop.commit()
    shop.run("checkout", "-q", "-b", "other")
    shop.run("rm", "-q", "tests/test_cli.py")
    scope = scope_of(shop)
    assert (scope.kind, scope.lines) == ("all", None)
    assert "tests were removed" in scope.text


def test_a_renamed_file_brings_only_what_is_new_in_it(shop):
    shop.run("mv", "shop.py", "store.py")
    assert scope_of(shop).nothing_to_test is not None
    shop.write("store.py", SHOP.replace("n * 2", "n * 3"))
    assert names(scope_of(shop)) == ["tax"]


def test_a_pragma_that_the_diff_adds_is_something_to_judge_though_the_code_is_the_same(shop):
    shop.write("shop.py", SHOP.replace("n * 2", "n * 2  # pragma: no mutate"))
    scope = scope_of(shop)
    assert [(each.path, each.line) for each in scope.pragmas] == [("shop.py", 7)]
    assert scope.nothing_to_test is None
    assert scope.lines == {"shop.py": frozenset({7})}
    assert names(scope) == ["tax"]


def test_staged_unstaged_and_untracked_changes_all_count(shop):
    shop.write("shop.py", SHOP.replace("n * 2", "n * 3"))
    shop.run("add", "-A")
    shop.write("shop.py", SHOP.replace("n * 2", "n * 3").replace("n + 1", "n + 2"))
    shop.write("fresh.py", "def fresh():\n    return 1\n")
    assert names(scope_of(shop)) == ["fresh", "total", "tax"]


def test_a_merge_of_the_base_brings_none_of_its_changes(shop):
    shop.write("shop.py", SHOP.replace("n * 2", "n * 3"))
    shop.commit()
    shop.run("checkout", "-q", "main")
    shop.write("other.py", "def other():\n    return 1\n")
    shop.commit()
    shop.run("checkout", "-q", "feature")
    shop.run("merge", "-q", "--no-edit", "main")
    assert names(scope_of(shop)) == ["tax"]


def test_a_worktree_and_a_detached_head_compare_as_well(shop, tmp_path):
    shop.write("shop.py", SHOP.replace("n * 2", "n * 3"))
    shop.commit()
    shop.run("worktree", "add", "-q", "--detach", str(tmp_path / "tree"), "feature")
    assert names(scope_of(Repository(tmp_path / "tree"))) == ["tax"]


def test_a_changed_submodule_brings_its_changed_lines(shop, tmp_path):
    part = Repository(tmp_path / "part")
    part.run("init", "-q", "-b", "main")
    part.write("part.py", "def one():\n    return 1\n\n\ndef two():\n    return 2\n")
    part.commit()
    shop.run("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part.folder), "vendored")
    shop.commit()
    shop.run("branch", "-f", "main")
    inside = Repository(shop.folder / "vendored")
    inside.write("part.py", "def one():\n    return 1\n\n\ndef two():\n    return 3\n")
    assert names(scope_of(shop)) == ["two"]
    inside.commit()
    assert names(scope_of(shop)) == ["two"]
    shop.commit()
    assert names(scope_of(shop)) == ["two"]


def test_a_submodule_that_is_not_there_is_a_problem(shop):
    for commit in ("a" * 40, "b" * 40):
        shop.run("update-index", "--add", "--cacheinfo", f"160000,{commit},vendored")
        shop.run("commit", "-q", "-m", "pointer")
        if commit.startswith("a"):
            shop.run("branch", "-f", "main")
    (shop.folder / "vendored").mkdir()
    scope = scope_of(shop)
    assert scope.problem is not None
    assert "vendored" in scope.problem


@pytest.mark.parametrize(
    ("code", "why"),
    [(127, "git is not installed"), (128, "no git repository, or one that git does not trust"), (0, "")],
)
def test_without_git_everything_is_in_scope_and_the_reason_is_named(shop, code, why):
    scope = find_scope(lambda _: (code, ""), defaults(shop.folder, check=True), (), {})
    assert scope.problem is None
    assert scope.text == f"everything (no base commit to compare with{', ' + why if why else ''})"


def test_a_base_asked_for_without_git_is_a_problem(shop):
    scope = find_scope(lambda _: (127, ""), defaults(shop.folder, check=True, diff="main"), (), {})
    assert scope.problem == "git is not installed, so that main can't be found; install git"


def test_a_comparison_that_fails_is_a_problem_and_no_crash(shop):
    def broken(arguments):
        return (124, "") if "diff" in arguments else shop(arguments)

    scope = find_scope(broken, defaults(shop.folder, check=True, diff="main"), (), {})
    assert scope.problem is not None
    assert "[git-failed]" in scope.problem


def test_on_the_default_branch_everything_is_in_scope(shop, tmp_path):
    clone = Repository(tmp_path / "clone")
    shop.run("checkout", "-q", "main")
    clone.run("clone", "-q", str(shop.folder), ".")
    assert scope_of(clone, diff="").kind == "all"
    clone.run("checkout", "-q", "-b", "work")
    clone.write("shop.py", SHOP.replace("n * 2", "n * 3"))
    assert names(scope_of(clone, diff="")) == ["tax"]


NEW = "\n\ndef extra(n):\n    return n - 1\n"


def test_lines_that_end_in_a_carriage_return_alone_are_counted_as_python_counts_them(shop):
    old = "# one\r# two\r# three\n" + SHOP
    shop.write("shop.py", old)
    shop.commit()
    shop.write("shop.py", old + NEW)
    scope = scope_of(shop, "HEAD")
    assert scope.lines == {"shop.py": frozenset({13, 14})}
    assert names(scope) == ["extra"]


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_an_edit_that_git_was_told_not_to_see_is_seen(shop, flag):
    shop.run("update-index", flag, "shop.py")
    shop.write("shop.py", SHOP + NEW)
    assert shop.run("diff", "main") == ""
    assert names(scope_of(shop)) == ["extra"]


def test_a_repository_inside_of_this_one_is_new_as_a_whole(shop):
    inner = Repository(shop.folder / "lib")
    inner.run("init", "-q")
    inner.write("inner.py", NEW)
    inner.commit()
    assert names(scope_of(shop)) == ["extra"]


def test_changed_code_that_is_left_out_of_the_scope_is_named(shop):
    shop.write("examples/shown.py", NEW)
    scope = scope_of(shop)
    assert scope.nothing_to_test is not None
    assert scope.nothing_to_test.startswith("no Python code in scope changed (left out: examples/shown.py) since main@")


def test_a_submodule_hides_neither_new_files_nor_code_that_it_calls_binary(shop, tmp_path):
    part = Repository(tmp_path / "part")
    part.run("init", "-q", "-b", "main")
    part.write("part.py", "def one():\n    return 1\n")
    part.write(".gitattributes", "*.py -diff\n")
    part.commit()
    shop.run("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(part.folder), "vendored")
    shop.run("config", "-f", ".gitmodules", "submodule.vendored.ignore", "all")
    shop.commit()
    shop.run("branch", "-f", "main")
    inside = Repository(shop.folder / "vendored")
    inside.write("part.py", "def one():\n    return 2\n")
    inside.write("more.py", NEW)
    assert names(scope_of(shop)) == ["extra", "one"]
    inside.commit()
    assert names(scope_of(shop)) == ["extra", "one"]
