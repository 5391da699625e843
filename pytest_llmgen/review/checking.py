"""``--llm-review-check``: what is wrong with the decisions by the files alone, for a commit hook."""

from __future__ import annotations

from pytest_llmgen.gate import EXIT_FAIL, EXIT_INCONCLUSIVE
from pytest_llmgen.records import Decision
from pytest_llmgen.review import baseline, file
from pytest_llmgen.review.anchors import FOLLOWS_THE_EXPRESSION, MODULE_LEVEL
from pytest_llmgen.review.cases import context_today, names_a_class
from pytest_llmgen.review.commands import Desk
from pytest_llmgen.review.matching import WARN_DAYS


def check(desk: Desk) -> int:
    """Faults, expired and stale decisions, by the files alone; for a commit hook."""
    settings = desk.settings
    contents = file.read(settings.root / settings.review_file, settings.review_file, bots=settings.review_bots)
    _, faults = baseline.read(settings.root / settings.baseline_file, settings.baseline_file)
    for fault in (*contents.invalid, *faults):
        desk.say(f"{fault.path}:{fault.line}: {fault.problem}")
    problems = 0
    for decision in contents.decisions:
        said = _trouble(desk, decision)
        problems += bool(said) and not said.startswith("expires")
        if said:
            desk.say(f"{settings.review_file}:{decision.line}: {decision.id} {said}")
    if contents.invalid or faults:
        return EXIT_INCONCLUSIVE
    if problems:
        desk.say(f"{problems} of {len(contents.decisions)} decisions must be made again")
    return EXIT_FAIL if problems else 0


def _trouble(desk: Desk, decision: Decision) -> str:
    if decision.expires is not None:
        days = (decision.expires - desk.today).days
        if days < 0:
            return f"expired on {decision.expires}"
        if days <= WARN_DAYS:
            return f"expires in {days} days, on {decision.expires}"
    if decision.class_ in FOLLOWS_THE_EXPRESSION or not decision.gap.context or decision.gap.qualname == MODULE_LEVEL:
        return ""
    try:
        source = (desk.settings.root / decision.gap.path).read_text("utf-8")
    except (OSError, UnicodeDecodeError):
        return f"names {decision.gap.path}, which is not there: moved or no longer needed"
    now = context_today(source, decision.gap, 0)
    if not now and names_a_class(source, decision.gap):
        return ""
    return "" if now == decision.gap.context else f"is stale: {decision.gap.qualname} has changed"
