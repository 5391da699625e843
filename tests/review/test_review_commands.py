"""Decisions from the command line, on a project with a report."""

from __future__ import annotations

import json
import os
import pty
import re
import select
import subprocess
import sys
import time
from datetime import timedelta

import pytest

from pytest_llmgen.review import file

WHY = "--llm-reason=the wording is nobody's business"


def gap(shop, operator):
    gaps = json.loads(shop.read(".llmgen/report.json"))["gaps"]
    return next(each for each in gaps if each["operator"] == operator)


def decisions(shop):
    return file.read(shop.root / "llmgen-review.toml", "r").decisions


def test_an_accepted_gap_is_saved_and_holds_until_the_function_changes(shop):
    identity = gap(shop, "string")["id"]
    status, output = shop.run(f"--llm-accept={identity[:5]}", "--llm-class=unreachable", WHY)
    assert status == 0, output
    (decision,) = decisions(shop)
    assert (decision.id, decision.author) == (identity, "Ann Dev <ann@example.org>")
    assert decision.expires == decision.date + timedelta(days=365)
    assert shop.run("--llm-review-check")[0] == 0
    source = shop.root / "shop.py"
    source.write_text(shop.read("shop.py").replace("return 5", "return 5  # cheap").replace("'", '"'))
    assert shop.run("--llm-review-check")[0] == 0
    source.write_text(shop.read("shop.py").replace(">= 100", ">= 90"))
    status, output = shop.run("--llm-review-check")
    assert (status, "is stale: fee has changed" in output) == (10, True)


def test_a_decision_on_a_classs_body_is_not_stale_without_a_run_that_says_so(shop):
    assert shop.run(f"--llm-accept={gap(shop, 'string')['id']}", "--llm-class=unreachable", WHY)[0] == 0
    book = shop.root / "llmgen-review.toml"
    book.write_text(book.read_text().replace("shop.py::fee", "shop.py::Box"))
    source = shop.root / "shop.py"
    source.write_text(shop.read("shop.py") + "\n\nclass Box:\n    size = 1\n")
    assert shop.run("--llm-review-check")[0] == 0
    source.write_text(shop.read("shop.py").replace("class Box", "class Crate"))
    assert shop.run("--llm-review-check")[0] == 10


@pytest.mark.parametrize(
    ("arguments", "slug"),
    [
        (["--llm-accept={}", "--llm-class=wont-test", "--llm-reason=because"], "bad-reason"),
        (["--llm-accept={}", WHY], "bad-class"),
        (["--llm-accept={}", "--llm-class=false-alarm", WHY], "bad-class"),
        (["--llm-accept={}", "--llm-class=wont-test", WHY, "--llm-expires=never"], "bad-value"),
        (["--llm-accept={}", "--llm-class=wont-test", WHY, "--llm-expires=2020-01-01"], "bad-value"),
        (["--llm-accept=M-zzzzzzz", "--llm-class=wont-test", WHY], "unknown-id"),
        (["--llm-accept=M", "--llm-class=wont-test", WHY], "ambiguous-id"),
        (["--llm-review"], "needs-terminal"),
        (["--llm-prune", "--llm-baseline"], "two-commands"),
        (["--llm-accept-file=none.json"], "bad-decisions-file"),
        (["--llm-reject={}"], "not-a-test"),
    ],
)
def test_what_cannot_be_done_is_a_usage_error_and_writes_nothing(shop, arguments, slug):
    identity = gap(shop, "string")["id"]
    status, output = shop.run(*(argument.format(identity) for argument in arguments))
    assert status == 4, output
    assert f"[{slug}]" in output
    assert decisions(shop) == ()


def test_nothing_is_accepted_in_ci_or_by_a_program(shop):
    arguments = (f"--llm-accept={gap(shop, 'string')['id']}", "--llm-class=wont-test", WHY)
    for variables, slug in (({"CI": "true"}, "refused-in-ci"), ({}, "bot-author")):
        shop.git("config", "user.name", "dependabot[bot]" if slug == "bot-author" else "Ann Dev")
        status, output = shop.run(*arguments, **variables)
        assert (status, f"[{slug}]" in output) == (4, True), output
    assert shop.run("--llm-review", CI="1")[0] == 4
    assert decisions(shop) == ()


