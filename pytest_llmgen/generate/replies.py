"""An entry of the journal to a reply: the one way for live, resumed and replayed runs."""

from __future__ import annotations

from pytest_llmgen.generate.journal import Entry
from pytest_llmgen.generate.parse import parse
from pytest_llmgen.prompt import is_blind
from pytest_llmgen.records import Assignment, Cost, Oracle, Reply


def reply_of(entry: Entry, assignment: Assignment, cost: Cost, note: str = "") -> Reply:
    """The candidates of a recorded reply.

    Their oracle is the documentation where the body was not shown.  Whoever saw the code may have copied
    its behaviour, so everything else counts as observed.
    """
    oracle = Oracle.DOCUMENTATION if is_blind(assignment) else Oracle.OBSERVED
    candidates, refusals = parse(entry.text, assignment, oracle, entry.stop_reason)
    if not candidates and not note:
        note = "; ".join(f"{refusal.message} [{refusal.code}]" for refusal in refusals)
    return Reply(assignment, candidates, refusals, cost, note)
