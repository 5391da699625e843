"""What is done on decisions without a run of tests: each a function from settings to an exit status."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Anchor
from pytest_llmgen.review import baseline, editing, generated
from pytest_llmgen.review.anchors import long_id_of
from pytest_llmgen.review.applying import apply
from pytest_llmgen.review.book import OldGap
from pytest_llmgen.review.cases import TEST, Case, Cases, load
from pytest_llmgen.review.deciding import Words, author_of, decision_of, save
from pytest_llmgen.review.showing import lines_of, title_of
from pytest_llmgen.settings import Settings

ALL_TESTS = "tests"
Git = Callable[[Sequence[str]], tuple[int, str]]


@dataclass(frozen=True, slots=True)
class Desk:
    """Where a person decides: the settings and the edges."""

    settings: Settings
    git: Git
    today: date
    say: Callable[[str], None]
    ask: Callable[[str], str] | None = None  # None without a terminal

    def author(self) -> str:
        """The person.

        Raises:
            LlmgenError: in CI nobody is there to accept (``refused-in-ci``), or git knows no person.
        """
        if self.settings.ci:
            raise LlmgenError(
                "nothing is accepted in CI (CI is set)",
                fix="decide on your own machine and commit the review file",
                slug="refused-in-ci",
            )
        return author_of(self.git, bots=self.settings.review_bots)


def show(desk: Desk) -> int:
    """Everything that is known of one case."""
    case = load(desk.settings).named(desk.settings.show)
    for line in [title_of(case), *lines_of(case, desk.settings.root, everything=True)]:
        desk.say(line)
    return 0


def accept(desk: Desk) -> int:
    """Accept gaps and bugs with class and reason, tests without; each is saved at once."""
    settings, author = desk.settings, desk.author()
    cases = load(settings, need_report=any(name != ALL_TESTS for name in settings.accept))
    found = [case for name in settings.accept for case in (cases.tests if name == ALL_TESTS else [cases.named(name)])]
    words = Words(settings.decision_class, settings.decision_reason, settings.decision_expires, settings.decision_ref)
    if any(case.kind != TEST for case in found) and not words.class_:
        raise LlmgenError(
            "--llm-accept: no class was given", fix="add --llm-class=CLASS --llm-reason='...'", slug="bad-class"
        )
    decisions = [
        decision_of(settings, case, words, author, desk.today, cases.operators) for case in found if case.kind != TEST
    ]
    for case in found:
        if case.kind == TEST:
            accept_test(desk, case)
    for decision in decisions:
        saved = save(settings, decision)
        desk.say(f"{saved.id}: {saved.class_.value}, saved to {settings.review_file} as {author}")
    if not found:
        desk.say("no generated test waits for a review")
    return 0


def accept_test(desk: Desk, case: Case) -> None:
    """Say in the test's file that a person has looked; one that waited for that joins the suite."""
    settings = desk.settings
    path, name = settings.root / case.path, case.id.rpartition("::")[2]
    if not case.is_open:
        desk.say(f"{case.id}: reviewed already")
        return
    if path.is_relative_to(settings.report_path):
        place = generated.move(path, name, settings.root / settings.output_dir)
        desk.say(f"{case.id}: reviewed, written to {place.relative_to(settings.root).as_posix()}")
    elif generated.mark_reviewed(path, name):
        desk.say(f"{case.id}: reviewed")
    else:
        desk.say(f"{case.id}: has no `# llmgen:` line any more: it is yours, nothing to record")


def reject(desk: Desk) -> int:
    """Take tests out and remember them."""
    desk.author()
    cases = load(desk.settings, need_report=False)
    for case in [cases.named(name) for name in desk.settings.reject]:
        if case.kind != TEST:
            fix = "a gap is closed by a test or accepted with --llm-accept"
            raise LlmgenError(f"{case.id} is no test", fix=fix, slug="not-a-test")
        reject_test(desk, case, desk.settings.decision_reason)
    return 0


def reject_test(desk: Desk, case: Case, why: str) -> None:
    """Remove a test from its file; the same test is not proposed again."""
    path, name = desk.settings.root / case.path, case.id.rpartition("::")[2]
    print_ = generated.fingerprint_of(generated.source_of(path, name))
    entry = generated.Rejected(str(case.data["target"]), print_, name, why)
    generated.remember(desk.settings.report_path, entry)
    generated.remove(path, name)
    desk.say(f"{case.id}: removed, and not proposed again")


