"""Where reports go: files, GitHub's step summary and outputs.  An edge; the formats themselves are pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path

from pytest_llmgen.records import Report
from pytest_llmgen.report import files, formats, github
from pytest_llmgen.report.formats import GITHUB, Destination
from pytest_llmgen.settings import Settings

_FOR_PEOPLE = ("html", "json", "markdown")
_COMPLETE = ("html", "json")


class Outlets:
    """The reports of one run."""

    def __init__(self, settings: Settings, environment: Mapping[str, str]) -> None:
        self.settings, self.environment = settings, environment
        self.destinations = formats.destinations(settings.reports, settings.root, settings.report_path)
        for each in self.destinations:  # before a long run, not after it
            files.check_place(each.path, each.format.is_ours)

    @property
    def is_on_github(self) -> bool:
        """Whether GitHub reads our lines: asked for, or in one of its actions."""
        return formats.wants(self.settings.reports, GITHUB) or self.environment.get("GITHUB_ACTIONS") == "true"

    def set_aside(self) -> None:
        """A run that is killed must not leave the verdict of the one before as its own."""
        for each in self.destinations:
            with suppress(OSError):  # said when the report is written
                files.set_aside(each.path)

    def write(self, report: Report) -> None:
        """Write every report, the others too where one can't be.

        Raises:
            LlmgenError: the first that could not be written.
        """
        problems: list[Exception] = []
        if any(each.path.is_relative_to(self.settings.report_path) for each in self.destinations):
            with suppress(OSError):  # said when a report is written; a run may be stopped before it made the folder
                files.make_folder(self.settings.report_path)
        for each in self.destinations:
            _try(problems, self._write, each, report)
        if self.is_on_github:
            _try(problems, self._append, "GITHUB_STEP_SUMMARY", github.summary(report))
            places = self.places()
            values = github.outputs(report, places[0] if places else "")
            _try(problems, self._append, "GITHUB_OUTPUT", "".join(f"{k}={v}\n" for k, v in values.items()))
        if problems:
            raise problems[0]

    def places(self) -> tuple[str, ...]:
        """The files, those for people first; relative to the root where they are below it."""
        root, paths = self.settings.root, [each.path for each in self._ordered()]
        return tuple(p.relative_to(root).as_posix() if p.is_relative_to(root) else str(p) for p in paths)

    def full_report(self) -> str | None:
        """Where a person finds every gap, None where no such report was asked for."""
        kinds = [each.type for each in self._ordered()]
        return next((place for kind, place in zip(kinds, self.places(), strict=True) if kind in _COMPLETE), None)

    def workflow_commands(self, report: Report) -> tuple[str, ...]:
        """Lines for GitHub's log, none elsewhere."""
        return github.commands(report, self._prefix()) if self.is_on_github else ()

    def _ordered(self) -> list[Destination]:
        order = {name: number for number, name in enumerate(_FOR_PEOPLE)}
        return sorted(self.destinations, key=lambda each: order.get(each.type, len(order)))

    def _prefix(self) -> str:
        """From the workspace, which GitHub counts from, to our root."""
        workspace = Path(self.environment.get("GITHUB_WORKSPACE") or self.settings.root)
        root = self.settings.root
        below = root.relative_to(workspace).as_posix() if root.is_relative_to(workspace) else "."
        return "" if below == "." else f"{below}/"

    def _write(self, each: Destination, report: Report) -> None:
        text = formats.text_of(each, report, self.settings)
        files.write(text, each.path, each.format.is_ours)

    def _append(self, variable: str, text: str) -> None:
        place = self.environment.get(variable)
        if place:
            files.append(text, Path(place))


def _try(problems: list[Exception], work: Callable[..., None], *arguments: object) -> None:
    try:
        work(*arguments)
    except Exception as error:  # noqa: BLE001 (a fault of one format must not cost the others; it is raised after them)
        problems.append(error)
