"""``llmgen-baseline.json``: old debt, by identity; one entry a line, so that merges need no person.

Every entry ends with a comma and the list with ``null``: a union merge of two branches is JSON again.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pytest_llmgen.records import Gap, InvalidEntry
from pytest_llmgen.review.anchors import LETTERS, anchor_of_gap, long_id_of
from pytest_llmgen.review.book import OldGap
from pytest_llmgen.review.storage import replace_text

MERGE_LINE = "{name} merge=union"
_FIELDS = ("id", "path", "qualname", "context", "statement")


def read(path: Path, shown: str) -> tuple[tuple[OldGap, ...], tuple[InvalidEntry, ...]]:
    """The old gaps, and what is wrong in the file; one that is not there holds none."""
    try:
        text = path.read_text("utf-8")
    except FileNotFoundError:
        return (), ()
    except (OSError, UnicodeDecodeError) as error:
        return (), (InvalidEntry(shown, 1, f"it can't be read: {error}"),)
    try:
        gaps = [_old_gap(entry) for entry in json.loads(text)["gaps"] if entry is not None]
    except json.JSONDecodeError as error:
        return (), (InvalidEntry(shown, error.lineno, f"not JSON: {error.msg}"),)
    except (KeyError, TypeError, ValueError) as error:
        return (), (InvalidEntry(shown, 1, f"not a baseline: {error!r}"),)
    return tuple(dict.fromkeys(gaps)), ()


def old_gaps(gaps: Iterable[Gap]) -> tuple[OldGap, ...]:
    """The entries for gaps of a report."""
    entries = (OldGap(long_id_of(anchor_of_gap(g)), g.path, g.qualname, g.context, g.statement) for g in gaps)
    return tuple(dict.fromkeys(entries))


def write(path: Path, entries: Iterable[OldGap]) -> None:
    """Write the file, sorted by path and id."""
    ordered = sorted(entries, key=lambda entry: (entry.path, entry.id, entry.context))
    lines = [json.dumps({name: getattr(entry, name) for name in _FIELDS}) for entry in ordered]
    replace_text(path, '{"version": 1, "gaps": [\n' + "".join(f"{line},\n" for line in lines) + "null]}\n")


def _old_gap(entry: dict[str, str]) -> OldGap:
    gap = OldGap(*(str(entry.get(name, "") if name == "statement" else entry[name]) for name in _FIELDS))
    if gap.id[:1] not in LETTERS.values():
        raise ValueError(gap.id)
    return gap
