"""The HTML report: one file for people, which needs no network, no server and no script."""

from __future__ import annotations

from pytest_llmgen.records import Report

MARK = '<meta name="generator" content="pytest-llmgen">'


def render(report: Report) -> str:
    """The whole page."""
    from pytest_llmgen.report.html.page import page_of  # noqa: PLC0415 (lazy: jinja2 and pygments)

    return page_of(report)


def is_ours(text: str) -> bool:
    """Whether the text is a page of ours."""
    return MARK in text[:2000]
