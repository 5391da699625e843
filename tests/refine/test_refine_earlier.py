"""Which generated tests of earlier runs are looked at again, what is remembered of them, what became of them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from pytest_llmgen.records import Candidate, Category, Earned, Fate, Hits, Judged, Oracle, Origin
from pytest_llmgen.refine import ledger
from pytest_llmgen.refine.earlier import Again, Surroundings, look_again, removed, told
from pytest_llmgen.refine.ledger import Ledger
from pytest_llmgen.refine.parse_back import parse_back
from pytest_llmgen.refine.render import Provenance, render_file
from pytest_llmgen.refine.write import ModuleTests, apply, plan

NAME = "test_llmgen_shop.py"
DIGESTS = {"shop.py": "s1", "tax.py": "t1"}


def candidate(name, target="shop.py::fee"):
    return Candidate(
        f"id-{name}", target, name, Category.TYPICAL, Origin.OFFLINE, Oracle.OBSERVED,
        f"def {name}():\n    assert fee(1) == 5", imports=("from shop import fee",),
    )  # fmt: skip


def text_of(*names, reviewed=()):
    candidates = [candidate(name) for name in names]
    given = Provenance("0.1", "offline", "shop.py", reviewed=frozenset(f"id-{name}" for name in reviewed))
    return render_file("shop", candidates, given).text


def entries(text, digests=DIGESTS):
    found = {}
    for test in parse_back(text, NAME):
        hits = {"shop.py": Hits(frozenset({2})), "tax.py": Hits(frozenset({1})), "other.py": Hits(frozenset({1}))}
        judged = Judged(test.candidate, Fate.KEPT, "", hits=hits, earned=Earned(lines=(2,), sole_kills=("a", "b")))
        found[NAME, test.name] = ledger.entry_of(judged, test.candidate, NAME, test.name, digests)
    return found


TEXT = text_of("test_a", "test_b", reviewed=["test_b"])
LEDGER = Ledger(entries(TEXT), "own1")
AROUND = Surroundings(DIGESTS, {"shop.py::fee"}, {"shop.py::fee"}, {"shop.py"}, "own1")


def test_what_has_not_changed_is_not_looked_at():
    assert look_again({NAME: TEXT}, LEDGER, AROUND) == Again()


@pytest.mark.parametrize(
    ("book", "around", "why"),
    [
        (LEDGER, replace(AROUND, digests={**DIGESTS, "shop.py": "s2"}), "the code that it runs has changed"),
        (LEDGER, replace(AROUND, digests={**DIGESTS, "tax.py": "t2"}), "the code that it runs has changed"),
        (LEDGER, replace(AROUND, digests={"shop.py": "s1"}), "the code that it runs has changed"),
        (LEDGER, replace(AROUND, beside="own2"), "other tests have changed"),
        (LEDGER, replace(AROUND, targets=set()), "a function is not there any more"),
        (LEDGER, replace(AROUND, always=True), "it waits for a review"),
        (Ledger(beside="own1"), AROUND, "the ledger does not know it"),
    ],
)
def test_a_file_is_looked_at_whole_and_says_why(book, around, why):
    again = look_again({NAME: TEXT}, book, around)
    assert again.reasons == {NAME: why}
    assert [test.candidate.name for test in again.tests] == ["test_a", "test_b"]
    assert {test.candidate.round for test in again.tests} == {0}


def test_code_that_no_test_runs_and_other_tests_of_a_narrow_run_do_not_count():
    assert look_again({NAME: TEXT}, LEDGER, replace(AROUND, digests={**DIGESTS, "other.py": "o2"})) == Again()
    assert look_again({NAME: TEXT}, LEDGER, replace(AROUND, beside="")) == Again()


def test_a_file_that_a_person_edited_or_that_is_out_of_scope_is_left_alone():
    changed = replace(AROUND, digests={})
    assert look_again({NAME: TEXT.replace("== 5", "== 6")}, LEDGER, changed) == Again()
    assert look_again({NAME: TEXT}, LEDGER, replace(changed, sources={"tax.py"})) == Again()


def test_what_a_person_accepted_or_what_is_out_of_scope_stays_whatever_it_earns():
    again = look_again({NAME: TEXT}, Ledger(), AROUND)
    assert [test.is_pinned for test in again.tests] == [False, True]
    again = look_again({NAME: TEXT}, Ledger(), replace(AROUND, in_scope=set()))
    assert [test.is_pinned for test in again.tests] == [True, True]


def test_only_a_known_change_of_its_code_makes_a_test_outdated():
    changed = look_again({NAME: TEXT}, LEDGER, replace(AROUND, digests={**DIGESTS, "tax.py": "t2"}))
    others = look_again({NAME: TEXT}, LEDGER, replace(AROUND, beside="own2"))
    unknown = look_again({NAME: TEXT}, Ledger(), AROUND)
    assert [[test.is_changed for test in again.tests] for again in (changed, others, unknown)] == [
        [True, True],
        [False, False],
        [False, False],
    ]


def test_the_ledger_is_read_as_it_was_written_one_line_a_test(tmp_path):
    (tmp_path / ledger.NAME).write_text(ledger.text_of(LEDGER))
    assert ledger.read(tmp_path) == LEDGER
    entry = LEDGER.entries[NAME, "test_a"]
    assert (entry.runs, entry.lines, entry.kills) == (("shop.py", "tax.py"), 1, 2)
    assert ledger.text_of(LEDGER).count("\n") == 4


@pytest.mark.parametrize("text", ["", "{", '{"version": 2, "beside": "", "tests": []}', '{"version": 1, "tests": [3]}'])
def test_a_ledger_that_is_none_knows_nothing(tmp_path, text):
    (tmp_path / ledger.NAME).write_text(text)
    assert ledger.read(tmp_path) == Ledger()
    assert ledger.read(tmp_path / "nowhere") == Ledger()


def test_what_goes_is_said_with_its_reason_and_what_a_person_accepted_stays_though_it_fails():
    gone_too = replace(AROUND, targets=set())
    again = look_again({NAME: TEXT}, LEDGER, replace(AROUND, digests={}))
    a, b = (test.candidate for test in again.tests)
    judged = [Judged(a, Fate.FAILING, "it fails on the code as it is: 6 == 5\nmore")]
    pinned = [Judged(b, Fate.FAILING, "it fails too", nodeid=f"out/{b.id}")]
    gone = removed(again.tests, judged)
    assert gone == {a.id: "it fails on the code as it is: 6 == 5"}
    assert list(told(again, gone, pinned, "out")) == [
        "looked again at 2 generated tests (the code that it runs has changed): 1 removed, 1 left though failing",
        f"removed out/{NAME}::test_a: it fails on the code as it is: 6 == 5",
        f"left out/{NAME}::test_b (accepted by a person), though it fails: it fails too",
    ]
    assert list(told(Again(), {}, [], "out")) == []
    assert set(removed(look_again({NAME: TEXT}, LEDGER, gone_too).tests, [])) == {a.id, b.id}


def write(folder, *names, gone=()):
    tests = tuple(Judged(candidate(name), Fate.KEPT, "") for name in names)
    planned = plan(folder, [ModuleTests("shop", tests, Provenance("0.1", "offline", "shop.py"))], gone)
    apply(planned)
    return planned


def test_a_test_that_goes_leaves_its_file_and_an_empty_file_goes_too(tmp_path):
    write(tmp_path, "test_a", "test_b")
    write(tmp_path, gone=[f"{NAME}::test_a"])
    text = (tmp_path / NAME).read_text()
    assert ("test_a" in text, "test_b" in text) == (False, True)
    planned = write(tmp_path, gone=[f"{NAME}::test_b"])
    assert planned.empty == (tmp_path / NAME,)
    assert not (tmp_path / NAME).exists()


def test_the_file_of_a_module_that_is_gone_goes_only_with_all_its_tests(tmp_path):
    write(tmp_path, "test_a", "test_b")
    apply(plan(tmp_path, [], [f"{NAME}::test_a"]))
    assert (tmp_path / NAME).exists()
    apply(plan(tmp_path, [], [f"{NAME}::test_a", f"{NAME}::test_b"]))
    assert not (tmp_path / NAME).exists()


def test_an_edited_file_loses_nothing(tmp_path):
    write(tmp_path, "test_a", "test_b")
    edited = (tmp_path / NAME).read_text().replace("== 5", "== 6", 1)
    (tmp_path / NAME).write_text(edited)
    planned = write(tmp_path, gone=[f"{NAME}::test_a", f"{NAME}::test_b"])
    assert (planned.files, planned.empty, planned.notes) == ({}, (), ())
    assert (tmp_path / NAME).read_text() == edited
