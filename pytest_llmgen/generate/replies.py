"""An entry of the journal to a reply: the one way for live, resumed and replayed runs, in batches or not."""

from __future__ import annotations

from dataclasses import replace

from pytest_llmgen.generate.client import Answer
from pytest_llmgen.generate.faults import Fault
from pytest_llmgen.generate.journal import Entry, Question
from pytest_llmgen.generate.looks import look_of
from pytest_llmgen.generate.parse import parse
from pytest_llmgen.generate.prices import Pricer
from pytest_llmgen.prompt import is_blind
from pytest_llmgen.records import Assignment, Cost, Oracle, Refusal, Reply, Stage

NO_VERDICT = "no-verdict"
OVER_BUDGET = "budget-spent"


def reply_of(entry: Entry, assignment: Assignment, cost: Cost, note: str = "") -> Reply:
    """The candidates of a recorded reply.

    Their oracle is the documentation where the body was not shown.  Whoever saw the code may have copied
    its behaviour, so everything else counts as observed.
    """
    if assignment.stage is Stage.SECOND_LOOK:
        return _look(entry, assignment, cost)
    oracle = Oracle.DOCUMENTATION if is_blind(assignment) else Oracle.OBSERVED
    candidates, refusals = parse(entry.text, assignment, oracle, entry.stop_reason)
    if not candidates and not note:
        note = "; ".join(f"{refusal.message} [{refusal.code}]" for refusal in refusals)
    return Reply(assignment, candidates, refusals, cost, note)


def _look(entry: Entry, assignment: Assignment, cost: Cost) -> Reply:
    look = look_of(entry.text, assignment.target.docstring or "")
    if look is not None:
        return Reply(assignment, cost=cost, look=look)
    message = f"the second look at {assignment.target.key} gave no verdict"
    return Reply(assignment, refusals=(Refusal(NO_VERDICT, message),), cost=cost, note=f"{message} [{NO_VERDICT}]")


def answered(draft: Entry, answer: Answer) -> Entry:
    """What is kept of an answer."""
    return replace(
        draft, text=answer.text, stop_reason=answer.stop_reason, usage=answer.usage, request_id=answer.request_id
    )


def cost_of(entry: Entry, price: Pricer) -> Cost:
    """What an answer cost that was paid for just now."""
    usage = entry.usage
    return Cost(
        price(entry.model, usage),
        1,
        0,
        usage.input_tokens,
        usage.output_tokens,
        usage.cache_read_tokens,
        usage.cache_write_tokens,
    )


def over_budget(assignment: Assignment, question: Question) -> Reply:
    """The reply to what was not asked for the sake of money."""
    message = f"not asked, the budget is spent: {question.target}, {question.stage}"
    return Reply(assignment, refusals=(Refusal(OVER_BUDGET, message),), note=f"{message} [{OVER_BUDGET}]")


def failed(assignment: Assignment, fault: Fault, model: str) -> Reply:
    """The reply to what could not be asked."""
    error = fault.error(model)
    return Reply(assignment, refusals=(Refusal(fault.slug, error.message),), note=str(error), is_failed=True)
