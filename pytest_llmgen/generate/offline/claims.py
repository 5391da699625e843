"""Property tests: which properties hold on samples, which earn a test by the mutants they kill, and the tests."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline import layout, naming
from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.domains import RUNGS, WIDE, alternatives
from pytest_llmgen.generate.offline.killing import cover
from pytest_llmgen.generate.offline.partners import Partner
from pytest_llmgen.generate.offline.properties import Property, Subject, properties_of, round_trip, subject_of
from pytest_llmgen.generate.offline.search import Find, Goal, goals_of
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.records import (
    Assignment,
    Candidate,
    Category,
    Challenge,
    Mutant,
    Observation,
    Oracle,
    Origin,
    Probe,
    Prober,
    TargetContext,
)

_SAMPLES = 60
_CONFIRMING = 300
_EXAMPLES = 30
_SECONDS = 20.0
"""For the confirming run: hypothesis alone takes a while to be imported."""
_MAX_KEPT = 3
_SEVERAL = 3
"""Example tests that a property must replace, where it kills nothing that they don't."""
_MAX_MUTANTS = 200
_SOME = 3
"""Mutants that a property must kill where the names promise it: it stands for more values than any example."""
_PILOT_SECONDS = 1.0
"""For a call with each sample of large numbers: what takes longer is tried with small ones."""
_SHOWS = "property"
_HARDLY = 0.1
"""Share of samples up to which a pair is taken to be broken; one that only suits other values has more."""
_PROFILE = """\
FIXED = settings(
    derandomize=True,
    max_examples={},
    database=None,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)"""
_IMPORTS = ("from hypothesis import HealthCheck, given, settings",)
_HOLDS = """
def holds(row):
    try:
        check(*row)
    except AssertionError:
        return False
    return True
"""
_NEVER = frozenset[str]()


@dataclass(frozen=True, slots=True)
class Examples:
    """What the example tests of a target come to."""

    gains: Mapping[int, frozenset[object]]  # goals and ids of mutants, by the place of the input
    mutants: Sequence[Mutant]
    open: frozenset[str]  # mutants that no example kills


@dataclass(frozen=True, slots=True)
class _Claim:
    property: Property
    probe: Probe
    expected: str
    goals: frozenset[Goal] = frozenset()  # lines and arcs that its samples reach


def may_claim(setting: str, context: TargetContext) -> bool:
    """Whether property tests are wanted: they need hypothesis, which the project then must have."""
    return context.has_hypothesis if setting == "auto" else setting == "on"


def claims(
    prober: Prober,
    assignment: Assignment,
    callee: Callee,
    base: Input,
    finds: Sequence[Find],
    examples: Examples,
    partners: Sequence[Partner],
    taken: set[str],
) -> list[Candidate]:
    """Property tests that kill what no example kills, or do the work of several examples."""
    suspected = _broken_pairs(prober, assignment, callee, base, finds, partners, taken)
    if not examples.mutants:
        return suspected
    held = _holding(prober, callee, base, finds, partners)
    chosen = _worth(held, _kills(prober, held, examples), examples)
    written = [_candidate(assignment, each.property, taken) for each in chosen]
    sound = [candidate for candidate in written if candidate is not None and _is_confirmed(prober, candidate)]
    return [*suspected, *sound]


def _holding(
    prober: Prober, callee: Callee, base: Input, finds: Sequence[Find], partners: Sequence[Partner]
) -> list[_Claim]:
    """Each property on the widest domain on which all samples have it."""
    held: dict[str, _Claim] = {}
    tried: set[str] = set()
    for rung in range(RUNGS):
        subject = subject_of(callee, base, finds, rung)
        offered = [] if subject is None else list(_offered(subject, partners, rung))
        waiting = [each for each in offered if each.name not in held]
        probes = [_probe(each, f"claim#{rank}", callee.target.path) for rank, each in enumerate(waiting)]
        fresh = [pair for pair in zip(waiting, probes, strict=True) if pair[1].setup not in tried]
        if not fresh or (rung < WIDE and not _is_quick(prober, fresh[0])):
            continue
        tried |= {probe.setup for _, probe in fresh}
        seen = prober.probe([probe for _, probe in fresh])
        for (each, probe), observation in zip(fresh, seen, strict=True):
            if _passed(observation) and each.name not in held:
                shown, goals = shown_text(observation, _NEVER), goals_of(observation, callee)
                held[each.name] = _Claim(each, probe, shown, goals)
    return list(held.values())


