"""What a model's runs came to, from the reports that they left.

    python benchmarks/model/figures.py PROJECT ...

prints a row for each project whose ``.llmgen/report.json`` a run of ``pytest --llm-generate`` has written: the test
functions in the replies and the share of them that is valid and passes, lines, branches and mutants after the run,
suspected bugs with their second look, requests, tokens and tokens for each test that was kept.  The model is whoever
answered:
an API, a local server, or `model_desk.py`.
"""

from __future__ import annotations

import json
import sys
from collections import Counter
from pathlib import Path
from statistics import median
from typing import Any

GOOD = ("kept", "redundant", "suspected-bug")
HEADER = (
    "project",
    "functions",
    "accepted",
    "kept",
    "lines",
    "branches",
    "mutants",
    "suspects",
    "requests",
    "tokens/kept",
)


def row(folder: Path) -> tuple[str, ...]:
    """The figures of one project."""
    report = json.loads((folder / ".llmgen" / "report.json").read_text("utf-8"))
    fates = Counter(test["fate"] for test in report["tests"])
    good, kept, total = sum(fates[fate] for fate in GOOD), fates["kept"], report["totals"]["all"]
    cost = report["cost"]
    tokens = sum(cost[name] for name in ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens"))
    looks = Counter(str(bug["second_look"]) for bug in report["suspected_bugs"])
    return (
        folder.name,
        str(sum(fates.values())),
        _share(good, sum(fates.values())),
        str(kept),
        *(_share(*total[name]) for name in ("lines", "branches", "mutants")),
        ", ".join(f"{number} {look}" for look, number in sorted(looks.items())) or "0",
        str(cost["calls"] + cost["cached_calls"]),
        f"{tokens / kept:.0f}" if kept and tokens else "-",
    )


def _share(part: int, whole: int) -> str:
    return f"{part}/{whole} ({part / whole:.0%})" if whole else "-"


def main(folders: list[str]) -> None:
    """Print the table and the medians."""
    rows = [row(Path(folder)) for folder in folders]
    table: list[Any] = [HEADER, *rows]
    widths = [max(len(line[column]) for line in table) for column in range(len(HEADER))]
    for line in table:
        print("  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip())
    for name in ("accepted", "lines", "branches", "mutants"):
        column = HEADER.index(name)
        shares = [float(cells[column].rpartition("(")[2].rstrip("%)")) for cells in rows if cells[column] != "-"]
        if shares:
            print(f"median {name}: {median(shares):.0f}%")


if __name__ == "__main__":
    main(sys.argv[1:])
