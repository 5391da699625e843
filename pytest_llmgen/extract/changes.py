"""What changed since a commit: the base to compare with, and the lines that are new since then."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.layout import could_be_source, is_test_path
from pytest_llmgen.records import Module

Git = Callable[[Sequence[str]], tuple[int, str]]
"""Runs git in the project's root with these arguments: return code and standard output.

Output must come decoded as UTF-8 with ``surrogateescape``, its newlines as git wrote them.
"""

_DEEPEN = "fetch the whole history: fetch-depth: 0 (GitHub) or GIT_DEPTH: 0 (GitLab)"
_UNTRACKED = re.compile(r"^Submodule (.+?) contains untracked content$", re.MULTILINE)
_UNSEEN = re.compile(r"^Submodule (.+?) [0-9a-f]+\.\.\.?[0-9a-f]+ \((?:commits not present|not .*)\)", re.MULTILINE)
_BINARY = "\nBinary files "
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+(\d+)(?:,(\d+))? @@")
_ESCAPE = re.compile(rb"\\([0-7]{3}|.)", re.DOTALL)
_ESCAPED = {b"a": 7, b"b": 8, b"t": 9, b"n": 10, b"v": 11, b"f": 12, b"r": 13}


@dataclass(frozen=True, slots=True)
class Base:
    """The commit to compare with; without ``ref`` there is none, and nothing is wrong with that.

    ``problem`` says why a base that was asked for cannot be used, ``fix`` what to do.
    """

    ref: str | None = None
    commit: str | None = None  # the merge base
    problem: str | None = None
    fix: str | None = None
    note: str = ""  # why there is none, where that is not plain


@dataclass(frozen=True, slots=True)
class Changes:
    """New code since a base; paths are relative to the project's root."""

    lines: Mapping[str, frozenset[int]] = field(default_factory=dict)  # empty where lines only went away
    whole: frozenset[str] = frozenset()  # files of which every line is new: git does not know them, or not as code
    tests: frozenset[str] = frozenset()  # test files that were changed, added, renamed or removed
    earlier: Mapping[str, str] = field(default_factory=dict)  # path now -> path at the base, where it had one
    removed: frozenset[str] = frozenset()  # files that are gone
    unseen: tuple[str, ...] = ()  # submodules that could not be compared

    def new_lines(self, modules: Iterable[Module]) -> dict[str, frozenset[int]]:
        """Path -> new lines, for the modules that have some."""
        found = {}
        for module in modules:
            lines = self.lines.get(module.path, frozenset())
            if module.path in self.whole:
                lines = all_lines(module)
            if lines:
                found[module.path] = lines
        return found


def all_lines(module: Module) -> frozenset[int]:
    """The numbers of a module's lines."""
    return frozenset(range(1, module.source.count("\n") + 2))


@dataclass(frozen=True, slots=True)
class _FileDiff:
    old: str | None
    new: str | None
    lines: frozenset[int]


def find_base(git: Git, asked: str, env: Mapping[str, str]) -> Base:
    """The base: what was asked for, what the CI service says, else the remote's default branch.

    None of them (no git, no remote, or the default branch itself): an empty :class:`Base`.  A base that
    was asked for, by a person or by the CI service, and cannot be used: one with a problem.
    """
    ref = asked or _ref_of_service(env)
    code, inside = git(["rev-parse", "--is-inside-work-tree"])
    if code or inside.strip() != "true":
        return _no_repository(ref, code) if ref else Base(note=_NO_ANSWER.get(code, ""))
    if not ref:
        ref = _default_branch(git)
    return _merge_base(git, ref) if ref else Base()


_NO_GIT, _REFUSED = 127, 128
_NO_ANSWER = {_NO_GIT: "git is not installed", _REFUSED: "no git repository, or one that git does not trust"}


def _no_repository(ref: str, code: int) -> Base:
    if code == _NO_GIT:
        return Base(ref, problem=f"git is not installed, so that {ref} can't be found", fix="install git")
    fix = "run in a clone that git trusts (git config --global --add safe.directory PATH), or use --llm-all"
    return Base(ref, problem=f"no git repository to find the base {ref} in", fix=fix)


def _ref_of_service(env: Mapping[str, str]) -> str:
    branch = env.get("GITHUB_BASE_REF", "")
    return f"origin/{branch}" if branch else env.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")


def _default_branch(git: Git) -> str:
    """``origin/main``, say; nothing where there is none or where it is checked out."""
    default = _answer(git, "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD")
    branch = _answer(git, "symbolic-ref", "--quiet", "--short", "HEAD")
    commit = _commit(git, default) if default else ""
    is_checked_out = default == f"origin/{branch}" or (not branch and commit == _commit(git, "HEAD"))
    return default if commit and not is_checked_out else ""


def _merge_base(git: Git, ref: str) -> Base:
    commit = _commit(git, ref)
    is_shallow = _answer(git, "rev-parse", "--is-shallow-repository") == "true"
    if not commit:
        fix = _DEEPEN if is_shallow else "fetch it (git fetch origin), or name a branch or commit that is there"
        return Base(ref, problem=f"the base {ref} is not in this clone", fix=fix)
    found = _answer(git, "merge-base", commit, "HEAD")
    if found:
        return Base(ref, found)
    if is_shallow:
        return Base(ref, problem=f"this clone is too shallow to hold the merge base with {ref}", fix=_DEEPEN)
    return Base(ref, problem=f"no commit is common to HEAD and {ref}", fix="name a base that HEAD comes from")


def _commit(git: Git, ref: str) -> str:
    return _answer(git, "rev-parse", "--quiet", "--verify", f"{ref}^{{commit}}")


