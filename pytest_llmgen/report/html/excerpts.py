"""Source as the page shows it: highlighted, with lines, branches and mutants in place.

Pygments is known by this module only.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

from markupsafe import Markup, escape
from pygments.lexers.python import PythonLexer
from pygments.token import Comment, Keyword, Name, Number, Operator, String, _TokenType

from pytest_llmgen.mutate.edits import split_lines
from pytest_llmgen.mutate.score import DETECTED, JUDGED
from pytest_llmgen.records import Gap, GapKind, MutantReport, Region, SourceFile
from pytest_llmgen.report.html.visible import MOST_CHARACTERS, code_of, is_hidden, more

AROUND = 6
"""Lines shown before and after a gap."""
MOST_LINES = 400
"""Of one function; longer ones are cut."""

# The most special first; what is in none of them has no colour.
_CLASSES: tuple[tuple[_TokenType, str], ...] = (
    (Comment, "c"),
    (String, "s"),
    (Number, "n"),
    (Operator.Word, "k"),
    (Keyword, "k"),
    (Name.Function, "d"),
    (Name.Class, "d"),
    (Name.Decorator, "d"),
    (Name.Builtin, "b"),
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of source: its number, whether it ran, its mutants, and its text as HTML."""

    number: int
    state: str  # run, never, part, or empty where there is no statement
    sign: str
    title: str
    mutants: str  # "2/3": detected and judged
    text: Markup
    is_own: bool = False  # the gap is here


@dataclass(frozen=True, slots=True)
class Mark:
    """A stretch of one line that a gap is about, with the end exclusive, both from 0."""

    start: int
    end: int
    gap: str  # its id; empty for the gap that the excerpt is of


_SIGNS = {"never": "✗", "part": "◐", "run": "", "": ""}
_TITLES = {"never": "never run", "part": "a branch from here was never taken", "run": "", "": ""}


class Excerpts:
    """The sources of a report, each highlighted once."""

    def __init__(self, sources: Sequence[SourceFile], gaps: Sequence[Gap]) -> None:
        self._files = {source.path: _File(source) for source in sources}
        self._gaps: dict[str, list[Gap]] = defaultdict(list)
        for gap in gaps:
            if gap.kind is GapKind.SURVIVING_MUTANT:
                self._gaps[gap.path].append(gap)

    def around(self, gap: Gap, around: int = AROUND) -> tuple[Line, ...]:
        """The lines of a gap and a few around it; nothing where the source is not known."""
        file, region = self._files.get(gap.path), gap.region
        if file is None:
            return ()
        is_mutant = gap.operator is not None
        marks = _by_line([(region, "")], file) if is_mutant else {}
        lines = range(max(1, region.start_line - around), min(file.length, region.end_line + around) + 1)
        own = range(region.start_line, region.end_line + 1)
        return tuple(file.line(n, marks.get(n, ()), is_own=n in own) for n in lines[:MOST_LINES])

    def function(self, path: str, start: int, end: int) -> tuple[Line, ...]:
        """All lines of a function, its surviving mutants linked to what is said of them."""
        file = self._files.get(path)
        if file is None:
            return ()
        inside = [(g.region, g.id) for g in self._gaps[path] if start <= g.region.start_line <= end]
        marks = _by_line(inside, file)
        lines = range(max(1, start), min(file.length, end) + 1)
        return tuple(file.line(n, marks.get(n, ())) for n in lines[:MOST_LINES])


