"""The smallest readable set of candidates that keeps every covered line, branch and killed mutant.

Examples of the documentation, and inputs of ordinary length that were sought for their own sake, stay as well where the
project's own tests leave something of theirs open: mutants stand for few of the faults there are.

Greedy set cover, then a pass that drops what the rest makes redundant.  What a candidate reaches is
one integer, a bit for each line, branch and mutant, so that thousands of each are no burden.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush

from pytest_llmgen.records import Arc, Candidate, Category, Earned, Fate, FileLines, Hits, Judged, Oracle, Origin
from pytest_llmgen.refine.earlier import ROUND

Item = tuple[str, str, int | Arc]
"""``("line", path, 12)``, ``("branch", path, (12, 14))``, ``("kill", mutant id, 0)`` or ``("show", what, 0)``."""

Cost = tuple[bool, bool, int, int, bool, str, str]
FAST = 1.0  # seconds under which tests count as equally fast: measured times differ from run to run
EXAMPLE = "a documented example"
_SHOWN = {"ordinary": "an ordinary input", "property": "a property that the names promise"}
NAMED = 3  # tests named at most as what makes another one redundant


@dataclass
class _Bits:
    """Gives each item its bit."""

    position: dict[Item, int] = field(default_factory=dict)

    def mask(self, items: Iterable[Item]) -> int:
        mask = 0
        for item in items:
            mask |= 1 << self.position.setdefault(item, len(self.position))
        return mask


def choose(
    judged: Sequence[Judged],
    *,
    baseline_hits: Mapping[str, Hits],
    files: Mapping[str, FileLines],
    baseline_kills: frozenset[str],
    filled_categories: Mapping[str, frozenset[Category]],
) -> tuple[Judged, ...]:
    """Candidates that pass (``Fate.KEPT``) become kept or redundant; the others stay as they are.

    Args:
        judged: all candidates, in any order; the answer is in the same order.
        baseline_hits: what the project's own tests cover, by path.
        files: the files in scope; hits anywhere else do not count.
        baseline_kills: ids of mutants that the project's own tests kill.
        filled_categories: by ``Target.key``, the categories that already have a test.
    """
    bits = _Bits()
    baseline = bits.mask(_items(baseline_hits, files, baseline_kills))
    passing = [index for index, each in enumerate(judged) if each.fate is Fate.KEPT]
    masks = {i: bits.mask(_items(judged[i].hits, files, judged[i].kills)) & ~baseline for i in passing}
    masks = {i: mask | (bits.mask(_shown(judged[i].candidate)) if mask else 0) for i, mask in masks.items()}
    costs = {i: _cost(judged[i]) for i in passing}
    kept = _without_redundant(_cover(masks, costs), masks, costs)
    fillers = _fill_categories(judged, [i for i in passing if i not in kept], kept, costs, filled_categories)
    items = {position: item for item, position in bits.position.items()}
    answer = list(judged)
    unique = _unique(kept, masks)
    for index in kept:
        fills = _fills(judged[index], filled_categories)
        earned = _earned(judged[index], _unpack(masks[index], items), _unpack(unique[index], items), fills=fills)
        answer[index] = replace(judged[index], code="earned", reason=_say_earned(earned, unique[index]), earned=earned)
    for index in fillers:
        category = judged[index].candidate.category
        reason = f"the only test of the {category} category for its target"
        answer[index] = replace(judged[index], code="category", reason=reason, earned=Earned(category=True))
    for index in passing:
        if index not in kept and index not in fillers:
            code, reason = _say_redundant(masks[index], judged, kept, masks)
            answer[index] = replace(judged[index], fate=Fate.REDUNDANT, code=code, reason=reason)
    return tuple(answer)


def _items(hits: Mapping[str, Hits], files: Mapping[str, FileLines], kills: frozenset[str]) -> Iterable[Item]:
    for path in sorted(hits.keys() & files.keys()):
        yield from (("line", path, line) for line in sorted(hits[path].lines & files[path].statements))
        yield from (("branch", path, arc) for arc in sorted(hits[path].arcs & files[path].branches))
    yield from (("kill", mutant, 0) for mutant in sorted(kills))


def _shown(candidate: Candidate) -> Iterable[Item]:
    """What a test of the embedded generator shows, whatever else reaches the same."""
    if candidate.origin is Origin.OFFLINE and candidate.oracle in (Oracle.DOCUMENTATION, Oracle.DOCTEST):
        yield "show", f"{EXAMPLE} {candidate.id}", 0
    elif candidate.shows:
        yield "show", f"{candidate.shows} {candidate.target}", 0


def _cost(judged: Judged) -> Cost:
    """What is on disk first, then what the documentation says, shorter, clearly faster, parametrized, and by name."""
    candidate = judged.candidate
    parts = (candidate.source, *candidate.helpers)
    lines = sum(bool(line.strip()) for part in parts for line in part.splitlines())
    plain = "parametrize" not in candidate.source.partition("def ")[0]
    is_today = candidate.oracle not in (Oracle.DOCUMENTATION, Oracle.DOCTEST)
    return candidate.round != ROUND, is_today, lines, int(judged.seconds / FAST), plain, candidate.name, candidate.id


def _cover(masks: Mapping[int, int], costs: Mapping[int, Cost]) -> list[int]:
    """Greedy set cover with lazy re-evaluation: gains only shrink, so a stale entry is an upper bound."""
    heap = [(-mask.bit_count(), costs[index], index) for index, mask in masks.items() if mask]
    heapify(heap)
    covered, chosen = 0, []
    while heap:
        bound, cost, index = heappop(heap)
        gain = (masks[index] & ~covered).bit_count()
        if gain == -bound:
            chosen.append(index)
            covered |= masks[index]
        elif gain:
            heappush(heap, (-gain, cost, index))
    return chosen


def _without_redundant(chosen: list[int], masks: Mapping[int, int], costs: Mapping[int, Cost]) -> list[int]:
    """Drop, dearest first, whatever the others cover together."""
    kept = list(chosen)
    for index in sorted(chosen, key=costs.__getitem__, reverse=True):
        if not _unique(kept, masks)[index]:
            kept.remove(index)
    return kept


def _unique(kept: Sequence[int], masks: Mapping[int, int]) -> dict[int, int]:
    """What each covers that no other of them does."""
    once = twice = 0
    for index in kept:
        twice |= once & masks[index]
        once |= masks[index]
    return {index: masks[index] & ~twice for index in kept}


def _fill_categories(
    judged: Sequence[Judged],
    rest: Sequence[int],
    kept: Sequence[int],
    costs: Mapping[int, Cost],
    filled: Mapping[str, frozenset[Category]],
) -> list[int]:
    """The cheapest candidate for each category of a target that has no test yet."""
    taken = {(judged[i].candidate.target, judged[i].candidate.category) for i in kept}
    done = {_does(judged[i].candidate): judged[i].candidate.target for i in kept}
    fillers = []
    for index in sorted(rest, key=costs.__getitem__):
        place = (judged[index].candidate.target, judged[index].candidate.category)
        does, target = _does(judged[index].candidate), judged[index].candidate.target
        if _fills(judged[index], filled) and place not in taken and done.setdefault(does, target) == target:
            taken.add(place)
            fillers.append(index)
    return fillers


def _does(candidate: Candidate) -> str:
    """What a test does, whatever it is called: the same test of another target fills nothing."""
    node = ast.parse(candidate.source).body[-1]
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return candidate.source
    body = node.body[1:] if ast.get_docstring(node) is not None else node.body
    return "\n".join(ast.unparse(part) for part in (*node.decorator_list, node.args, *body))


def _fills(judged: Judged, filled: Mapping[str, frozenset[Category]]) -> bool:
    return judged.candidate.category not in filled.get(judged.candidate.target, frozenset())


def _unpack(mask: int, items: Mapping[int, Item]) -> list[Item]:
    found = []
    while mask:
        lowest = mask & -mask
        found.append(items[lowest.bit_length() - 1])
        mask ^= lowest
    return found


def _earned(judged: Judged, new: list[Item], unique: list[Item], *, fills: bool) -> Earned:
    """Lines and branches of the target's own file; kills that are new, and those that are its own alone."""
    path = judged.candidate.target.partition("::")[0]
    return Earned(
        lines=tuple(sorted(x for kind, where, x in unique if kind == "line" and where == path and isinstance(x, int))),
        branches=tuple(
            sorted(x for kind, where, x in unique if kind == "branch" and where == path and not isinstance(x, int))
        ),
        kills=tuple(sorted(where for kind, where, _ in new if kind == "kill")),
        sole_kills=tuple(sorted(where for kind, where, _ in unique if kind == "kill")),
        category=fills,
        shows=next((_said(what) for kind, what, _ in unique if kind == "show"), ""),
    )


