from __future__ import annotations

import os
from pathlib import Path

import pytest
from repositories import Repository

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.changes import Base, changed_lines, find_base, parse_diff
from pytest_llmgen.extract.targets import parse_module

TEN = "".join(f"line {n}\n" for n in range(1, 11))


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "work")
    made.run("init", "-q", "-b", "main")
    made.write("a.py", TEN)
    made.commit()
    return made


@pytest.fixture
def origin(repository: Repository) -> Repository:
    """A clone of the repository on a branch of its own, one commit ahead."""
    clone = Repository(repository.folder.parent / "clone")
    clone.run("clone", "-q", str(repository.folder), ".")
    clone.run("checkout", "-q", "-b", "feature")
    clone.write("a.py", TEN + "more\n")
    clone.commit()
    return clone


def changes_of(repository: Repository, prefix: str = ""):
    base = find_base(repository, "main", {})
    assert base.problem is None
    return changed_lines(repository, base, prefix)


def test_changed_and_added_lines_are_those_of_the_new_version(repository: Repository) -> None:
    repository.write("a.py", "line 0\n" + TEN.replace("line 5\n", "five\nfive more\n"))
    repository.write("b/new.py", "one\ntwo\n")
    repository.run("add", "-A")
    assert changes_of(repository).lines == {"a.py": frozenset({1, 6, 7}), "b/new.py": frozenset({1, 2})}


def test_lines_that_went_away_leave_their_file_without_new_lines(repository: Repository) -> None:
    repository.write("a.py", TEN.replace("line 5\n", ""))
    assert changes_of(repository).lines == {"a.py": frozenset()}


def test_renames_are_followed_and_removed_files_left_out(repository: Repository) -> None:
    repository.write("gone.py", "x = 1\n")
    repository.write("moved.py", TEN * 2)
    repository.commit()
    repository.run("checkout", "-q", "-b", "feature")
    repository.run("rm", "-q", "gone.py")
    repository.run("mv", "a.py", "c d.py")
    repository.run("mv", "moved.py", "sub.py")
    repository.write("c d.py", TEN.replace("line 10", "ten"))
    repository.commit()
    assert changes_of(repository).lines == {"c d.py": frozenset({10}), "sub.py": frozenset()}


@pytest.mark.parametrize(
    "name", ["caf\u00e9.py", 'quo"te.py', "tab\there.py", "back\\slash.py", "sp ace.py", "new\nline.py"]
)
@pytest.mark.parametrize("quote", ["true", "false"])
def test_paths_are_read_however_git_quotes_them(repository: Repository, name: str, quote: str) -> None:
    repository.run("config", "core.quotePath", quote)
    repository.write(name, "x = 1\n")
    repository.run("add", "-A")
    assert changes_of(repository).lines == {name: frozenset({1})}


def test_paths_that_are_no_utf_8_keep_their_bytes(repository: Repository) -> None:
    name = os.fsdecode(b"caf\xe9.py")
    (repository.folder / name).write_text("x = 1\n")
    repository.run("add", "-A")
    assert changes_of(repository).lines == {name: frozenset({1})}


def test_contents_that_look_like_a_diff_are_contents(repository: Repository) -> None:
    repository.write("a.py", TEN + "++ b/x.py\n-- a/x.py\n@@ -1 +1,9 @@\ndiff --git a/y b/y\n")
    assert changes_of(repository).lines == {"a.py": frozenset({11, 12, 13, 14})}
    repository.commit()
    repository.run("checkout", "-q", "-b", "feature")
    repository.write("a.py", TEN + "end\n")
    assert changes_of(repository).lines == {"a.py": frozenset({11})}


def test_other_line_ends_and_a_missing_last_one_do_not_shift_lines(repository: Repository) -> None:
    repository.write("a.py", (TEN + "last").replace("\n", "\r\n").replace("line 3", "li\rne\x0c 3"))
    repository.write("z.py", "one\ntwo")
    repository.run("add", "-A")
    lines = changes_of(repository).lines
    assert lines == {"a.py": frozenset(range(1, 12)), "z.py": frozenset({1, 2})}


def test_binary_empty_and_mode_changes_are_passed_over(repository: Repository) -> None:
    repository.write("image.bin", bytes(range(256)))
    repository.write("empty.py", "")
    (repository.folder / "a.py").chmod(0o755)
    repository.write("z.py", "x\n")
    repository.run("add", "-A")
    assert changes_of(repository).lines == {"z.py": frozenset({1})}


