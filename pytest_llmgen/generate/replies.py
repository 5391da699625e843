"""An entry of the journal to a reply: the one way for live, resumed and replayed runs."""

from __future__ import annotations

from pytest_llmgen.generate.journal import Entry
from pytest_llmgen.generate.looks import look_of
from pytest_llmgen.generate.parse import parse
from pytest_llmgen.prompt import is_blind
from pytest_llmgen.records import Assignment, Cost, Oracle, Refusal, Reply, Stage

NO_VERDICT = "no-verdict"


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