def test_a_gap_of_changed_code_is_not_accepted(shop):
    identity = gap(shop, "string")["id"]
    (shop.root / "shop.py").write_text(shop.read("shop.py").replace("100", "99"))
    status, output = shop.run(f"--llm-accept={identity}", "--llm-class=wont-test", WHY)
    assert (status, "[report-too-old]" in output) == (4, True)


def test_accepted_tests_say_reviewed_and_the_file_stays_ours(shop):
    from pytest_llmgen.refine.render import is_ours

    status, output = shop.run("--llm-accept=tests")
    text = shop.read("tests/llmgen/test_llmgen_shop.py")
    assert (status, text.count("reviewed=yes"), is_ours(text)) == (0, 2, True), output
    assert "no generated test waits" in shop.run("--llm-accept=tests")[1]


def test_a_rejected_test_leaves_its_file_and_is_remembered(shop):
    from pytest_llmgen.refine.render import is_ours
    from pytest_llmgen.review.generated import rejections

    status, output = shop.run("--llm-reject=test_fee_of_0", "--llm-reason=trivial")
    text = shop.read("tests/llmgen/test_llmgen_shop.py")
    assert (status, "test_fee_of_0" in text, "test_fee_of_7" in text, is_ours(text)) == (0, False, True, True), output
    assert [(r.name, r.why) for r in rejections(shop.root / ".llmgen")] == [("test_fee_of_0", "trivial")]
    assert shop.run("--llm-reject=test_fee_of_7")[0] == 0
    assert not (shop.root / "tests/llmgen/test_llmgen_shop.py").exists()


def test_a_test_that_waits_joins_the_suite_when_it_is_accepted(shop):
    waiting = shop.root / ".llmgen" / "pending"
    (shop.root / "tests" / "llmgen").rename(waiting)
    pending = ("-o", "llm_pending=true")
    assert shop.run(*pending, "--llm-accept=test_fee_of_7")[0] == 0
    text = shop.read("tests/llmgen/test_llmgen_shop.py")
    assert ("def test_fee_of_7" in text, "reviewed=yes" in text, "test_fee_of_0" in text) == (True, True, False)
    assert "test_fee_of_7" not in (waiting / "test_llmgen_shop.py").read_text()
    status, output = shop.run(*pending, "--llm-accept=tests")
    assert (status, "written to tests/llmgen/test_llmgen_shop.py" in output) == (0, True), output
    assert shop.read("tests/llmgen/test_llmgen_shop.py").count("reviewed=yes") == 2 + 1  # and the header's sentence
    assert list(waiting.glob("test_*.py")) == []
    assert shop.run("tests/llmgen")[0] == 0


def test_a_mutant_is_applied_to_a_clean_file_only(shop):
    mutant = gap(shop, "string")
    status, output = shop.run(f"--llm-apply={mutant['id']}")
    assert status == 0, output
    changed = "\n".join(line[2:] for line in mutant["diff"].splitlines() if line.startswith("+"))
    assert changed in shop.read("shop.py")
    status, output = shop.run(f"--llm-apply={mutant['id']}")
    assert (status, "[file-dirty]" in output) == (4, True)
    shop.git(*re.search(r"git (checkout -- \S+)", "git checkout -- shop.py")[1].split())
    assert 'note = "large"' in shop.read("shop.py")


def test_show_tells_all_that_is_known(shop):
    mutant = gap(shop, "string")
    status, output = shop.run(f"--llm-show={mutant['id']}")
    assert (status, "SURVIVING MUTANT" in output, "test_large" in output) == (0, True, True)


def test_decisions_of_the_html_report_are_taken_over_and_faults_are_named(shop):
    rows = [
        {"id": gap(shop, "string")["id"], "class": "wont-test", "reason": "wording, not part of the contract"},
        {"id": "M-zzzzzzz", "class": "wont-test", "reason": "wording, not part of the contract"},
    ]
    tests = [{"nodeid": "tests/llmgen/test_llmgen_shop.py::test_fee_of_0", "decision": "reject", "reason": "slow"}]
    (shop.root / "d.json").write_text(json.dumps({"decisions": rows, "tests": tests}))
    status, output = shop.run("--llm-accept-file=d.json")
    assert "test_fee_of_0" not in shop.read("tests/llmgen/test_llmgen_shop.py")
    assert (status, "[unknown-id]" in output, len(decisions(shop))) == (4, True, 1)