class _File:
    def __init__(self, source: SourceFile) -> None:
        self._source = source
        self._lines = [line.rstrip("\r\n") for line in split_lines(source.source)]
        self._tokens: list[list[tuple[str, str]]] | None = None
        self._unmarked: dict[int, Markup] = {}  # excerpts of neighbours share most of their lines
        self._mutants: dict[int, list[MutantReport]] = defaultdict(list)
        for mutant in source.mutants:
            self._mutants[mutant.mutant.region.start_line].append(mutant)
        self._missed = {start for start, _ in source.branches - source.taken}

    @property
    def length(self) -> int:
        return len(self._lines)

    def width(self, number: int) -> int:
        return len(self._lines[number - 1]) if 0 < number <= self.length else 0

    def line(self, number: int, marks: Sequence[Mark], *, is_own: bool = False) -> Line:
        state = self._state(number)
        if self._tokens is None:
            self._tokens = _highlighted(self._lines)
        if not marks and number not in self._unmarked:
            self._unmarked[number] = _markup(self._tokens[number - 1], ())
        text = _markup(self._tokens[number - 1], marks) if marks else self._unmarked[number]
        return Line(number, state, _SIGNS[state], _TITLES[state], self._judged(number), text, is_own)

    def _state(self, number: int) -> str:
        source = self._source
        first = source.first_line.get(number, number)
        if first not in source.statements:
            return ""
        if first not in source.ran:
            return "never"
        return "part" if first in self._missed else "run"

    def _judged(self, number: int) -> str:
        statuses = [mutant.status for mutant in self._mutants[number]] if number in self._mutants else []
        judged = sum(status in JUDGED for status in statuses)
        return f"{sum(status in DETECTED for status in statuses)}/{judged}" if judged else ""


def _by_line(regions: Sequence[tuple[Region, str]], file: _File) -> Mapping[int, list[Mark]]:
    """Regions as stretches of lines; the shorter come later, so that they lie above the longer."""
    marks: dict[int, list[Mark]] = defaultdict(list)
    for region, gap in sorted(regions, key=lambda each: _extent(each[0]), reverse=True):
        for number in range(region.start_line, region.end_line + 1):
            start = region.start_column - 1 if number == region.start_line else 0
            end = region.end_column - 1 if number == region.end_line else file.width(number)
            if end > start:
                marks[number].append(Mark(start, end, gap))
    return marks


def _extent(region: Region) -> tuple[int, int]:
    return region.end_line - region.start_line, region.end_column - region.start_column


def _highlighted(lines: Sequence[str]) -> list[list[tuple[str, str]]]:
    """Each line as pieces: class and text.  Lines are as Python counts them, whatever the lexer thinks."""
    lexer = PythonLexer(stripnl=False, ensurenl=False)
    pieces: list[list[tuple[str, str]]] = [[]]
    for token, text in lexer.get_tokens("\n".join(line.replace("\r", " ") for line in lines)):
        kind = next((name for parent, name in _CLASSES if token in parent), "")
        for number, part in enumerate(text.split("\n")):
            if number:
                pieces.append([])
            if part:
                pieces[-1].append((kind, part))
    pieces += [[] for _ in range(len(lines) - len(pieces))]
    return pieces


def _markup(pieces: Sequence[tuple[str, str]], marks: Sequence[Mark]) -> Markup:
    """One line as HTML: classes of tokens inside marks; hidden characters by their codes, the end cut."""
    characters = [(kind, c) for kind, text in pieces for c in text]
    above: list[Mark | None] = [None] * len(characters)
    for mark in marks:
        above[mark.start : mark.end] = [mark] * len(above[mark.start : mark.end])
    shown = list(zip(above, characters, strict=True))[:MOST_CHARACTERS]
    html = "".join(_marked(mark, [c for _, c in group]) for mark, group in groupby(shown, lambda each: each[0]))
    rest = len(characters) - MOST_CHARACTERS
    return Markup(html) + (Markup('<i class="x">{}</i>').format(more(rest)) if rest > 0 else "")  # noqa: S704 (escaped in _token)


def _marked(mark: Mark | None, characters: Sequence[tuple[str, str]]) -> str:
    text = "".join(_token(kind, [c for _, c in group]) for kind, group in groupby(characters, lambda each: each[0]))
    if mark is None:
        return text
    if mark.gap:
        return f'<a class="mu" href="#{escape(mark.gap)}">{text}</a>'
    return f"<mark>{text}</mark>"


def _token(kind: str, characters: Sequence[str]) -> str:
    text = "".join(characters)
    inside = str(escape(text)) if text.isascii() and text.isprintable() else "".join(_runs(characters))
    return f'<span class="{kind}">{inside}</span>' if kind and inside.strip() else inside


def _runs(characters: Sequence[str]) -> Iterator[str]:
    for hidden, group in groupby(characters, is_hidden):
        if hidden:
            yield f'<i class="x">{escape("".join(map(code_of, group)))}</i>'
        else:
            yield str(escape("".join(group)))