def test_untracked_files_are_new_as_a_whole_and_ignored_ones_are_not(repository: Repository) -> None:
    repository.write(".gitignore", "ignored.py\n")
    repository.commit()
    repository.write("ignored.py", "x = 1\n")
    repository.write("pkg/new.py", "def f():\n    return 1\n")
    changes = changes_of(repository)
    assert changes.whole == {"pkg/new.py"}
    new = parse_module("pkg/new.py", "pkg.new", ".", "def f():\n    return 1\n")
    old = parse_module("a.py", "a", ".", "x = 1\n")
    assert {1, 2} <= changes.new_lines([new, old])["pkg/new.py"]
    assert list(changes.new_lines([new, old])) == ["pkg/new.py"]


def test_changed_removed_and_new_tests_are_named(repository: Repository) -> None:
    for name in ("tests/test_a.py", "tests/test_b.py", "tests/test_c.py", "tests/test_same.py"):
        repository.write(name, f"# {name}\n" + TEN)
    repository.commit()
    repository.run("checkout", "-q", "-b", "feature")
    repository.write("tests/test_a.py", TEN)
    repository.run("rm", "-q", "tests/test_b.py")
    repository.run("mv", "tests/test_c.py", "tests/test_d.py")
    repository.commit()
    repository.write("tests/test_new.py", "x = 1\n")
    names = {f"tests/test_{name}.py" for name in ("a", "b", "c", "d", "new")}
    assert changes_of(repository).tests == names


def test_paths_are_relative_to_the_root_below_the_repository(repository: Repository) -> None:
    repository.write("packages/shop/x.py", "x = 1\n")
    repository.run("add", "-A")
    repository.write("packages/shop/y.py", "x = 1\n")
    repository.write("packages/other.py", "x = 1\n")
    repository.write("a.py", "x\n")
    inside = Repository(repository.folder / "packages/shop")
    prefix = inside.run("rev-parse", "--show-prefix")
    changes = changes_of(inside, prefix)
    assert changes.lines == {"x.py": frozenset({1})}
    assert changes.whole == {"y.py"}


def test_the_users_configuration_of_git_does_not_matter(repository: Repository) -> None:
    for key, value in {
        "diff.noprefix": "true",
        "diff.mnemonicPrefix": "true",
        "color.ui": "always",
        "diff.external": "false",
        "diff.renames": "false",
        "diff.relative": "true",
    }.items():
        repository.run("config", key, value)
    repository.run("mv", "a.py", "b.py")
    repository.write("b.py", TEN + "more\n")
    repository.run("add", "-A")
    assert changes_of(repository).lines == {"b.py": frozenset({11})}


def test_uncommitted_and_committed_changes_both_count(origin: Repository) -> None:
    origin.write("a.py", "first\n" + TEN + "more\n")
    base = find_base(origin, "", {})
    assert changed_lines(origin, base).lines == {"a.py": frozenset({1, 12})}


def test_a_comparison_that_fails_is_an_error(repository: Repository) -> None:
    with pytest.raises(LlmgenError) as caught:
        changed_lines(repository, Base("x", "0" * 40))
    assert caught.value.slug == "git-failed"


def test_the_base_is_the_default_branch_of_the_remote(origin: Repository) -> None:
    base = find_base(origin, "", {})
    assert base == Base("origin/main", origin.run("rev-parse", "main"))


def test_the_merge_base_is_taken_not_the_tip(repository: Repository, origin: Repository) -> None:
    repository.write("other.py", "x = 1\n")
    repository.commit()
    origin.run("fetch", "-q")
    assert find_base(origin, "", {}).commit == origin.run("rev-parse", "main")


def test_what_was_asked_for_comes_before_the_service_and_that_before_the_remote(origin: Repository) -> None:
    head, main = origin.run("rev-parse", "HEAD"), origin.run("rev-parse", "main")
    service = {"GITHUB_BASE_REF": "main", "CI_MERGE_REQUEST_DIFF_BASE_SHA": head}
    assert find_base(origin, "HEAD", service) == Base("HEAD", head)
    assert find_base(origin, "", service) == Base("origin/main", main)
    assert find_base(origin, "", {**service, "GITHUB_BASE_REF": ""}) == Base(head, head)


def test_on_the_default_branch_there_is_no_base(origin: Repository) -> None:
    origin.run("checkout", "-q", "main")
    assert find_base(origin, "", {}) == Base()
    origin.run("checkout", "-q", "--detach")
    assert find_base(origin, "", {}) == Base()


