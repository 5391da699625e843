"""How the project's own tests are written: where they import names from, and which quotes they have."""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from pytest_llmgen.extract.names import Names, Place, parse_or_empty, resolve

_CONFIGURED = re.compile(r"""^\s*quote-style\s*=\s*["'](single|double)["']""", re.MULTILINE)
_QUOTES = {"single": "'", "double": '"'}


@dataclass(frozen=True, slots=True)
class Habits:
    """What generated files have in common with the tests around them."""

    homes: Mapping[Place, str] = field(default_factory=dict)  # module and name -> the package that tests import it from
    quote: str = '"'


def habits_of(known: Mapping[str, Names], tests: Iterable[str], settings: str) -> Habits:
    """The habits of tests, by their text; ``settings`` is the text of the project's configuration."""
    texts = list(tests)
    return Habits(_homes(known, texts), _quote(texts, settings))


def _homes(known: Mapping[str, Names], texts: Iterable[str]) -> dict[Place, str]:
    """Names that tests import from a package which only passes them on, and those beside them there."""
    asked = Counter(each for text in texts for each in _imported(text))
    homes: dict[Place, str] = {}
    for package in sorted({package for package, name in asked if _passed_on(known, package, name)}):
        for name in known[package].imports:
            place = _passed_on(known, package, name)
            if place and place[1] == name and asked[place[0], name] <= asked[package, name]:
                homes.setdefault(place, package)
    return homes


def _imported(text: str) -> Iterator[tuple[str, str]]:
    for node in ast.walk(parse_or_empty(text)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield from ((node.module, alias.name) for alias in node.names)


def _passed_on(known: Mapping[str, Names], package: str, name: str) -> Place | None:
    """Where a name is defined that a package has from another module."""
    place = resolve(known, package, name) if package in known else None
    return place if place and place[1] and place[0] != package else None


def _quote(texts: Iterable[str], settings: str) -> str:
    """What the formatter is told, else what most texts of the tests have; docstrings say nothing of it."""
    told = _CONFIGURED.search(settings)
    if told:
        return _QUOTES[told[1]]
    counts = Counter(quote for text in texts for quote in _quotes(text))
    return "'" if counts["'"] > counts['"'] else '"'


def _quotes(text: str) -> Iterator[str]:
    try:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            literal = token.string.lstrip("rbuRBU")
            if token.type == tokenize.STRING and literal[:3] not in {'"""', "'''"}:
                inner = literal[1:-1]
                if not {"'", '"', "\\"} & set(inner):  # no other quotes would do
                    yield literal[0]
    except (tokenize.TokenError, IndentationError, SyntaxError):
        return
