"""The set that is kept: nothing lost, nothing superfluous, every reason said."""

import random
from dataclasses import replace

from pytest_llmgen.records import Candidate, Category, Fate, FileLines, Hits, Judged, Oracle, Origin
from pytest_llmgen.refine.choose import choose

FILES = {"a.py": FileLines("a.py", frozenset(range(1, 20)), frozenset({(1, 2), (1, 3)}))}
ALL = {"a.py::f": frozenset(Category)}


def judged(
    name, lines=(), kills=(), *, arcs=(), path="a.py", fate=Fate.KEPT, size=1, category=Category.TYPICAL, **more
):
    source = f"def {name}():\n" + "    assert f()\n" * size
    candidate = Candidate(name, "a.py::f", name, category, Origin.OFFLINE, Oracle.OBSERVED, source)
    return Judged(
        candidate, fate, "passes", hits={path: Hits(frozenset(lines), frozenset(arcs))}, kills=frozenset(kills), **more
    )


def run(*candidates, hits=None, kills=(), filled=ALL):
    return choose(
        candidates, baseline_hits=hits or {}, files=FILES, baseline_kills=frozenset(kills), filled_categories=filled
    )


def names(answer, fate=Fate.KEPT):
    return [each.candidate.name for each in answer if each.fate is fate]


def test_a_candidate_that_adds_a_line_a_branch_or_a_kill_is_kept():
    answer = run(judged("line", [1]), judged("arc", arcs=[(1, 2)]), judged("kill", kills=["m"]))
    assert names(answer) == ["line", "arc", "kill"]
    assert [each.earned.lines for each in answer] == [(1,), (), ()]
    assert answer[1].earned.branches == ((1, 2),)
    assert answer[2].earned.sole_kills == answer[2].earned.kills == ("m",)


def test_what_the_projects_own_tests_do_earns_nothing():
    (answer,) = run(judged("t", [1], ["m"]), hits={"a.py": Hits(frozenset({1}))}, kills=["m"])
    assert (answer.fate, answer.code) == (Fate.REDUNDANT, "nothing-new")


def test_lines_outside_the_files_in_scope_earn_nothing():
    assert names(run(judged("elsewhere", [1], path="b.py"), judged("no_statement", [99]))) == []


def test_of_two_equal_candidates_the_shorter_one_stays_and_the_other_names_it():
    answer = run(judged("long", [1, 2], size=5), judged("short", [1, 2]))
    assert names(answer) == ["short"]
    assert answer[0].reason == "all that it adds is covered by short"


def test_a_documented_example_stays_before_a_shorter_test_of_what_the_code_does_today():
    example = judged("example", [1], size=3)
    example = replace(example, candidate=replace(example.candidate, oracle=Oracle.DOCTEST))
    assert names(run(judged("short", [1]), example)) == ["example"]


def test_of_two_equally_short_ones_the_faster_stays():
    assert names(run(judged("a_slow", [1], seconds=5.0), judged("b_fast", [1], seconds=0.1))) == ["b_fast"]


def test_small_differences_in_time_do_not_decide():
    assert names(run(judged("a", [1], seconds=0.3), judged("b", [1], seconds=0.1))) == ["a"]


def test_a_large_first_choice_goes_when_the_later_ones_cover_it_together():
    answer = run(judged("big", [2, 3, 4, 5]), judged("left", [1, 2, 3]), judged("right", [4, 5, 6]))
    assert names(answer) == ["left", "right"]
    assert answer[0].reason == "all that it adds is covered by left, right"


def test_an_empty_category_is_filled_once_with_the_cheapest():
    answer = run(
        judged("adds", [1]),
        judged("edge_long", category=Category.EDGE, size=3),
        judged("edge", category=Category.EDGE),
        filled={"a.py::f": frozenset({Category.TYPICAL})},
    )
    assert names(answer) == ["adds", "edge"]
    assert answer[2].earned.category
    assert answer[2].reason == "the only test of the edge category for its target"
    assert not answer[0].earned.category


