"""``pytest --llm-review``: one case after the other; every answer is saved before the next question."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Decision, DecisionClass
from pytest_llmgen.report.layout import count
from pytest_llmgen.review.anchors import MUTANTS, SUSPECTED_BUG
from pytest_llmgen.review.cases import TEST, Case, Cases, is_current, load
from pytest_llmgen.review.classes import days_of, default_expiry, fault_of_reason
from pytest_llmgen.review.commands import Desk, accept_test, reject_test
from pytest_llmgen.review.deciding import NEVER, Words, decision_of, save
from pytest_llmgen.review.generated import WORDS
from pytest_llmgen.review.showing import lines_of, title_of

_LETTERS = {
    "e": DecisionClass.EQUIVALENT,
    "u": DecisionClass.UNREACHABLE,
    "w": DecisionClass.WONT_TEST,
    "t": DecisionClass.TESTED_ELSEWHERE,
    "n": DecisionClass.KNOWN_BUG,
    "f": DecisionClass.FALSE_ALARM,
}
_TEST_KEYS = "(a)ccept (r)eject (e)dit (s)kip (b)ack (k)ills (A)ccept all of function (q)uit ? "
_BUG_KEYS = "k(n)own bug (f)alse alarm (o)pen editor (s)kip (b)ack (q)uit ? "
_GAP_KEYS = (
    "(u)nreachable (w)on't test (t)ested elsewhere (g)enerate with a hint\n(o)pen editor (s)kip (b)ack (q)uit ? "
)
_REFS = {
    DecisionClass.KNOWN_BUG: "  where is it tracked (URL): ",
    DecisionClass.TESTED_ELSEWHERE: "  where is it tested (URL, Enter for none): ",
}
_HELP = "nothing is decided yet: press one of the letters in brackets, then Enter"


@dataclass
class Tools:
    """What a review needs beside the desk."""

    edit: Callable[[str, int], None]  # path, line
    generate: Callable[[str, str], None]  # target, hint


@dataclass
class Review:
    """The walk through the cases."""

    desk: Desk
    tools: Tools
    cases: Cases
    author: str
    done: dict[str, str] = field(default_factory=dict)  # case id -> what was decided
    offered: list[Case] = field(default_factory=list)

    def run(self) -> int:
        """Ask until everything was seen, or the person has enough; Ctrl-C and Ctrl-D end it, nothing is lost."""
        self.offered = [case for case in (*self.cases.tests, *self.cases.bugs, *self.cases.gaps) if case.is_open]
        said = [
            count(len(self.cases.tests), "test"),
            count(sum(case.kind not in (TEST, SUSPECTED_BUG) for case in self.offered), "gap"),
            count(sum(case.kind == SUSPECTED_BUG for case in self.offered), "suspected bug"),
        ]
        self.desk.say(f"llmgen review   {', '.join(said)}      Ctrl-C is safe, all saved")
        position = 0
        try:
            while 0 <= position < len(self.offered):
                position = self._next(position)
        except (KeyboardInterrupt, EOFError):
            self.desk.say("")
        self.desk.say(f"{count(len(self.done), 'answer')} saved, {len(self.offered) - len(self.done)} left")
        return 0

    def _next(self, position: int) -> int:
        """Show a case, take an answer; the position of the case to show then."""
        case = self.offered[position]
        if case.id in self.done:
            self.desk.say(f"\n[{position + 1}/{len(self.offered)}] {title_of(case)}\n  {self.done[case.id]}")
            word = self._ask("(b)ack, (q)uit, or Enter to go on ? ")
            return {"b": max(0, position - 1), "q": len(self.offered)}.get(word, self._after(position))
        self.desk.say("")
        self.desk.say(f"[{position + 1}/{len(self.offered)}] {title_of(case)}")
        try:
            for line in lines_of(case, self.desk.settings.root):
                self.desk.say(line)
        except LlmgenError as error:  # it is gone since
            self.desk.say(f"  {error}")
            return self._after(position)
        return self._answers(case, position)

    def _answers(self, case: Case, position: int) -> int:
        while True:
            word = self._ask(self._keys(case))
            if word in ("s", "b", "q"):
                return {"s": self._after(position), "b": max(0, position - 1), "q": len(self.offered)}[word]
            try:
                if self._act(case, word):
                    return self._after(position)
            except LlmgenError as error:
                self.desk.say(f"  {error}")

    def _after(self, position: int) -> int:
        """The next case that is not settled; going back shows the settled ones too."""
        rest = range(position + 1, len(self.offered))
        return next((n for n in rest if self.offered[n].id not in self.done), len(self.offered))

    def _keys(self, case: Case) -> str:
        if case.kind == TEST:
            return _TEST_KEYS
        if case.kind == SUSPECTED_BUG:
            return _BUG_KEYS
        return f"(e)quivalent {_GAP_KEYS}" if case.kind in MUTANTS else _GAP_KEYS

    def _act(self, case: Case, word: str) -> bool:
        """Do what was asked for; True where the case is settled."""
        if case.kind == TEST:
            return self._act_on_test(case, word)
        if word == "o":
            self.tools.edit(case.path, case.line)
            return False
        if word == "g" and case.kind != SUSPECTED_BUG:
            return self._generate(case)
        class_ = _LETTERS.get(word)
        if class_ is None or word not in self._letters(case):
            self.desk.say(f"  {_HELP}")
            return False
        return self._decide(case, class_)

    def _letters(self, case: Case) -> str:
        if case.kind == SUSPECTED_BUG:
            return "nf"
        return "euwt" if case.kind in MUTANTS else "uwt"

    def _decide(self, case: Case, class_: DecisionClass) -> bool:
        if not is_current(self.desk.settings.root, case):
            self.desk.say("  its function has changed since the report: run pytest --llm-check again, then decide")
            return False
        reason = self._ask_whole("  reason (12 characters or more): ")
        if fault := fault_of_reason(reason, class_):
            self.desk.say(f"  {fault}: nothing was saved")
            return False
        ref = self._ask_whole(_REFS[class_]) if class_ in _REFS else ""
        usual = default_expiry(class_, self.desk.today, days_of(self.desk.settings.review_expiry))
        decision = self._until_a_day(case, Words(class_.value, reason, ref=ref), f"{usual or NEVER}")
        save(self.desk.settings, decision)
        self._settle(case, f"saved to {self.desk.settings.review_file} as {self.author}")
        return True

    def _until_a_day(self, case: Case, words: Words, usual: str) -> Decision:
        """Ask for the day on which it expires until it is one: the reason need not be typed again."""
        while True:
            given = self._ask_whole(f"  expires [{usual}, Enter to keep]: ")
            try:
                whole = replace(words, expires=given)
                return decision_of(self.desk.settings, case, whole, self.author, self.desk.today, self.cases.operators)
            except LlmgenError as error:
                if error.slug != "bad-value":
                    raise
                self.desk.say(f"  {error}")

    def _act_on_test(self, case: Case, word: str) -> bool:
        if word == "a":
            accept_test(self.desk, case)
            self._settle(case, f"accepted in {case.path}")
        elif word == "A":
            for each in self.offered:
                if each.kind == TEST and each.data["target"] == case.data["target"] and each.id not in self.done:
                    accept_test(self.desk, each)
                    self._settle(each, f"accepted in {each.path}")
        elif word == "r":
            why = self._ask_whole(f"  why, in a word ({', '.join(WORDS)}): ")
            reject_test(self.desk, case, why)
            self._settle(case, "rejected, and not proposed again")
        elif word == "e":
            self.tools.edit(case.path, case.line)
            for line in lines_of(case, self.desk.settings.root):
                self.desk.say(line)
            return False
        elif word == "k":
            for line in lines_of(case, self.desk.settings.root, everything=True):
                self.desk.say(line)
            return False
        else:
            self.desk.say(f"  {_HELP}")
            return False
        return True

    def _generate(self, case: Case) -> bool:
        """A test for the case with a hint of the person; what it brings is offered next."""
        hint = self._ask_whole("  hint for the writer of tests: ")
        usd = self.desk.settings.max_cost
        if not hint or self._ask(f"  this may cost up to ${usd:.2f} where a model is asked; go on (y/n) ? ") != "y":
            self.desk.say("  nothing was generated")
            return False
        known = {each.id for each in self.offered}
        target = f"{case.path}::{case.qualname}" if "<" not in case.qualname else case.path
        self.tools.generate(target, hint)
        fresh = load(self.desk.settings, need_report=False)
        new = [each for each in fresh.tests if each.id not in known]
        here = self.offered.index(case)
        self.offered[here + 1 : here + 1] = new
        shown = "shown next for accept or reject" if new else "see the report above"
        self.desk.say(f"  ... {count(len(new), 'test')} written: {shown}")
        self._settle(case, "a test was asked for; the next report says whether it is closed")
        return True

    def _settle(self, case: Case, words: str) -> None:
        self.done[case.id] = words
        if case.kind != TEST:
            self.desk.say(f"  {words}")

    def _ask(self, question: str) -> str:
        return self._ask_whole(question)

    def _ask_whole(self, question: str) -> str:
        assert self.desk.ask is not None
        return self.desk.ask(question).strip()


def review(desk: Desk, tools: Tools) -> int:
    """Walk through everything that waits for a decision.

    Raises:
        LlmgenError: in CI (``refused-in-ci``), without a terminal (``needs-terminal``) or a report (``no-report``).
    """
    author = desk.author()
    if desk.ask is None:
        raise LlmgenError(
            "--llm-review needs a terminal",
            fix="--llm-show=ID, --llm-accept=ID --llm-class=CLASS --llm-reason=TEXT, --llm-accept=tests, "
            "--llm-reject=TEST and --llm-accept-file=FILE need none",
            slug="needs-terminal",
        )
    return Review(desk, tools, load(desk.settings), author).run()
