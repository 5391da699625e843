"""Writes the reference pages that are made from the code; ``--check`` only compares.

python docs/make_reference.py [--check]
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

from pytest_llmgen.report.schema import schema
from pytest_llmgen.settings import OPTIONS, Option

REFERENCE = Path(__file__).parent / "reference"


def options_page() -> str:
    """One table of every flag and ini key."""
    rows = ["# Options", "", "Made from `pytest_llmgen/settings.py` by `docs/make_reference.py`; do not edit.", ""]
    rows += [
        "A flag wins over its ini key. Keys go into `[tool.pytest.ini_options]`; pytest 9 reads `[tool.pytest]` too.",
        "For numbers, 0 is a limit and -1 switches it off, unless the text says otherwise.",
        "",
        "| flag | ini key | default | what it does |",
        "|---|---|---|---|",
    ]
    return "\n".join([*rows, *(_row(option) for option in OPTIONS)]) + "\n"


def _row(option: Option) -> str:
    flag = option.flag or ""
    if flag and option.kind != "bool":
        flag = f"{flag}={option.metavar or '|'.join(option.choices) or 'VALUE'}"
    default = " ".join(option.default) if isinstance(option.default, tuple) else str(option.default)
    if option.kind == "bool":
        default = "on" if option.default else "off"
    cells = (f"`{flag}`" if flag else "", f"`{option.ini}`" if option.ini else "", default, option.help)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def pages() -> dict[Path, str]:
    """Every made page by its path."""
    return {
        REFERENCE / "options.md": options_page(),
        REFERENCE / "report.schema.json": json.dumps(schema(), indent=1) + "\n",
    }


def main(arguments: list[str]) -> int:
    """Write or compare; 1 when a page is not what the code says."""
    stale = [path for path, text in pages().items() if not path.exists() or path.read_text("utf-8") != text]
    if "--check" in arguments:
        return 1 if stale else 0
    for path in stale:
        path.write_text(pages()[path], "utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
