"""Objects of a class whose constructor refuses most values: its own search tells which ones it takes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from pytest_llmgen.generate.offline.calls import compose, made_of
from pytest_llmgen.generate.offline.code import find_function, parsed
from pytest_llmgen.generate.offline.planning import Plan
from pytest_llmgen.generate.offline.search import Find, Found, Limits, outcome_text
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.records import Module, Probe, Prober, Target, TargetKind

_ENOUGH = 3
"""Objects, made without further steps, that are as many as a search of a method needs."""
_MAX_MADE = 8
_MOST = 3
"""One of so many objects with steps that come into being is few."""
MAX_PROBES = 260


def alive(prober: Prober, plan: Plan, known: dict[str, bool]) -> list[Term]:
    """The objects that come into being; all where none does.

    ``known`` is whether the statements of an object went well, and takes what is seen here: the methods of a class are
    called on the same ones.
    """
    name = plan.callee.receiver
    made = ["\n".join(made_of(name, term, plan.callee.given)) for term in plan.pools[0]]
    fresh = [text for text in dict.fromkeys(made) if text not in known]
    seen = prober.probe([Probe(f"object#{rank}", text, "None") for rank, text in enumerate(fresh)]) if fresh else []
    known.update((text, one.outcome == "returned") for text, one in zip(fresh, seen, strict=True))
    found = [term for term, text in zip(plan.pools[0], made, strict=True) if known[text]]
    return found or list(plan.pools[0])


def is_choosy(before: Iterable[Term], after: Iterable[Term]) -> bool:
    """Whether a constructor took so few of the values before it that others should be looked for."""
    fresh, left = ({term.source for term in terms if not term.steps} for terms in (before, after))
    return len(left) < min(_ENOUGH, len(fresh))


def sound_bases(before: Sequence[Term], after: Sequence[Term]) -> list[Term]:
    """New objects that bear a further step, where most do not; none where most do."""
    stateful, left = ([term for term in terms if term.steps] for terms in (before, after))
    if len(left) * _MOST > len(stateful):
        return []
    bases = {term.source for term in left}
    return [term for term in after if not term.steps and term.source in bases][:_MAX_MADE]


def maker_of(plan: Plan, module: Module) -> Target | None:
    """The constructor of the class that a method belongs to, where the class has its own."""
    target, node = plan.callee.target, plan.shape.methods.get("__init__") if plan.shape else None
    name = f"{target.qualname.rpartition('.')[0]}.__init__"
    if node is None or find_function(parsed(module.source), name, node.lineno) is None:
        return None
    kind, last = TargetKind.METHOD, node.end_lineno or node.lineno
    return Target(target.path, target.module, name, kind, node.lineno, last, node.lineno)


def limited(limits: Limits) -> Limits:
    """The limits of a search for objects: a part of that for a target."""
    return Limits(limits.clock, limits.deadline, min(limits.probes, MAX_PROBES), limits.call)


def objects_of(plan: Plan, found: Found) -> list[Term]:
    """A few objects that differ, of what a search of their constructor made, those first that got further."""
    seen: dict[str, Find] = {}
    for find in [*(each for each in found.finds if each.gained), *found.everything]:
        if find.observation.outcome == "returned":
            seen.setdefault(outcome_text(find.observation), find)
    return [_object(plan, find) for find in _spread(list(seen.values()))]


def _spread(finds: Sequence[Find]) -> list[Find]:
    """The first half of what is wanted, and the rest from all over what came later."""
    half = _MAX_MADE // 2
    later = finds[half:]
    step = max(1, len(later) // half)
    return [*finds[:half], *later[::step][:half]]


def _object(plan: Plan, find: Find) -> Term:
    scene = compose(plan.callee, find.row, frozenset())
    return Term(
        scene.expression,
        scene.imports,
        is_edge=any(term.is_edge for term in find.row),
        fixtures=scene.fixtures,
        before=scene.statements,
        is_shared=True,
        watched=scene.watched,
    )
