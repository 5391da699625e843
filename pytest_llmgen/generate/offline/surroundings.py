"""The project around the targets: its modules, and what is seen of them, each thing once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from pytest_llmgen.generate.offline.drawn import of_strategies, of_types, unknown_types
from pytest_llmgen.generate.offline.given import Given, given_by
from pytest_llmgen.generate.offline.grounds import Sight
from pytest_llmgen.generate.offline.tables import Holdings, holdings_of
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.records import Assignment, Fixture, Module, Prober


class Surroundings:
    """What all searches of a project share; looking costs probes, so nothing is looked at twice."""

    def __init__(self, prober: Prober, project: Callable[[], Iterable[Module]]) -> None:
        """``project`` gives all its modules, when they are first wanted."""
        self._prober, self._project = prober, project
        self.modules: dict[str, Module] = {}  # of the project, and those with targets, by name
        self._given: dict[tuple[Fixture, ...], tuple[Given, ...]] = {}
        self._held: dict[str, Holdings] = {}
        self._drawn: dict[str, dict[str, list[Term]]] = {}  # by module: what strategies gave, by type
        self._of_project: dict[str, list[Term]] | None = None  # what those of the project's tests gave

    def take_in(self, targeted: Iterable[Module]) -> None:
        """Know the project's modules and those with targets."""
        if not self.modules:
            self.modules.update({module.name: module for module in self._project()})
        self.modules.update({module.name: module for module in targeted})

    def seen_from(self, assignment: Assignment, objects_made: Mapping[str, Sequence[Term]]) -> Sight:
        """What is known of a target's surroundings, beside objects that were seen to come into being."""
        return Sight(
            self._holdings(assignment.module), self._fixtures(assignment), objects_made, self._draw(assignment)
        )

    def _holdings(self, module: Module) -> Holdings:
        """What a module holds when it has been imported."""
        if module.name not in self._held:
            self._held[module.name] = holdings_of(self._prober, module)
        return self._held[module.name]

    def _fixtures(self, assignment: Assignment) -> tuple[Given, ...]:
        """The fixtures of the project: every function has the same."""
        fixtures = assignment.context.fixtures
        if fixtures not in self._given:
            self._given[fixtures] = given_by(self._prober, fixtures)
        return self._given[fixtures]

    def _draw(self, assignment: Assignment) -> Mapping[str, Sequence[Term]]:
        """What Hypothesis strategies give: those of the project, and those of types that the module does not know."""
        if self._of_project is None:
            self._of_project = of_strategies(self._prober, assignment.context.strategies)
        module, known = assignment.module, self._of_project
        if module.path not in self._drawn:
            asked = unknown_types(module, self.modules)
            fresh = {name: line for name, line in asked.items() if name.rpartition(".")[2] not in known}
            self._drawn[module.path] = {**of_types(self._prober, fresh, module.source), **known}
        return self._drawn[module.path]
