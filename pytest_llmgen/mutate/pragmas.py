"""``# pragma: no mutate`` comments, with the meaning that mutmut gives them.

A bare one stands for its statement (or its line, within brackets); ``block`` after a colon for the whole
block, on a line of its own for the rest of its block; ``start`` and ``end`` for the lines between them.
"""

from __future__ import annotations

import io
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass, field

from pytest_llmgen.errors import LlmgenError

WORD = "no mutate"
_LAYOUT = (tokenize.NL, tokenize.COMMENT, tokenize.INDENT, tokenize.DEDENT)


def lines_left_alone(path: str, source: str) -> frozenset[int]:
    """The lines that the comments of a module say not to mutate.

    Raises:
        LlmgenError: a ``start`` without an ``end``, or the other way round.
    """
    if WORD not in source:
        return frozenset()
    reader = _Reader(path)
    reader.read(tokenize.generate_tokens(io.StringIO(source).readline))
    return frozenset(reader.lines)


@dataclass
class _Block:
    """An open block: the line of its header where all of it is left out, else where leaving out begins."""

    header: int = 0
    skipped_from: int = 0


@dataclass
class _Reader:
    path: str
    lines: set[int] = field(default_factory=set)
    _open: list[_Block] = field(default_factory=lambda: [_Block()])
    _started: int = 0  # line of a ``start``
    _first: int = 0  # line on which the current statement begins, 0 between statements
    _depth: int = 0  # of brackets
    _is_decorator: bool = False
    _header: int = 0  # of a block that is left out whole and not yet indented
    _last: int = 0  # last line with code
    _waiting: list[tuple[int, int]] = field(default_factory=list)  # line and column of a ``block`` of its own

    def read(self, tokens: Iterator[tokenize.TokenInfo]) -> None:
        for token in tokens:
            if token.type == tokenize.COMMENT:
                self._comment(token)
            elif token.type == tokenize.INDENT:
                self._open.append(_Block(header=self._header))
                self._header = 0
            elif token.type == tokenize.DEDENT:
                self._close(self._open.pop())
            elif token.type == tokenize.NEWLINE:
                self._first = 0
            elif token.type not in (*_LAYOUT, tokenize.ENDMARKER):
                self._code(token)
        while self._open:
            self._close(self._open.pop())
        if self._started:
            raise self._fault(f"Missing no mutate end for the start at {self.path}:{self._started}")

    def _code(self, token: tokenize.TokenInfo) -> None:
        if not self._first:
            self._first, self._is_decorator = token.start[0], token.string == "@"
            self._header = 0
            self._settle(token.start[1])
        if token.type == tokenize.OP:
            self._depth += (token.string in "([{") - (token.string in ")]}")
        self._last = token.end[0]

    def _settle(self, column: int) -> None:
        """A ``block`` on its own line belongs to the block of the statement after it, unless it is indented more."""
        block = self._open[-1]
        for line, indent in self._waiting:
            if indent <= column and not block.skipped_from:
                block.skipped_from = line
        self._waiting.clear()

    def _close(self, block: _Block) -> None:
        if block.header:
            self.lines.update(range(block.header, self._last + 1))
        if block.skipped_from:
            self.lines.update(range(block.skipped_from, self._last + 1))

    def _comment(self, token: tokenize.TokenInfo) -> None:
        word = _word(token.string)
        line, column = token.start
        if not word or (self._is_decorator and self._first):
            return
        is_alone = not token.line[:column].strip()
        if self._depth:
            if word == "bare" and not is_alone:
                self.lines.add(line)
        elif self._first:
            self._trailing(token, word)
        else:
            self._alone(word, line, column)

    def _trailing(self, token: tokenize.TokenInfo, word: str) -> None:
        is_header = token.line[: token.start[1]].rstrip().endswith(":")
        if word == "block" and is_header:
            self._header = self._first
        else:
            self.lines.add(self._first)

    def _alone(self, word: str, line: int, column: int) -> None:
        if word in ("start", "block") and self._started:
            raise self._fault(f"no mutate {word} at {self.path}:{line} inside the one of line {self._started}")
        if word == "start":
            self._started = line
        elif word == "end":
            if not self._started:
                raise self._fault(f"no mutate end at {self.path}:{line} without a start")
            self.lines.update(range(self._started, line + 1))
            self._started = 0
        elif word == "block":
            self._waiting.append((line, column))
        self.lines.add(line)

    def _fault(self, message: str) -> LlmgenError:
        return LlmgenError(message, slug="bad-pragma", fix="correct the `# pragma: no mutate` comment")


def _word(comment: str) -> str:
    """``block``, ``start``, ``end``, ``bare``, or nothing where the comment is no such pragma."""
    if "# pragma:" not in comment or WORD not in comment:
        return ""
    words = comment.partition(WORD)[2].strip().lstrip(": ").split(",", 1)[0].split()
    return words[0] if words and words[0] in ("block", "start", "end") else "bare"
