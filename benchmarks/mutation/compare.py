"""What the tools' outcomes come to, side by side: counts, costs, where verdicts differ, and the goals."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from statistics import median

from projects import PROJECTS
from tools import Entry, Outcome

DETECTED = frozenset({"Killed", "Timeout", "RuntimeError"})
OPEN = frozenset({"Survived", "NoCoverage"})
OUTSIDE = frozenset({"CompileError", "Ignored", "Pending", "NoCoverage"})
"""Statuses of mutants that no test was run on."""
MEDIAN_SHARE, WORST_SHARE, FLOOR_FACTOR = 1 / 20, 1 / 8, 1.2
OVERHEAD, GENERATION, SHORT = 0.5, 0.5, 1.0
"""Milliseconds a mutant; the first holds where the chosen tests of a mutant take less than the last."""


@dataclass(slots=True)
class Matching:
    """The mutants of two tools, paired where they are the same change."""

    pairs: list[tuple[Entry, Entry]] = field(default_factory=list)  # ours, theirs
    unchanged: list[Entry] = field(default_factory=list)  # theirs: same bytecode as the original
    missing: list[Entry] = field(default_factory=list)  # theirs that we do not have
    more: list[Entry] = field(default_factory=list)  # ours that they do not have


def match(ours: Sequence[Entry], theirs: Sequence[Entry], unchanged: frozenset[str]) -> Matching:
    """Pair by syntax tree, else by bytecode; ``unchanged`` are the bytecode keys of the original."""
    by_tree = {entry.keys[0]: entry for entry in ours}
    by_code = {entry.keys[1]: entry for entry in ours}
    found, used = Matching(), set()
    for entry in theirs:
        same = by_tree.get(entry.keys[0]) or by_code.get(entry.keys[1])
        if same is not None:
            found.pairs.append((same, entry))
            used.add(same.id)
        elif entry.keys[1] in unchanged:
            found.unchanged.append(entry)
        else:
            found.missing.append(entry)
    found.more = [entry for entry in ours if entry.id not in used]
    return found


def is_detected(status: str) -> bool:
    """Whether a status says that the tests notice the mutant."""
    return status in DETECTED


def differing(matching: Matching) -> list[tuple[Entry, Entry]]:
    """Pairs of which one tool says detected and the other says not."""
    judged = [pair for pair in matching.pairs if all(each.status in DETECTED | OPEN for each in pair)]
    return [pair for pair in judged if is_detected(pair[0].status) != is_detected(pair[1].status)]


def floor_of(ours: Outcome, clean: Outcome) -> tuple[float, float]:
    """CPU seconds that no tool of this kind can go below: all, and the part of the tests under mutants."""
    tests = sum(_least(entry, clean.test_seconds) for entry in tested(ours))
    return clean.cost.cpu + tests, tests


def _least(entry: Entry, seconds: Mapping[str, float]) -> float:
    """The chosen tests up to the first that fails."""
    spent = 0.0
    for test in entry.tests:
        spent += seconds.get(test, 0.0)
        if test in entry.killed_by:
            break
    return spent


def tested(outcome: Outcome) -> list[Entry]:
    """Mutants that met a test."""
    return [entry for entry in outcome.entries if entry.status not in OUTSIDE]


# --- Text ---------------------------------------------------------------------------------------


def table(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    """One line a tool."""
    yield "| tool | mutants (met tests) | verdicts | CPU s | wall s | MB | CPU ms a tested mutant |"
    yield "|---|---|---|---|---|---|---|"
    for tool, outcome in outcomes.items():
        cost, count = outcome.cost, len(tested(outcome))
        counts = Counter(entry.status for entry in outcome.entries)
        verdicts = ", ".join(f"{number} {status}" for status, number in counts.most_common())
        each = f"{1000 * cost.cpu / count:.1f}" if count else ""
        said = verdicts or outcome.failure.replace("\n", " ")[:200] or f"{len(outcome.test_seconds)} tests"
        costs = f"{cost.cpu:.1f} | {cost.wall:.1f} | {cost.memory_mb:.0f}" if cost.wall else " | | "
        yield f"| {tool} {outcome.version} | {len(outcome.entries)} ({count}) | {said} | {costs} | {each} |"


def compare(outcomes: Mapping[str, Outcome], unchanged: frozenset[str]) -> Iterator[str]:
    """Everything on one project."""
    name = next(iter(outcomes.values())).project
    yield f"## {name}: {PROJECTS[name].module}"
    yield ""
    yield from table(outcomes)
    yield ""
    ours = outcomes.get("ours")
    if ours is None or not ours.entries:
        return
    yield from _stages(ours, outcomes["clean"])
    if every := outcomes.get("all"):
        yield from _stages(every, outcomes["clean"])
    for tool in ("mutmut", "gremlins"):
        if tool in outcomes and outcomes[tool].entries:
            beside = outcomes.get("all", ours) if tool == "gremlins" else ours
            yield from _disagreements(name, beside.tool, tool, match(beside.entries, outcomes[tool].entries, unchanged))


def _stages(ours: Outcome, clean: Outcome) -> Iterator[str]:
    whole, tests = floor_of(ours, clean)
    parts = ", ".join(f"{name} {cpu:.2f}" for name, (_, cpu) in ours.stages.items())
    yield f"{ours.tool} by stage, CPU s: {parts}; the rest is the run of the tests itself and the report."
    yield f"Floor: {whole:.2f} CPU s ({clean.cost.cpu:.2f} clean run, {tests:.2f} tests under mutants)."


def _disagreements(name: str, beside: str, tool: str, matching: Matching) -> Iterator[str]:
    differ = differing(matching)
    words = Counter(
        f"{a.status}/{b.status}" for a, b in matching.pairs if a.status != b.status and (a, b) not in differ
    )
    yield (
        f"{beside} against {tool}: {len(matching.pairs)} mutants in common, {len(differ)} verdicts differ; "
        f"{len(matching.unchanged)} of its mutants change no bytecode, {len(matching.missing)} we do not have, "
        f"{len(matching.more)} only we have."
    )
    if words:
        told = ", ".join(f"{number} {word}" for word, number in words.most_common())
        yield f"Other words for the same ({beside}/{tool}): {told}."
    for a, b in differ:
        yield f"- {a.unit}: {tool} {b.status}, ours {a.status} ({a.detail[:60]!r}): {show(name, beside, a)}"
    lost: dict[str, list[Entry]] = defaultdict(list)
    for entry in matching.missing:
        lost[entry.operator or entry.unit].append(entry)
    for unit, entries in lost.items():
        first = entries[0]
        yield f"- not ours: {len(entries)} of {tool} ({unit}), such as {show(name, tool, first)}"


def show(project: str, tool: str, entry: Entry) -> str:
    """The command that shows a mutant: applied by hand to a copy, with its tests and then with all."""
    return f"`python benchmarks/mutation/alone.py --projects {project} --mutant '{tool}:{entry.id}'`"


# --- Goals --------------------------------------------------------------------------------------


def goals(everything: Sequence[Mapping[str, Outcome]]) -> Iterator[str]:
    """Met or not met, one line each."""
    both = [each for each in everything if {"ours", "mutmut"} <= each.keys() and each["mutmut"].entries]
    if both:
        shares = [each["ours"].cost.cpu / each["mutmut"].cost.cpu for each in both]
        middle = median(shares)
        yield _goal(middle <= MEDIAN_SHARE, f"CPU on the median project 1/{1 / middle:.1f} of mutmut's, goal 1/20")
    for outcomes in everything:
        yield from _goals_of(outcomes)


def _goals_of(outcomes: Mapping[str, Outcome]) -> Iterator[str]:
    ours = outcomes.get("ours")
    if ours is None or not ours.entries:
        return
    whole, tests = floor_of(ours, outcomes["clean"])
    mutmut = outcomes.get("mutmut")
    if mutmut is not None and mutmut.entries:
        limit = max(WORST_SHARE * mutmut.cost.cpu, FLOOR_FACTOR * whole)
        text = f"CPU {ours.cost.cpu:.1f} s, 1/{mutmut.cost.cpu / ours.cost.cpu:.1f} of mutmut's"
    else:
        limit, text = FLOOR_FACTOR * whole, f"CPU {ours.cost.cpu:.1f} s (no mutmut)"
    over = f"{text}, {ours.cost.cpu / whole:.1f} times the floor, goal at most {limit:.1f} s"
    yield _goal(ours.cost.cpu <= limit, f"{ours.project}: {over}")
    count = len(tested(ours))
    if "judge" in ours.stages and count:
        spent = 1000 * (ours.stages["judge"][1] - tests) / count
        short = 1000 * tests / count
        said = f"{ours.project}: {spent:.2f} ms overhead a mutant, whose tests take {short:.2f} ms"
        yield _goal(spent <= OVERHEAD, f"{said}, goal 0.5") if short < SHORT else f"- no goal: {said}"
    if "mutants" in ours.stages:
        made = 1000 * ours.stages["mutants"][1] / len(ours.entries)
        yield _goal(made <= GENERATION, f"{ours.project}: generation {made:.2f} ms a mutant, goal 0.5")


def _goal(met: bool, text: str) -> str:
    return f"- {'met' if met else 'NOT MET'}: {text}"
