"""Text from others made visible: nothing in it can move, hide or colour what is around it."""

from __future__ import annotations

import unicodedata

MOST_CHARACTERS = 400
"""Of one line; the rest is counted."""

# What a browser would obey or not show: controls, format characters (bidi), line and paragraph separators, surrogates.
_HIDDEN = frozenset({"Cc", "Cf", "Zl", "Zp", "Cs", "Co", "Cn"})
_JOINERS = frozenset("\u200c\u200d")  # scripts and emoji need them


def is_hidden(character: str) -> bool:
    """Whether a character is shown by its code instead of by itself."""
    if " " <= character <= "~" or character in "\n\t":
        return False
    return unicodedata.category(character) in _HIDDEN and character not in _JOINERS


def code_of(character: str) -> str:
    """The escape sequence that Python writes for it."""
    return character.encode("unicode_escape", "backslashreplace").decode("ascii")


def visible(text: str) -> str:
    """The text with every hidden character as its code."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(code_of(c) if is_hidden(c) else c for c in text)


def cut(line: str) -> str:
    """One line that is not too long to look at."""
    rest = len(line) - MOST_CHARACTERS
    return line if rest <= 0 else f"{line[:MOST_CHARACTERS]}{more(rest)}"


def more(rest: int) -> str:
    """What stands for the end of a long line."""
    return f" … {rest} more characters"
