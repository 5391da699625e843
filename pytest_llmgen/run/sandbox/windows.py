"""The worker's side on Windows; never tried there."""

from __future__ import annotations

import os

from pytest_llmgen.run.sandbox import audit, job
from pytest_llmgen.run.sandbox.plan import Layer, Plan


def enter(plan: Plan) -> tuple[str, ...]:
    """Put this process into a job that ends with it; there is no fork, so nobody stays behind to watch."""
    job.confine(plan.limits)
    os.chdir(plan.seen)
    if not plan.has(Layer.AUDIT):
        return ("job object",)
    audit.guard(plan)
    return ("job object with limits", audit.IN_WORDS)
