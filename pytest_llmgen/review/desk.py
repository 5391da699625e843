"""What a run needs of the review: the files as one book, the project's places, pragmas that a change adds."""

from __future__ import annotations

import io
import re
import tokenize
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

from pytest_llmgen.records import Module, Suppression
from pytest_llmgen.review import baseline, file
from pytest_llmgen.review.anchors import MODULE_LEVEL
from pytest_llmgen.review.book import Book
from pytest_llmgen.settings import Settings

_PRAGMA = re.compile(r"#\s*pragma:?\s*no\s*(cover|branch|mutate)", re.IGNORECASE)


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


def pragmas_added(modules: Iterable[Module], lines: Mapping[str, frozenset[int]] | None) -> tuple[Suppression, ...]:
    """Pragmas on new lines; none where no change is judged."""
    return tuple(
        found
        for module in modules
        for found in _pragmas(module)
        if found.line in (lines or {}).get(module.path, frozenset())
    )


def _pragmas(module: Module) -> Iterator[Suppression]:
    if not _PRAGMA.search(module.source):
        return
    try:
        for token in tokenize.generate_tokens(io.StringIO(module.source).readline):
            if token.type == tokenize.COMMENT and _PRAGMA.search(token.string):
                yield Suppression(module.path, token.start[0], token.line.strip())
    except (SyntaxError, tokenize.TokenError):
        return
