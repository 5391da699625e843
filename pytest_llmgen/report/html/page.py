"""The page from its template, small enough to open and with a policy that names its own style and script.

Jinja2 is known by this module only.
"""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib.resources import files
from typing import Any

from jinja2 import Environment, StrictUndefined
from markupsafe import Markup, escape

from pytest_llmgen.records import Report
from pytest_llmgen.report.html import MARK
from pytest_llmgen.report.html.view import CLASSES, view_of
from pytest_llmgen.report.html.visible import cut, visible
from pytest_llmgen.report.items import second_look_of

MOST_BYTES = 2_000_000
MOST_CARDS = 300
_LEAST_CARDS = 10


def page_of(report: Report) -> str:
    """The page; with fewer cards, and without the sources of functions, where it would be too large."""
    most, with_sources = MOST_CARDS, True
    while True:
        text = _rendered(report, most, with_sources=with_sources)
        if len(text.encode("utf-8", "backslashreplace")) <= MOST_BYTES or most < _LEAST_CARDS:
            return text
        most, with_sources = (most, False) if with_sources else (most // 2, False)


def _rendered(report: Report, most_cards: int, *, with_sources: bool) -> str:
    style, script = _text("style.css"), _text("script.js")
    text: str = _template().render(
        view=view_of(report, most_cards=most_cards, with_sources=with_sources),
        mark=Markup(MARK),  # noqa: S704 (a constant of ours)
        style=Markup(style),  # noqa: S704 (package data)
        script=Markup(script),  # noqa: S704 (package data)
        policy=f"default-src 'none'; style-src '{_hash(style)}'; script-src '{_hash(script)}'; img-src data:; "
        "base-uri 'none'; form-action 'none'",
        classes=CLASSES,
    )
    return text


@cache
def _template() -> Any:
    environment = Environment(
        autoescape=True, trim_blocks=True, lstrip_blocks=True, undefined=StrictUndefined, finalize=_shown
    )
    environment.filters["cut"] = cut
    environment.filters["code"] = _code
    environment.filters["second_look"] = second_look_of
    return environment.from_string(_text("page.html.jinja"))


def _shown(value: Any) -> Any:
    """What is put into the page: text of others with its hidden characters visible; None is nothing."""
    if value is None:
        return ""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _code(text: str) -> Markup:
    """A sentence whose parts between backquotes are code."""
    parts = visible(text).split("`")
    marked = (
        Markup("<code>{}</code>").format(part) if number % 2 else escape(part) for number, part in enumerate(parts)
    )
    return Markup("").join(marked)


@cache
def _text(name: str) -> str:
    return (files(__package__) / name).read_text("utf-8")


def _hash(text: str) -> str:
    """As a content security policy names a script: of exactly what stands between the tags."""
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
