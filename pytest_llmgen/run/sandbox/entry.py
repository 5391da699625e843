"""The worker's side: behind the walls, for good, before anything of the project is imported."""

from __future__ import annotations

import os
import sys

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.sandbox.plan import Plan, View

if sys.platform == "win32":
    from pytest_llmgen.run.sandbox import windows as system
elif sys.platform == "darwin":
    from pytest_llmgen.run.sandbox import macos as system
else:
    from pytest_llmgen.run.sandbox import linux as system


def enter(plan: Plan) -> tuple[str, ...]:
    """Return in a supervised process behind the walls of the plan, in the project's view as its folder.

    Call it first thing and single-threaded: the calling process stays outside and watches.
    Returns the layers that stand, in words.
    Raises :class:`LlmgenError` when the system refuses a wall; nothing of the project may run then.
    """
    try:
        layers = system.enter(plan)
    except OSError as problem:
        raise LlmgenError(
            f"the sandbox tier {plan.tier.value} could not be entered: {problem}",
            slug="sandbox-refused",
            fix="use --llm-sandbox=auto or portable",
        ) from problem
    if plan.view is View.COPY:
        _follow(plan)
    return layers


def _follow(plan: Plan) -> None:
    """Import from the copy what would be imported from the project; what was not copied (a venv) stays."""
    sys.path[:] = [_there(plan, entry) for entry in sys.path]
    inherited = os.environ.get("PYTHONPATH")
    if inherited:
        os.environ["PYTHONPATH"] = os.pathsep.join(_there(plan, entry) for entry in inherited.split(os.pathsep))


def _there(plan: Plan, path: str) -> str:
    moved = plan.inside(path)
    return moved if os.path.exists(moved) else path  # noqa: PTH110 - sys.path holds strings
