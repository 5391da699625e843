"""What a run needs of the review: the files as one book, the project's places."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.extract.targets import parse, parse_module
from pytest_llmgen.records import Module
from pytest_llmgen.review import baseline, file
from pytest_llmgen.review.anchors import MODULE_LEVEL
from pytest_llmgen.review.book import Book
from pytest_llmgen.review.fingerprint import context_of
from pytest_llmgen.settings import Settings


def read_book(settings: Settings) -> Book:
    """The review file and the baseline file."""
    review, old = settings.root / settings.review_file, settings.root / settings.baseline_file
    contents = file.read(review, settings.review_file, bots=settings.review_bots)
    gaps, faults = baseline.read(old, settings.baseline_file)
    return Book(
        decisions=contents.decisions,
        invalid=(*contents.invalid, *faults),
        baseline=gaps,
        ratchet=contents.ratchet or {},
        path=settings.review_file if review.exists() else "",
        baseline_path=settings.baseline_file if old.exists() else "",
    )


def said_of(book: Book) -> str:
    """How many decisions there are, for the header of a run."""
    if not book.path:
        return ""
    number = len(book.decisions)
    return f", {Path(book.path).name} has {number} decision{'' if number == 1 else 's'}"


def digests_of(modules: Iterable[Module]) -> dict[str, str]:
    """Path -> hash of the module's code, without its formatting, comments and docstrings."""
    found = {}
    for module in modules:
        with suppress(SyntaxError, RecursionError, MemoryError):
            found[module.path] = context_of(parse(module.source))
    return found


def functions_of(modules: Iterable[Module]) -> frozenset[str]:
    """Keys of all functions of the modules, also of those that ``--llm-target`` leaves out."""
    whole = (parse_module(module.path, module.name, module.import_root, module.source) for module in modules)
    return frozenset(target.key for module in whole for target in module.targets)


def places_of(modules: Iterable[Module]) -> frozenset[str]:
    """Every ``path::qualname`` of the modules, their code outside of functions too."""
    return frozenset(
        f"{module.path}::{name}"
        for module in modules
        for name in (MODULE_LEVEL, *(target.qualname for target in module.targets))
    )