def test_a_baseline_is_made_once_and_the_next_check_counts_no_old_gap(shop):
    status, output = shop.run("--llm-baseline")
    assert status == 0, output
    assert "merge=union" in output
    status, output = shop.run("--llm-baseline")
    assert (status, "[needs-terminal]" in output) == (4, True)
    assert shop.run("--llm-accept=tests")[0] == 0
    status, output = shop.run("--llm-check")
    assert status == 0, output
    report = json.loads(shop.read(".llmgen/report.json"))
    assert {each["state"] for each in report["gaps"]} == {"baseline"}
    assert report["review"]["baseline_used"] == len(report["gaps"])


def test_a_suspected_bug_is_confirmed_with_a_ref_or_called_a_false_alarm(shop):
    path = shop.root / ".llmgen" / "report.json"
    report = json.loads(path.read_text())
    context = next(each["context"] for each in report["functions"] if each["qualname"] == "fee")
    words = dict.fromkeys(("summary", "expected", "source", "test", "test_source", "quote"), "fee(100) is 0")
    report["suspected_bugs"] = [
        {**words, "id": f"X-{n}000000", "path": "shop.py", "line": 4, "qualname": "fee", "observed": f"KeyError: {n}",
         "reproduced": [5, 5], "state": "open", "context": context, "decision": None}
        for n in (1, 2)
    ]  # fmt: skip
    path.write_text(json.dumps(report))
    status, output = shop.run("--llm-accept=X-1", "--llm-class=known-bug", WHY)
    assert (status, "[ref-missing]" in output) == (4, True), output
    assert "[bad-class]" in shop.run("--llm-accept=X-1", "--llm-class=wont-test", WHY)[1]
    assert shop.run("--llm-accept=X-1", "--llm-class=known-bug", WHY, "--llm-ref=https://example.org/7")[0] == 0
    assert shop.run("--llm-accept=X-2", "--llm-class=false-alarm", WHY)[0] == 0
    known, alarm = decisions(shop)
    assert (known.ref, known.expires, alarm.expires) == (
        "https://example.org/7", known.date + timedelta(days=90), None
    )  # fmt: skip
    assert (known.gap.kind, known.gap.before) == ("suspected-bug", "KeyError: 1")


def test_a_review_file_that_is_none_makes_the_check_fail_with_file_and_line(shop):
    (shop.root / "llmgen-review.toml").write_text("version = 1\n\n[[accepted]]\nid = 'M-0x5ra8v'\n")
    status, output = shop.run("--llm-review-check")
    assert (status, "llmgen-review.toml:3: M-0x5ra8v: reason is missing" in output) == (11, True)


class Terminal:
    """The review in a pseudo-terminal."""

    def __init__(self, shop, *arguments, **variables):
        self.master, slave = pty.openpty()
        self.output = ""
        self.process = subprocess.Popen(
            shop.command(*arguments), cwd=shop.root, env=shop.variables(TERM="dumb", **variables),
            stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
        )  # fmt: skip
        os.close(slave)

    def until(self, text, seconds=60):
        end = time.monotonic() + seconds
        while text not in self.output:
            assert time.monotonic() < end, self.output
            if select.select([self.master], [], [], 0.5)[0]:
                try:
                    self.output += os.read(self.master, 65536).decode()
                except OSError:
                    break
        before, found, self.output = self.output.partition(text)
        assert found, before
        return before

    def type(self, text):
        os.write(self.master, f"{text}\n".encode())

    def end(self):
        status = self.process.wait(60)
        os.close(self.master)
        return status


