"""What a run needs of the review: the files as one book, the project's places."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from pytest_llmgen.records import Module
from pytest_llmgen.review import baseline, file
from pytest_llmgen.review.anchors import MODULE_LEVEL
from pytest_llmgen.review.book import Book
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


def places_of(modules: Iterable[Module]) -> frozenset[str]:
    """Every ``path::qualname`` of the modules, their code outside of functions too."""
    return frozenset(
        f"{module.path}::{name}"
        for module in modules
        for name in (MODULE_LEVEL, *(target.qualname for target in module.targets))
    )