def accept_file(desk: Desk) -> int:
    """Decisions that were collected in the HTML report; those that can't be taken are named, the others saved."""
    settings, author = desk.settings, desk.author()
    cases, faults = load(settings), 0
    for entry in _entries(Path(settings.root, settings.accept_file)):
        try:
            case = cases.named(str(entry.get("id", "")))
            if case.kind == TEST:
                _decide_test(desk, case, entry)
                continue
            words = Words(*(str(entry.get(name) or "") for name in ("class", "reason", "expires", "ref")))
            decision = decision_of(settings, case, words, author, desk.today, cases.operators)
            desk.say(f"{save(settings, decision).id}: {decision.class_.value}, saved")
        except LlmgenError as error:
            faults += 1
            desk.say(str(error))
    return 4 if faults else 0


def _decide_test(desk: Desk, case: Case, entry: Mapping[str, Any]) -> None:
    if entry.get("decision") == "reject":
        reject_test(desk, case, str(entry.get("reason") or ""))
    else:
        accept_test(desk, case)


def _entries(path: Path) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(path.read_text("utf-8"))
        entries = [*data["decisions"], *({**each, "id": each["nodeid"]} for each in data.get("tests", []))]
        if all(isinstance(entry, dict) for entry in entries):
            return entries
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        why = str(error)
    else:
        why = "not a list of decisions"
    fix = 'download it from the report: {"decisions": [{"id", "class", "reason"}]}'
    raise LlmgenError(f"{path}: {why}", fix=fix, slug="bad-decisions-file")


def apply_mutant(desk: Desk) -> int:
    """Put a mutant into its file."""
    case = load(desk.settings).named(desk.settings.apply)
    undo = apply(desk.settings.root, case, desk.git)
    desk.say(f"{case.id} is in {case.path} now; undo it with: {undo}")
    return 0


def make_baseline(desk: Desk) -> int:
    """Record the open gaps of the last report as old debt."""
    settings = desk.settings
    path = settings.root / settings.baseline_file
    cases = load(settings)
    if cases.scope != "all":
        fix = "run pytest --llm-check --llm-all first"
        raise LlmgenError("the last report is not over everything", fix=fix, slug="report-not-whole")
    if path.exists() and not _confirmed(desk, path):
        return 4
    anchors = [case.anchor for case in cases.gaps if case.anchor and case.data["state"] != "accepted"]
    entries = [OldGap(long_id_of(a), a.path, a.qualname, a.context, a.statement) for a in anchors]
    baseline.write(path, entries)
    desk.say(f"{len(set(entries))} gaps are old debt now: commit {settings.baseline_file}")
    line = baseline.MERGE_LINE.format(name=settings.baseline_file)
    attributes = settings.root / ".gitattributes"
    if not attributes.exists() or line not in attributes.read_text("utf-8", "replace"):
        desk.say(f"merges of it need no person with this line in .gitattributes: {line}")
    return 0


def _confirmed(desk: Desk, path: Path) -> bool:
    """A baseline only grows with a typed word: a lost debt is a lost gap."""
    if desk.settings.ci or desk.ask is None:
        fix = "run it in a terminal, or remove the file first"
        raise LlmgenError(f"{path.name} is there, and replacing it wants a person", fix=fix, slug="needs-terminal")
    word = desk.ask(f"{path.name} is there. Today's gaps become old debt. Type 'baseline' to replace it: ")
    if word.strip() != "baseline":
        desk.say("nothing was changed")
        return False
    return True


def prune(desk: Desk) -> int:
    """Take out what the last report calls unused, give moved decisions their new place, drop paid debt."""
    settings = desk.settings
    path = settings.root / settings.review_file
    cases = load(settings)
    unused = {entry["decision"]["id"] for entry in cases.entries if entry["state"] == "unused"}
    keys = _moved(cases)
    if unused:
        editing.remove(path, unused)
    if keys:
        editing.rekey(path, keys)
    old = settings.root / settings.baseline_file
    entries, faults = baseline.read(old, settings.baseline_file)
    if cases.paid and not faults:
        baseline.write(old, [entry for entry in entries if entry.id not in cases.paid])
    desk.say(f"{len(unused)} unused removed, {len(keys)} re-keyed, {len(cases.paid)} paid of the baseline")
    return 0


def _moved(cases: Cases) -> dict[str, tuple[str, Anchor, str]]:
    """Decisions that cover a gap under another anchor than their own."""
    gaps = {case.id: case for case in (*cases.gaps, *cases.bugs)}
    taken = {entry["decision"]["id"] for entry in cases.entries}
    keys = {}
    for entry in cases.entries:
        case = gaps.get(entry["gap_id"] or "")
        decision = entry["decision"]
        if entry["state"] not in ("used", "moved") or case is None or case.anchor is None:
            continue
        was = decision["gap"]
        is_same = (was["path"], was["qualname"], was["nth"]) == (case.path, case.qualname, case.anchor.nth)
        if not is_same:
            name = case.id if case.id not in taken else decision["id"]
            keys[decision["id"]] = (name, case.anchor, cases.operators)
    return keys
