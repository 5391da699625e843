"""pytest with this project's plugin, as ``python -m pytest`` starts it; also notes what became of each mutant.

python ours_main.py OUTPUT ARGUMENTS...
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

sys.path[0] = str(Path.cwd())  # as with -m; workers start from the same path

import pytest  # noqa: E402


class Dump:
    """Writes the findings of the run down when it has ended; only in the process that was started."""

    def __init__(self, output: str) -> None:
        self._output = output

    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Write what is known of every mutant."""
        plugins = session.config.pluginmanager.get_plugins()
        findings = next((p.edges.findings for p in plugins if type(p).__name__ == "LlmgenSession"), None)
        if findings is not None:
            Path(self._output).write_text(json.dumps(_told(findings)))


def _told(findings: Any) -> dict[str, Any]:
    verdicts = findings.verdicts_before
    mutants = []
    for mutant in findings.mutants:
        verdict = verdicts.get(mutant.id)
        mutants.append(
            {
                "id": mutant.id,
                "unit": mutant.qualname,
                "operator": mutant.operator,
                "line": mutant.line,
                "start": mutant.start,
                "end": mutant.end,
                "replacement": mutant.replacement,
                "status": verdict.status.value if verdict else "Pending",
                "killed_by": list(verdict.killed_by) if verdict else [],
                "tests_run": verdict.tests_run if verdict else 0,
                "seconds": verdict.seconds if verdict else 0.0,
                "detail": verdict.detail[:300] if verdict else "",
                "tests": list(findings.covering.get(mutant.id, ())),
            }
        )
    stages = {name: [findings.stage_seconds[name], cpu] for name, cpu in findings.stage_cpu.items()}
    return {"mutants": mutants, "stages": stages, "problem": findings.problem, "warnings": findings.warnings}


if __name__ == "__main__":
    sys.exit(pytest.main(sys.argv[2:], plugins=[Dump(sys.argv[1])]))
