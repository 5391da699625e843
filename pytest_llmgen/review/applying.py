"""A surviving mutant put into its source file, so that a person can try things on it: the one writer of sources."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.mutate.edits import mutated_source
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.review.anchors import MUTANTS, anchor_of_mutant, change_of
from pytest_llmgen.review.cases import Case
from pytest_llmgen.review.storage import replace_text


def apply(root: Path, case: Case, ask_git: Callable[[Sequence[str]], tuple[int, str]]) -> str:
    """Write the mutated source; returns how to undo it.

    Raises:
        LlmgenError: it is no mutant (``not-a-mutant``), the file has changes that are not committed or is not under
            git (``file-dirty``), or the mutant is not in it any more (``report-too-old``).
    """
    if case.anchor is None or case.anchor.kind not in MUTANTS:
        raise LlmgenError(f"{case.id} is no mutant", fix="--llm-show=ID shows it", slug="not-a-mutant")
    code, changes = ask_git(["status", "--porcelain", "--", case.path])
    tracked, _ = ask_git(["ls-files", "--error-unmatch", "--", case.path])
    if code or tracked or changes.strip():
        what = "has changes that are not committed" if not code and not tracked else "is not under git"
        fix = "commit or stash first: a mutant must be easy to undo"
        raise LlmgenError(f"{case.path} {what}", fix=fix, slug="file-dirty")
    with (root / case.path).open(encoding="utf-8", newline="") as file:
        source = file.read()
    module = parse_module(case.path, case.path.removesuffix(".py").replace("/", "."), ".", source)
    wanted = (case.anchor.qualname, change_of(case.anchor)[1:])
    for mutant in mutants_of(module):
        if (mutant.qualname, change_of(anchor_of_mutant(mutant))[1:]) == wanted:
            replace_text(root / case.path, mutated_source(source, mutant))
            return f"git checkout -- {case.path}"
    fix = "run pytest --llm-check again"
    raise LlmgenError(f"{case.id}: {case.path} has no such mutant any more", fix=fix, slug="report-too-old")