def _is_quick(prober: Prober, first: tuple[Property, Probe]) -> bool:
    """Whether the first claim ends soon, true or not: where it does not, the others would take their time as well."""
    _, probe = first
    pilot = replace(probe, id="pilot", expression="sum(holds(row) for row in rows)", setup=f"{probe.setup}\n{_HOLDS}")
    (seen,) = prober.probe([pilot], _PILOT_SECONDS)
    return seen.outcome in {"returned", "raised", "setup-failed"}


def _offered(subject: Subject, partners: Sequence[Partner], rung: int) -> Iterator[Property]:
    for partner in partners:
        for way in range(_ways(partner.callee)):
            inner = subject_of(partner.callee, partner.base, (), rung, partner.shape, way)
            found = round_trip(subject, inner, is_named=partner.is_named) if inner is not None else None
            if found is not None:
                yield found
    yield from properties_of(subject)


def _ways(callee: Callee) -> int:
    """Of how many types its arguments may be."""
    told = [item.annotation for item in callee.parameters if item.is_required and item.annotation is not None]
    return max((len(alternatives(node)) for node in told), default=1)


def _probe(claim: Property, identity: str, path: str) -> Probe:
    """Runs the body over samples, without hypothesis: cheap enough for every mutant."""
    rng = random.Random(claim.name)  # noqa: S311 (not a secret)
    rows = [tuple(domain.sample(rng) for domain in claim.domains.values()) for _ in range(_SAMPLES)]
    if len(claim.domains) == 1:
        rows += [(value,) for domain in claim.domains.values() for value in domain.always]
    body = "\n".join(f"    {line}" for line in claim.body if line)
    check = f"def check({', '.join(claim.domains)}):\n{body}"
    some = f"assert any({claim.some} for {', '.join(claim.domains)}, in rows)" if claim.some else ""
    setup = "\n".join([*_without_hypothesis(claim.imports), f"rows = {rows!r}", check, some])
    return Probe(identity, setup, "[check(*row) for row in rows] and None", path=path)


def _without_hypothesis(imports: Sequence[str]) -> list[str]:
    return [line for line in dict.fromkeys(imports) if not line.startswith("from hypothesis")]


def _broken_pairs(
    prober: Prober,
    assignment: Assignment,
    callee: Callee,
    base: Input,
    finds: Sequence[Find],
    partners: Sequence[Partner],
    taken: set[str],
) -> list[Candidate]:
    """An example for each function that the target should undo, going by their names, and hardly ever does.

    Of methods nothing is suspected: objects may compare by identity, and what ``str`` gives may be for people alone.
    """
    found: list[Candidate] = []
    named = [each for each in partners if each.is_named and not each.callee.receiver and not callee.receiver]
    for partner in named:
        trips = [trip for rung in range(RUNGS) for trip in _trips(callee, base, finds, partner, rung)]
        probes = [_counting(trip, f"pair#{rank}", callee.target.path) for rank, trip in enumerate(trips)]
        seen = prober.probe(probes) if probes else []
        counts = [
            int(each.value.source) for each in seen if each.outcome == "returned" and each.value and each.value.source
        ]
        if counts and len(counts) == len(seen) and max(counts) <= _HARDLY * _SAMPLES:
            found.append(_example(assignment, trips[-1], taken))
    return found


def _trips(callee: Callee, base: Input, finds: Sequence[Find], partner: Partner, rung: int) -> Iterator[Property]:
    """There and back, with each type that the partner takes: it need only be one that comes back."""
    subject = subject_of(callee, base, finds, rung)
    for way in range(_ways(partner.callee)) if subject is not None else ():
        inner = subject_of(partner.callee, partner.base, (), rung, partner.shape, way)
        trip = round_trip(subject, inner) if subject is not None and inner is not None else None
        if trip is not None:
            yield trip


def _counting(claim: Property, identity: str, path: str) -> Probe:
    """How many of the samples have the property; any other error than a failed assertion is an answer, too."""
    plain = _probe(replace(claim, some=""), identity, path)
    return replace(plain, setup=f"{plain.setup}\n{_HOLDS}", expression="sum(holds(row) for row in rows)")


def _example(assignment: Assignment, claim: Property, taken: set[str]) -> Candidate:
    target = assignment.target
    ((argument, domain),) = claim.domains.items()
    value = domain.sample(random.Random(claim.name))  # noqa: S311 (not a secret)
    name = naming.unique_name(f"{naming.stem(target.qualname)}_{claim.name}", taken)
    summary = f"Typical: {naming.spoken(target.qualname)} {claim.says}, as their names say."
    lines = [f"{argument} = {value!r}", *(line for line in claim.body if line)]
    body = [part for line in lines for part in layout.statement(line)]
    source = "\n".join([f"def {name}():", f'    """{summary}"""', *body]) + "\n"
    imports = tuple(sorted(_without_hypothesis(claim.imports)))
    known = (Category.TYPICAL, Origin.OFFLINE, Oracle.PROPERTY)
    return Candidate(f"{target.key}#{name}", target.key, name, *known, source, summary, imports, round=assignment.round)


