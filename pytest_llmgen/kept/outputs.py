"""Files of a run that pytest and its plugins write for people and for CI: no test can depend on them."""

from __future__ import annotations

import os
from argparse import Namespace
from collections.abc import Mapping
from pathlib import Path

_OPTIONS = (
    "xmlpath", "log_file", "htmlpath", "report_log", "json_report_file", "benchmark_json", "md_report_output",
    "allure_report_dir",
)  # fmt: skip
"""Where pytest and well-known plugins keep the path of what they write."""
_OF_COVERAGE = ("htmlcov", "coverage.lcov")
"""Where coverage writes unless it is told otherwise; its other files are known by how their names begin."""
_STREAMS = (1, 2)


def outputs(options: Namespace, folder: Path, root: Path) -> tuple[str, ...]:
    """Paths below the root of what this run writes beside our own reports.

    Args:
        options: pytest's, parsed.
        folder: where the user started pytest.
        root: of the project, with its links followed.
    """
    reports = getattr(options, "cov_report", None)
    named: list[object] = [getattr(options, name, None) for name in _OPTIONS]
    named += reports.values() if isinstance(reports, Mapping) else ()
    files = [str(folder / text) for each in named if (text := _text(each))]
    below = [os.path.relpath(os.path.realpath(file), root) for file in (*files, *_redirected())]
    return (*_OF_COVERAGE, *(Path(path).as_posix() for path in below if Path(path).parts[0] not in ("..", ".")))


def _text(value: object) -> str:
    """The path that an option holds; one that was opened while it was parsed has a name."""
    found = getattr(value, "name", value)
    return str(found) if isinstance(found, (str, Path)) else ""


def _redirected() -> list[str]:
    """Files that what pytest prints goes to, where the system tells; a pipe's other end is not known."""
    found = []
    for stream in _STREAMS:
        try:
            place = os.readlink(f"/proc/self/fd/{stream}")  # noqa: PTH115 (a link to no path has no Path)
        except OSError:
            continue
        found += [place] if os.path.isfile(place) else []  # noqa: PTH113 (the same)
    return found
