"""Do tests made from a correct program show its fault, and is a fault suspected by who sees only the faulty program?"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from cases import PROGRAMS, lay_out_programs
from ours import environment_of, generate, scores
from planting import Fault, plant


@dataclass(slots=True)
class FaultFigures:
    """How many faults were planted, shown and suspected."""

    planted: int = 0
    shown: int = 0
    missed: list[str] = field(default_factory=list)
    drawn: int = 0
    suspected: int = 0
    documented: int = 0  # of the drawn ones, that a documented example shows
    alarms: list[str] = field(default_factory=list)  # suspicions on correct programs


def measure_faults(sources: Mapping[str, str], correct: Path, folder: Path) -> FaultFigures:
    """``correct`` holds the programs with the tests that were generated from them."""
    figures = FaultFigures()
    found = {name: plant(source, name) for name, source in sources.items()}
    for name, (hidden, drawn) in found.items():
        if hidden is not None:
            figures.planted += 1
            if _shows(correct, name, hidden):
                figures.shown += 1
            else:
                figures.missed.append(f"{name}:{hidden.line} {hidden.kind} (seen by {hidden.share:.1%} of inputs)")
        if drawn is not None:
            figures.drawn += 1
            figures.documented += drawn.is_documented
    faulty = {name: drawn.source for name, (_, drawn) in found.items() if drawn is not None}
    report = generate(folder, lay_out_programs(_documented(sources, faulty), folder), None)
    figures.suspected = sum(bool(score.suspected) for score in scores(report).values())
    return figures


def _documented(sources: Mapping[str, str], faulty: Mapping[str, str]) -> dict[str, str]:
    """The faulty programs as they are; only their order is that of the sources."""
    return {name: faulty[name] for name in sources if name in faulty}


def _shows(correct: Path, name: str, fault: Fault) -> bool:
    """Whether a test of the program fails once the fault is in it; the file is put back."""
    file = correct / PROGRAMS / f"{name}.py"
    made_from = f"source={PROGRAMS}/{name}.py "
    tests = [place for place in (correct / "tests").rglob("test_*.py") if made_from in place.read_text()]
    if not tests:
        return False
    original = file.read_text()
    file.write_text(fault.source)
    try:
        command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "no:asyncio"]
        command += ["-p", "no:llmgen", "--tb=no", *map(str, tests)]
        environment = environment_of(None)
        done = subprocess.run(
            command, cwd=correct, env=environment, capture_output=True, text=True, timeout=60, check=False
        )
        return done.returncode == 1 and re.search(r"\d+ (failed|error)", done.stdout) is not None
    except subprocess.TimeoutExpired:
        return True  # a test that never ends is noticed
    finally:
        file.write_text(original)
        os.utime(file)
