"""What the name of a parameter suggests to a reader."""

from __future__ import annotations

from pytest_llmgen.generate.offline.terms import Term, from_source

_TYPICAL = {
    "'hello world'": "text string sentence line s paragraph message phrase",
    "'Hello World'": "title heading caption label",
    "1": "low lower min minimum start begin first lo",
    "10": "high upper max maximum stop end last hi limit",
    "'-'": "separator sep delimiter delim joint joiner glue",
    "'pre'": "prefix",
    "'end'": "suffix ending",
    "'*'": "char character fillchar filler fill symbol",
    "'https://ann@example.com:8080/path?q=1#top'": "url uri link href",
    "'ann@example.com'": "email mail",
    "'Ann'": "username user author owner",
    "'folder/file.txt'": "path filename filepath",
    "'utf-8'": "encoding charset",
    "'2024-01-31'": "date day",
    "'1.2.3'": "version release",
    "'[a-z]+'": "pattern regex regexp",
    "'key'": "key",
    "datetime(2024, 1, 31, 12, 30)": "dt moment",
    "'USD'": "currency",
    "'A-1'": "sku",
    "'red'": "color colour",
    "'Berlin'": "city town",
    "'DE'": "country",
}
"""What a parameter's name suggests, where its type allows it."""
TEXTS = frozenset(value for value in _TYPICAL if value.startswith("'") and not value.lower().startswith("'hello"))
"""Texts that stand for something: a part of one would stand for nothing."""
_BY_WORD = {word: value for value, words in _TYPICAL.items() for word in words.split()}


def suggested(name: str) -> Term | None:
    """The value that a parameter's name suggests: the last word of it that means something decides."""
    found = [_BY_WORD[word] for word in reversed(name.lower().split("_")) if word in _BY_WORD]
    imports = ("from datetime import datetime",) if found and found[0].startswith("datetime(") else ()
    return from_source(found[0], imports) if found else None