def test_a_category_that_a_kept_test_fills_needs_no_second_one():
    assert names(run(judged("adds", [1]), judged("other"), filled={})) == ["adds"]


def test_candidates_that_did_not_pass_are_returned_untouched():
    failing = judged("t", [1], fate=Fate.FAILING)
    assert run(failing) == (failing,)


def test_the_order_of_the_input_does_not_decide():
    generator = random.Random(3)
    many = [judged(f"t{n}", generator.sample(range(1, 20), 4), size=generator.randint(1, 4)) for n in range(30)]
    expected = set(names(run(*many)))
    generator.shuffle(many)
    assert set(names(run(*many))) == expected


def test_nothing_is_lost_and_nothing_is_superfluous():
    generator = random.Random(7)
    for _ in range(50):
        many = [
            judged(f"t{n}", generator.sample(range(1, 20), generator.randint(0, 5)), generator.sample("abcdefgh", 2))
            for n in range(12)
        ]
        kept = [each for each in run(*many) if each.fate is Fate.KEPT]
        assert _reach(kept) == _reach(many)
        assert all(_reach(each for each in kept if each is not out) != _reach(many) for out in kept)


def _reach(tests):
    tests = list(tests)
    return {line for t in tests for line in t.hits["a.py"].lines} | {kill for t in tests for kill in t.kills}


def test_two_thousand_candidates_and_five_thousand_mutants_are_answered():
    generator = random.Random(1)
    mutants = [f"m{n}" for n in range(5000)]
    many = [judged(f"t{n}", kills=generator.sample(mutants, 40)) for n in range(2000)]
    answer = run(*many)
    assert {k for each in answer if each.fate is Fate.KEPT for k in each.kills} == {
        k for each in many for k in each.kills
    }


def test_the_same_test_under_two_names_fills_no_category():
    one, other = judged("one", [1], size=2), judged("other", size=2)
    moved = replace(other, candidate=replace(other.candidate, target="a.py::g"))
    assert names(run(one, moved, filled={"a.py::f": ALL["a.py::f"]})) == ["one"]
    longer = replace(moved, candidate=replace(moved.candidate, source="def other():\n    assert g()\n"))
    assert names(run(one, longer, filled={"a.py::f": ALL["a.py::f"]})) == ["one", "other"]


def documented(name, *args):
    found = judged(name, *args)
    return replace(found, candidate=replace(found.candidate, oracle=Oracle.DOCTEST))


def shown(name, shows, *args):
    found = judged(name, *args)
    return replace(found, candidate=replace(found.candidate, shows=shows))


def test_each_documented_example_and_each_ordinary_input_stays_beside_what_reaches_the_same():
    answer = run(
        judged("all", [1, 2], ["m"]),
        documented("example", [1]),
        documented("other", [1]),
        shown("usual", "ordinary-1", [1]),
        shown("another", "ordinary-2", [1]),
    )
    assert names(answer) == ["all", "example", "other", "usual", "another"]
    assert [each.earned.shows for each in answer[1:]] == ["a documented example"] * 2 + ["an ordinary input"] * 2
    assert answer[1].reason == "no other test has its documented example"
    assert answer[4].reason == "no other test has its ordinary input"


def test_of_two_tests_that_show_the_same_one_stays():
    assert names(run(shown("one", "ordinary-1", [1]), shown("two", "ordinary-1", [1]))) == ["one"]


def test_an_example_of_what_the_projects_own_tests_do_already_earns_nothing():
    assert names(run(documented("example", [1], ["m"]), hits={"a.py": Hits(frozenset({1}))}, kills=["m"])) == []


def test_what_a_model_took_from_the_documentation_must_earn_its_place_like_any_other():
    found = documented("example", [1])
    of_model = replace(found, candidate=replace(found.candidate, origin=Origin.MODEL))
    assert names(run(judged("all", [1, 2]), of_model)) == ["all"]