def _kills(prober: Prober, held: Sequence[_Claim], examples: Examples) -> list[frozenset[str]]:
    """The mutants that each claim kills."""
    kills: list[set[str]] = [set() for _ in held]
    if not held:
        return []
    order = sorted(examples.mutants, key=lambda mutant: mutant.id not in examples.open)[:_MAX_MUTANTS]
    everything = tuple(range(len(held)))
    challenges = [Challenge(mutant, everything) for mutant in order]
    expected = [claim.expected for claim in held]
    probes = [claim.probe for claim in held]
    for mutant, met in zip(order, prober.challenge(probes, expected, challenges, _NEVER, len(held)), strict=True):
        for place in met.differing:
            kills[place].add(mutant.id)
    return [frozenset(each) for each in kills]


def _worth(held: Sequence[_Claim], kills: Sequence[frozenset[str]], examples: Examples) -> list[_Claim]:
    """What the names promise, and those that kill open mutants; else the one that does the work of several examples."""
    promised = [place for place, claim in enumerate(held) if claim.property.is_expected and len(kills[place]) >= _SOME]
    chosen = sorted(promised, key=lambda place: (-len(kills[place]), place))[:1]
    missing = set(examples.open).difference(*(kills[place] for place in chosen))
    while missing and len(chosen) < _MAX_KEPT:
        best = max(range(len(held)), key=lambda place: (len(kills[place] & missing), -place), default=None)
        if best is None or not kills[best] & missing:
            break
        chosen.append(best)
        missing -= kills[best]
    if not chosen and held:
        spared = [_replaced(killed | claim.goals, examples) for killed, claim in zip(kills, held, strict=True)]
        best = max(range(len(held)), key=lambda place: (spared[place], -place))
        chosen = [best] if spared[best] >= _SEVERAL else []
    return [held[place] for place in chosen]


def _replaced(gains: frozenset[object], examples: Examples) -> int:
    """How many examples fewer are needed beside a claim that reaches and kills so much."""
    rest = {place: gained - gains for place, gained in examples.gains.items()}
    return len(cover(examples.gains)) - len(cover(rest))


def _candidate(assignment: Assignment, claim: Property, taken: set[str]) -> Candidate | None:
    target = assignment.target
    name = naming.unique_name(f"{naming.stem(target.qualname)}_{claim.name}", taken)
    summary = f"Typical: {naming.spoken(target.qualname)} {claim.says}."
    docstring = [f'    """{summary}', "", f"    For {claim.where}, as the code is today.", '    """']
    try:
        body = [line for text in claim.body for line in (layout.statement(text) if text else [""])]
        given = _given(claim)
    except layout.TooLongError:
        return None
    header = f"def {name}({', '.join(claim.domains)}):"
    source = "\n".join([*given, "@settings(FIXED)", header, *docstring, *body]) + "\n"
    imports = tuple(sorted(dict.fromkeys([*claim.imports, *_IMPORTS])))
    key = target.key
    return Candidate(
        *(f"{key}#{name}", key, name, Category.TYPICAL, Origin.OFFLINE, Oracle.PROPERTY, source, summary, imports),
        *((_PROFILE.format(_EXAMPLES),), assignment.round),
        shows=_SHOWS if claim.is_expected else "",
    )


def _given(claim: Property) -> list[str]:
    items = [f"{name}={layout.tidy(domain.source)}" for name, domain in claim.domains.items()]
    flat = f"@given({', '.join(items)})"
    if len(flat) <= layout.WIDTH:
        return [flat]
    if any(len(item) + 5 > layout.WIDTH for item in items):
        raise layout.TooLongError(flat)
    return ["@given(", *(f"    {item}," for item in items), ")"]


def _is_confirmed(prober: Prober, candidate: Candidate) -> bool:
    """Whether the test itself passes, with many more examples than it will have."""
    profile = _PROFILE.format(_CONFIRMING)
    setup = "\n".join([*candidate.imports, profile, candidate.source])
    (seen,) = prober.probe([Probe("confirm", setup, f"{candidate.name}()", alone=True)], _SECONDS)
    return _passed(seen)


def _passed(seen: Observation) -> bool:
    return seen.outcome == "returned"