def test_a_review_in_a_terminal_saves_every_answer_at_once(shop):
    terminal = Terminal(shop, "--llm-review")
    terminal.until("2 tests,")
    terminal.until("test_fee_of_7")
    terminal.until("(q)uit ? ")
    terminal.type("a")
    terminal.until("test_fee_of_0")
    assert "reviewed=yes" in shop.read("tests/llmgen/test_llmgen_shop.py")
    terminal.until("(q)uit ? ")
    terminal.type("b")
    terminal.until("accepted in")
    terminal.until("go on ? ")
    terminal.type("")
    terminal.until("test_fee_of_0")
    terminal.until("(q)uit ? ")
    terminal.type("r")
    terminal.until("in a word")
    terminal.type("trivial")
    terminal.until("SURVIVING MUTANT")
    terminal.until("(q)uit ? ")
    terminal.type("w")
    terminal.until("or more): ")
    terminal.type("short")
    terminal.until("nothing was saved")
    terminal.until("(q)uit ? ")
    terminal.type("w")
    terminal.until("or more): ")
    terminal.type("this is not worth a test")
    terminal.until("Enter to keep]: ")
    terminal.type("2020-01-01")
    terminal.until("[bad-value]")
    terminal.until("Enter to keep]: ")
    terminal.type("")
    terminal.until("saved to llmgen-review.toml as Ann Dev <ann@example.org>")
    assert [decision.reason for decision in decisions(shop)] == ["this is not worth a test"]
    terminal.until("(q)uit ? ")
    os.write(terminal.master, b"\x04")  # the end of input; Ctrl-C ends it in the same way
    terminal.until("3 answers saved")
    assert terminal.end() == 0
    assert "test_fee_of_0" not in shop.read("tests/llmgen/test_llmgen_shop.py")


def test_a_baseline_is_replaced_by_a_typed_word_only(shop):
    assert shop.run("--llm-baseline")[0] == 0
    file = shop.root / "llmgen-baseline.json"
    file.write_text('{"version": 1, "gaps": [\nnull]}\n')
    for word, said, status in (("yes", "nothing was changed", 4), ("baseline", "gaps are old debt now", 0)):
        terminal = Terminal(shop, "--llm-baseline")
        terminal.until("to replace it: ")
        terminal.type(word)
        terminal.until(said)
        assert terminal.end() == status
    assert file.read_text().count('"id"') > 0


EDITOR = """#!{python}
import pathlib, sys
pathlib.Path("edited.txt").write_text(" ".join(sys.argv[1:]))
if sys.argv[-1].endswith("test_llmgen_shop.py"):
    file = pathlib.Path(sys.argv[-1])
    file.write_text(file.read_text().replace("fee(7) == 5", "fee(8) == 5"))
"""


def test_a_review_opens_the_editor_and_has_a_test_written_with_a_hint(shop):
    editor = shop.root / "editor"
    editor.write_text(EDITOR.format(python=sys.executable))
    editor.chmod(0o755)
    arguments = ("--llm-review", "--llm-provider=offline", "--llm-time=2")
    terminal = Terminal(shop, *arguments, VISUAL=f"{editor} --wait")
    terminal.until("assert fee(7) == 5")
    terminal.until("(q)uit ? ")
    terminal.type("e")
    terminal.until("assert fee(8) == 5")
    assert shop.read("edited.txt") == f"--wait {shop.root}/tests/llmgen/test_llmgen_shop.py"
    terminal.until("(q)uit ? ")
    terminal.type("A")
    terminal.until("SURVIVING MUTANT")
    terminal.until("(q)uit ? ")
    terminal.type("o")
    terminal.until("(q)uit ? ")
    assert shop.read("edited.txt") == f"--wait {shop.root}/shop.py"
    terminal.type("g")
    terminal.until("hint for the writer of tests: ")
    terminal.type("an amount of exactly 100")
    terminal.until("this may cost up to $1.00 where a model is asked; go on (y/n) ? ")
    terminal.type("y")
    terminal.until("written: shown next for accept or reject", seconds=120)
    terminal.until("NEW TEST  tests/llmgen/")
    terminal.until("(q)uit ? ")
    terminal.type("q")
    terminal.until("3 answers saved")
    assert terminal.end() == 0
    assert shop.read("tests/llmgen/test_llmgen_shop.py").count("reviewed=yes") == 2


def test_an_accepted_test_is_known_by_its_name(shop):
    assert shop.run("--llm-accept=test_fee_of_7")[0] == 0
    status, output = shop.run("--llm-accept=test_fee_of_7")
    assert (status, "test_fee_of_7: reviewed already" in output) == (0, True), output
    status, output = shop.run("--llm-show=test_fee_of_7")
    assert (status, "REVIEWED" in output) == (0, True), output
