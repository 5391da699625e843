"""One row of the table of options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

IniType = Literal["string", "bool", "int", "float", "args", "linelist"]
REPORT_TYPES = ("term", "html", "json", "stryker", "sarif", "gitlab", "github", "markdown")
PLACELESS_REPORTS = ("term", "github")
"""Types that are not a file: no path can be given with them."""
OFF = -1


@dataclass(frozen=True, slots=True)
class Option:
    """A setting: its flag, its ini key (either may be missing) and what it may be."""

    name: str  # the field of Settings
    help: str
    default: Any
    flag: str | None = None
    ini: str | None = None
    kind: IniType = "string"
    metavar: str | None = None
    choices: tuple[str, ...] = ()
    repeatable: bool = False
    minimum: float | None = None