def test_without_git_or_remote_there_is_no_base_and_no_problem(tmp_path: Path, repository: Repository) -> None:
    assert find_base(lambda _: (127, ""), "", {}) == Base(note="git is not installed")
    none = Base(note="no git repository, or one that git does not trust")
    assert find_base(Repository(tmp_path / "plain"), "", {}) == none
    assert find_base(repository, "", {}) == Base()


def test_a_default_branch_that_was_pruned_is_no_base(origin: Repository) -> None:
    origin.run("update-ref", "-d", "refs/remotes/origin/main")
    assert find_base(origin, "", {}) == Base()


@pytest.mark.parametrize("asked", ["nowhere", "--output=stolen", "HEAD~99"])
def test_a_base_that_is_not_there_is_a_problem_with_a_fix(repository: Repository, asked: str) -> None:
    base = find_base(repository, asked, {})
    assert base.commit is None
    assert base.problem == f"the base {asked} is not in this clone"
    assert base.fix is not None
    assert "git fetch" in base.fix
    assert not (repository.folder / "stolen").exists()


@pytest.mark.parametrize(("asked", "env"), [("origin/main", {}), ("", {"GITHUB_BASE_REF": "main"})])
def test_a_base_asked_for_without_a_repository_is_a_problem(tmp_path: Path, asked: str, env: dict[str, str]) -> None:
    base = find_base(Repository(tmp_path / "plain"), asked, env)
    assert base.problem == "no git repository to find the base origin/main in"
    assert base.fix is not None
    assert "safe.directory" in base.fix


def test_a_base_without_common_history_is_a_problem(repository: Repository) -> None:
    repository.run("checkout", "-q", "--orphan", "island")
    repository.write("island.py", "x = 1\n")
    repository.commit()
    base = find_base(repository, "main", {})
    assert base.problem == "no commit is common to HEAD and main"


def test_a_shallow_clone_is_told_how_to_fetch_more(origin: Repository, tmp_path: Path) -> None:
    shallow = Repository(tmp_path / "shallow")
    shallow.run("clone", "-q", "--depth=1", "--no-single-branch", "-b", "feature", f"file://{origin.folder}", ".")
    for asked, env in (("", {"GITHUB_BASE_REF": "main"}), ("nowhere", {})):
        base = find_base(shallow, asked, env)
        assert base.commit is None
        assert base.fix is not None
        assert "fetch-depth: 0" in base.fix
        assert "GIT_DEPTH: 0" in base.fix
    assert find_base(shallow, "origin/main", {}).problem == (
        "this clone is too shallow to hold the merge base with origin/main"
    )


def test_a_diff_that_is_cut_off_or_empty_is_read_as_far_as_it_goes() -> None:
    assert parse_diff("") == {}
    assert parse_diff("diff --git a/x b/x\n--- a/x\n+++ b/x\n@@ -0,0 +1,2 @@\n+one") == {"x": frozenset({1, 2})}


def test_replaced_lines_that_look_like_headers_are_skipped_by_count() -> None:
    head = "diff --git a/x b/x\n--- a/x\n+++ b/x\n"
    assert parse_diff(head + "@@ -3 +3 @@\n-old\n+++ b/evil\n") == {"x": frozenset({3})}
    rows = "@@ -3 +3 @@\n-old\n\\ No newline at end of file\n+++ b/evil\n\\ No newline at end of file\n"
    assert parse_diff(head + rows) == {"x": frozenset({3})}


def test_code_that_gitattributes_calls_binary_is_compared(repository: Repository) -> None:
    repository.write(".gitattributes", "*.py -diff\n")
    repository.commit()
    repository.run("checkout", "-q", "-b", "feature")
    repository.write("a.py", TEN.replace("line 5\n", "five\n"))
    repository.write("tests/test_a.py", "one\n")
    repository.run("add", "-A")
    changes = changes_of(repository)
    assert changes.lines == {"a.py": frozenset({5}), "tests/test_a.py": frozenset({1})}
    assert changes.tests == {"tests/test_a.py"}


def test_code_that_comes_from_where_nobody_looked_is_new_as_a_whole(repository: Repository) -> None:
    repository.write("examples/shown.py", TEN)
    repository.write("notes.txt", TEN.replace("line", "row"))
    repository.commit()
    repository.run("checkout", "-q", "-b", "feature")
    repository.run("mv", "examples/shown.py", "shown.py")
    repository.run("mv", "notes.txt", "rows.py")
    repository.run("mv", "a.py", "b.py")
    assert changes_of(repository).whole == {"shown.py", "rows.py"}
