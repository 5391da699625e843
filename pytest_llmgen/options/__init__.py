"""The one table of options, in the order of the reference: flags, ini keys, validation and docs come from it."""

from __future__ import annotations

from pytest_llmgen.options import deciding, judging, running, writing
from pytest_llmgen.options.option import OFF, PLACELESS_REPORTS, REPORT_TYPES, Option

__all__ = ["OFF", "OPTIONS", "PLACELESS_REPORTS", "REPORT_TYPES", "Option"]

OPTIONS: tuple[Option, ...] = (*writing.OPTIONS, *running.OPTIONS, *judging.OPTIONS, *deciding.OPTIONS)