def _said(what: str) -> str:
    """In words what a test shows."""
    word = what.partition(" ")[0].partition("-")[0]
    return EXAMPLE if what.startswith(EXAMPLE) else _SHOWN.get(word, word)


def _say_earned(earned: Earned, unique: int) -> str:
    here = len(earned.lines) + len(earned.branches) + len(earned.sole_kills) + bool(earned.shows)
    parts = [
        _count(len(earned.lines), "line"),
        _count(len(earned.branches), "branch", "branches"),
        _count(len(earned.sole_kills), "kill"),
        earned.shows.partition(" ")[2],
        _count(unique.bit_count() - here, "line or branch of other files", "lines or branches of other files"),
    ]
    return f"no other test has its {', '.join(part for part in parts if part)}"


def _count(number: int, one: str, many: str = "") -> str:
    return f"{number} {one if number == 1 else many or one + 's'}" if number else ""


def _say_redundant(
    mask: int, judged: Sequence[Judged], kept: Sequence[int], masks: Mapping[int, int]
) -> tuple[str, str]:
    if not mask:
        return "nothing-new", "the project's own tests already cover and kill all that it does"
    names: list[str] = []
    while mask and len(names) < NAMED:
        best = max(kept, key=lambda index: (masks[index] & mask).bit_count())
        names.append(judged[best].candidate.name)
        mask &= ~masks[best]
    return "covered-by-others", f"all that it adds is covered by {', '.join(names)}{' and others' if mask else ''}"
