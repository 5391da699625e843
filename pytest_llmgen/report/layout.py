"""Lines for a terminal of any width: ASCII only, nothing wider than the terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pytest_llmgen.records import Ratio


class Style(StrEnum):
    """What a line is, so that its writer may choose a separator or a colour."""

    SECTION = "section"  # a title to be written between =
    PART = "part"  # a title to be written between -
    RULE = "rule"  # a line of -
    PLAIN = "plain"
    GOOD = "good"
    BAD = "bad"
    WARN = "warn"
    ADDED = "added"
    REMOVED = "removed"


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the report; titles of sections are without their separators."""

    text: str
    style: Style = Style.PLAIN


def plain(text: str) -> str:
    """The text with everything but printable ASCII escaped; tabs become spaces."""
    return "".join(c if " " <= c <= "~" else _escaped(c) for c in text.expandtabs(4))


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def cut(text: str, width: int) -> str:
    """The text, shortened at its end where it is too wide."""
    text = plain(text)
    return text if len(text) <= width else f"{text[: max(0, width - 3)]}..."[:width]


def cut_middle(text: str, width: int) -> str:
    """The text, shortened in its middle where it is too wide: of a name, both ends say which it is."""
    text = plain(text)
    if len(text) <= width or width < _LEAST_CUT:
        return cut(text, width)
    tail = (width - 3) * 3 // 5  # the end of a path or a qualified name tells more than its start
    return f"{text[: width - 3 - tail]}...{text[-tail:]}"


def wrapped(text: str, width: int, indent: int = 0, style: Style = Style.PLAIN, hanging: int = 0) -> list[Line]:
    """The text over as many lines as it needs; ``hanging`` is added to the indent of all but the first."""
    lines = textwrap.wrap(
        plain(text),
        max(width, indent + hanging + 1),
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + hanging),
        break_on_hyphens=False,
    )
    return [Line(line, style) for line in lines]


def code(lines: Iterable[str], width: int, indent: int = 4, most: int = 6) -> list[Line]:
    """Source or diff lines, cut instead of wrapped, and not more than ``most`` of them."""
    every = list(lines)
    if any(len(plain(line)) + indent > width for line in every):
        every = _windowed(_dedented(every), width - indent)
    shown = [Line(cut(" " * indent + line, width), _style_of(line)) for line in every[:most]]
    if len(every) > most:
        shown.append(Line(cut(f"{' ' * indent}... {count(len(every) - most, 'more line')}", width)))
    return shown


def _dedented(lines: Sequence[str]) -> list[str]:
    """The lines of a diff without the indentation that all of them share: room for what differs."""
    if not all(line[:1] in ("-", "+") for line in lines):
        return list(lines)
    texts = textwrap.dedent("\n".join(line[1:] for line in lines)).split("\n")
    return [f"{line[0]} {text}" for line, text in zip(lines, texts, strict=True)]


_LEAD = 12
"""How much of a long line is kept before the place where it differs."""


def _windowed(lines: Sequence[str], width: int) -> list[str]:
    """A changed line and what it became, without the start that they share where the change is too far right."""
    if [line[:1] for line in lines] != ["-", "+"] or all(len(plain(line)) <= width for line in lines):
        return list(lines)
    old, new = (plain(line[2:]) for line in lines)
    same = next((n for n, (a, b) in enumerate(zip(old, new, strict=False)) if a != b), min(len(old), len(new)))
    start = same - _LEAD
    if start <= 0 or same + _LEAD <= width - len("- ..."):
        return list(lines)
    return [f"- ...{old[start:]}", f"+ ...{new[start:]}"]


def _style_of(line: str) -> Style:
    return {"-": Style.REMOVED, "+": Style.ADDED}.get(line[:1], Style.PLAIN)


def fraction(ratio: Ratio) -> str:
    """``3/4``, or a dash where there is nothing to count."""
    return f"{ratio[0]}/{ratio[1]}" if ratio[1] else "-"


def count(number: int, noun: str) -> str:
    """``1 test``, ``2 tests``."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a table: a name, its cells, and how far the name is indented; without cells, a heading."""

    name: str
    cells: tuple[str, ...] = ()
    indent: int = 2
    rule: bool = False  # a line above it
    style: Style = Style.PLAIN


def table(header: Sequence[str], widths: Sequence[int], rows: Sequence[Row], width: int) -> list[Line]:
    """Names at the left, figures at the right; stacked where the terminal is too narrow for that."""
    sizes = [max(least, *(len(r.cells[n]) + 2 for r in rows if r.cells)) for n, least in enumerate(widths)]
    room = width - 1 - sum(sizes)
    if room < _LEAST_NAME:
        return [line for row in rows for line in _stacked(header, row, width)]
    lines = [Line((" " * room + _cells(header, sizes)).rstrip())]
    return lines + [line for row in rows for line in _flat(row, sizes, room, width)]


_LEAST_NAME = 16
_LEAST_CUT = 8


def _cells(cells: Sequence[str], sizes: Sequence[int]) -> str:
    return "".join(cell.rjust(size) for cell, size in zip(cells, sizes, strict=True))


def _flat(row: Row, sizes: Sequence[int], room: int, width: int) -> list[Line]:
    above = [Line("", Style.RULE)] if row.rule else []
    name = " " * row.indent + row.name
    if not row.cells:
        return [*above, Line(cut_middle(name, width), row.style)]
    return [*above, Line((cut_middle(name, room - 1).ljust(room) + _cells(row.cells, sizes)).rstrip(), row.style)]


def _stacked(header: Sequence[str], row: Row, width: int) -> list[Line]:
    above = [Line("", Style.RULE)] if row.rule else []
    figures = ", ".join(f"{title} {cell}" for title, cell in zip(header, row.cells, strict=False) if cell)
    name = Line(cut_middle(" " * row.indent + row.name, width), row.style)
    return [*above, name, *wrapped(figures, width, row.indent + 2)]


def tally(words: Sequence[str]) -> str:
    """``3 fails, 1 flaky``: each word with its number, the most frequent first."""
    counts = sorted(Counter(words).items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{number} {word}" for word, number in counts)


def money(usd: float | None) -> str:
    """A price in dollars, a question mark where none is known."""
    return "$?" if usd is None else f"${usd:.2f}"