def _answer(git: Git, *arguments: str) -> str:
    code, output = git(arguments)
    return output.strip() if code == 0 else ""


def changed_lines(git: Git, base: Base, root_prefix: str = "", python_files: Sequence[str] = ()) -> Changes:
    """What is new in the working tree since the base; what lies outside of ``root_prefix`` is left out.

    ``root_prefix`` is the project's root in the repository: ``""``, or ``packages/shop/`` as
    ``git rev-parse --show-prefix`` prints it.  ``python_files`` are names of test files beside pytest's own.

    Raises:
        LlmgenError: git could not compare.
    """
    assert base.commit is not None, "only a base with a commit can be compared with"
    # The options stand against whatever the user's configuration of git and the project's .gitattributes say.
    looks = ("-U0", "--no-color", "--no-ext-diff", "--no-textconv", "-M", "--submodule=diff")
    options = (*looks, "--ignore-submodules=none", "--src-prefix=a/", "--dst-prefix=b/")
    diff = ("-c", "diff.relative=false", "diff", *options)
    text = _required(git, *diff, base.commit, "--")
    files = list(_parse(text))
    if _BINARY in text:  # code that .gitattributes calls binary
        files += _parse(_required(git, *diff, "--text", base.commit, "--", ":(top)*.py"))
    listed = _required(git, "ls-files", *_OTHERS, "--full-name")
    inside = _inside(root_prefix)
    untracked = {path for path in map(inside, listed.split("\0")) if path}
    for folder in {path for found in _UNTRACKED.finditer(text) if (path := inside(found[1]))}:
        others = _required(git, "-C", folder, "ls-files", *_OTHERS)
        untracked |= {f"{folder}/{name}" for name in others.split("\0") if name}
    unseen = {found[1] for found in _UNSEEN.finditer(text)}
    return replace(_changes(files, untracked, root_prefix, python_files), unseen=tuple(sorted(unseen)))


_OTHERS = ("--others", "--exclude-standard", "-z")


def _changes(files: Sequence[_FileDiff], untracked: set[str], root_prefix: str, python_files: Sequence[str]) -> Changes:
    inside = _inside(root_prefix)
    lines = {path: file.lines for file in files if (path := inside(file.new))}
    touched = {path for file in files for name in (file.old, file.new) if (path := inside(name))}
    tests = {path for path in touched | untracked if path.endswith(".py") and is_test_path(path, (), python_files)}
    pairs = [(inside(file.new), inside(file.old)) for file in files]
    earlier = {new: old for new, old in pairs if new and old}
    removed = frozenset(old for new, old in pairs if old and not new)
    # What was no source before is new code, though git calls it a renamed file.
    arrived = {new for new, old in earlier.items() if new != old and could_be_source(new) > could_be_source(old)}
    return Changes(lines, frozenset(untracked | arrived), frozenset(tests), earlier, removed)


def _inside(prefix: str) -> Callable[[str | None], str | None]:
    return lambda path: path.removeprefix(prefix) if path and path.startswith(prefix) else None


def _required(git: Git, *arguments: str) -> str:
    code, output = git(arguments)
    if code != 0:
        raise LlmgenError(
            f"git could not compare (it ended with {code})",
            fix=f"see what it says: git {' '.join(arguments)}",
            slug="git-failed",
        )
    return output


def parse_diff(text: str) -> dict[str, frozenset[int]]:
    """Path -> lines added or changed in the new version, from ``git diff -U0``.

    A file that only lost lines or its name has none; removed and binary files are not in it.
    """
    return {file.new: file.lines for file in _parse(text) if file.new is not None}


def _parse(text: str) -> Iterator[_FileDiff]:
    """One record for each file; the text of hunks is skipped by count, whatever it looks like."""
    rows = iter(text.split("\n"))
    old = new = None
    lines: set[int] = set()
    is_open = False
    for row in rows:
        if row.startswith("diff --git "):
            if is_open:
                yield _FileDiff(old, new, frozenset(lines))
            old, new, lines, is_open = None, None, set(), True
        elif row.startswith(("--- ", "rename from ")):
            old = _path(row, "--- ", "a/", "rename from ")
        elif row.startswith(("+++ ", "rename to ")):
            new = _path(row, "+++ ", "b/", "rename to ")
        elif hunk := _HUNK.match(row):
            removed, start, added = int(hunk[1] or 1), int(hunk[2]), int(hunk[3] or 1)
            lines.update(range(start, start + added))
            _skip(rows, removed + added)
    if is_open:
        yield _FileDiff(old, new, frozenset(lines))


def _skip(rows: Iterator[str], count: int) -> None:
    while count > 0:
        row = next(rows, None)
        if row is None:
            return
        count -= not row.startswith("\\")  # "\ No newline at end of file" is no line


def _path(row: str, marker: str, prefix: str, rename: str) -> str | None:
    name = row.removeprefix(marker).removeprefix(rename).removesuffix("\t")
    if name == "/dev/null":
        return None
    name = _unquoted(name)
    return name.removeprefix(prefix) if row.startswith(marker) else name


def _unquoted(name: str) -> str:
    r"""A path as it is: git writes ``"b/caf\303\251.py"`` for what is not plain ASCII."""
    if not (name.startswith('"') and name.endswith('"')):
        return name
    raw = _ESCAPE.sub(_unescaped, name[1:-1].encode("utf-8", "surrogateescape"))
    return raw.decode("utf-8", "surrogateescape")


def _unescaped(match: re.Match[bytes]) -> bytes:
    escape = match[1]
    if len(escape) == 3:  # noqa: PLR2004 (three octal digits)
        return bytes([int(escape, 8) & 0xFF])
    return bytes([_ESCAPED[escape]]) if escape in _ESCAPED else escape
