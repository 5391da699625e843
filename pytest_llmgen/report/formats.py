"""The one registry of report formats: what each is called, where it goes, and who renders it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pytest_llmgen.records import Report
from pytest_llmgen.report import gitlab, html, json_report, markdown, sarif, stryker
from pytest_llmgen.settings import PLACELESS_REPORTS, REPORT_TYPES, Settings

GITHUB = "github"


@dataclass(frozen=True, slots=True)
class Format:
    """A format that is a file: its usual name in the folder of reports, its text, and how to know it again."""

    file: str
    render: Callable[[Report], str]
    is_ours: Callable[[str], bool]


FORMATS: Mapping[str, Format] = {
    "json": Format("report.json", json_report.render, json_report.is_ours),
    "html": Format("report.html", html.render, html.is_ours),
    "stryker": Format("mutation.json", stryker.render, stryker.is_ours),
    "sarif": Format("llmgen.sarif", sarif.render, sarif.is_ours),
    "gitlab": Format("gl-code-quality-report.json", gitlab.render, gitlab.is_ours),
    "markdown": Format("report.md", markdown.render, markdown.is_ours),
}
"""In the order in which they are written: what other tools read comes first."""

assert {*FORMATS, *PLACELESS_REPORTS} == set(REPORT_TYPES)


@dataclass(frozen=True, slots=True)
class Destination:
    """A report that was asked for, and the file it goes to."""

    type: str
    path: Path

    @property
    def format(self) -> Format:
        """Its entry in the registry."""
        return FORMATS[self.type]


def destinations(reports: Sequence[str], root: Path, folder: Path) -> tuple[Destination, ...]:
    """Every file that ``TYPE[:PATH]`` asks for, each once, in the order of writing."""
    asked = [report.partition(":") for report in reports]
    found = (
        Destination(name, root / path if path else folder / form.file)
        for name, form in FORMATS.items()
        for kind, _, path in asked
        if kind == name
    )
    return tuple(dict.fromkeys(found))


def text_of(destination: Destination, report: Report, settings: Settings) -> str:
    """The report as that format has it."""
    if destination.type == "sarif":
        return sarif.render(report, accepted=settings.sarif_accepted)
    return destination.format.render(report)


def wants(reports: Sequence[str], kind: str) -> bool:
    """Whether a type was asked for."""
    return any(report.partition(":")[0] == kind for report in reports)
