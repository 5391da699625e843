"""Properties that a function seems to have: claims about every value of a domain, in the order of their worth."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from pytest_llmgen.generate.offline.calls import Callee, Form, Input, Scene, compose
from pytest_llmgen.generate.offline.code import Parameter, ParameterKind
from pytest_llmgen.generate.offline.domains import Domain, domain_of, of_class, plural
from pytest_llmgen.generate.offline.search import Find, is_finished
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.generate.offline.world import ClassShape

_MAX_VARYING = 3
_TEXT_OF = "__str__"
_IDEMPOTENT = "changes_nothing_the_second_time"
_TIDIES = {
    *("normalize", "normalise", "canonicalize", "canonicalise", "canonical", "clean", "cleanup", "tidy", "sanitize"),
    *("sanitise", "strip", "trim", "dedupe", "deduplicate", "unique", "sort", "sorted", "slugify", "collapse"),
    *("squeeze", "simplify", "dedent", "reduce", "compact"),
}
"""Words of functions that are expected to leave alone what they have done once."""
_TWO = 2
_SEQUENCES = {"list", "str"}
_NUMBERS = {"int", "float"}
_PLAIN = _SEQUENCES | _NUMBERS | {"dict", "bool", "bytes", "tuple", "set"}


@dataclass(frozen=True, slots=True)
class Property:
    """A claim: the body of a test over values of some domains."""

    name: str  # what follows the function's name in the test's name
    says: str  # what follows the function's name in its docstring
    body: tuple[str, ...]
    domains: Mapping[str, Domain]
    imports: tuple[str, ...]
    some: str = ""  # must be true of a value at least, or the claim says little
    is_expected: bool = False  # the names promise it

    @property
    def where(self) -> str:
        """``integers from 0 to 20``: the values that it is claimed for."""
        return " and ".join(dict.fromkeys(plural(domain.said) for domain in self.domains.values()))


@dataclass(frozen=True, slots=True)
class Subject:
    """A function as properties see it: which arguments vary, and which types its results have."""

    callee: Callee
    base: Input
    domains: Mapping[str, Domain]
    results: frozenset[str]  # built-in types without their module; others with it

    def call(self, **given: str) -> str:
        """The call with expressions for the arguments that vary."""
        return self._scene(given).expression

    def _scene(self, given: Mapping[str, str]) -> Scene:
        rows = zip(self.callee.places, self.base, strict=True)
        row = tuple(Term(given[place]) if place in given else replace(term, is_shared=False) for place, term in rows)
        return compose(self.callee, row, frozenset())

    @property
    def setup(self) -> tuple[str, ...]:
        """What makes the object that a method is called on, where that is the same each time."""
        return () if self.callee.receiver in self.domains else self._scene({}).statements

    @property
    def imports(self) -> tuple[str, ...]:
        """What calls and strategies need."""
        return (*self._scene({}).imports, *(line for domain in self.domains.values() for line in domain.imports))


def subject_of(
    callee: Callee, base: Input, finds: Sequence[Find], rung: int, shape: ClassShape | None = None, way: int = 0
) -> Subject | None:
    """The target as the subject of properties; None where they can't be claimed of its arguments.

    ``shape`` is the class of a method: without further arguments its objects vary, else there is one, which needs no
    further step. ``way`` tells which of several types an argument has.
    """
    returned = [find.observation for find in finds if find.observation.outcome == "returned"]
    if callee.form is Form.SLICED and all(is_finished(seen) for seen in returned if seen.value):
        callee = replace(callee, form=Form.LISTED)
    if callee.has_situation or callee.called is not None or any(term.helpers for term in base):
        return None  # what surrounds a call can't be set once for many
    is_hidden = callee.target.name.startswith("__") and callee.target.name != _TEXT_OF
    if callee.form not in {Form.PLAIN, Form.LISTED} or is_hidden:
        return None
    domains: dict[str, Domain] = {}
    given = base[1 if callee.receiver else 0 :]
    for parameter, term in zip(callee.parameters, given, strict=False):  # behind them stands what is no argument
        found = _varying(parameter, term, rung, way)
        if found is not None:
            domains[parameter.name] = found
        elif parameter.kind is ParameterKind.STAR or term.fixtures or term.before or term.steps:
            return None
    if callee.receiver and not domains:
        objects = of_class(shape, rung) if shape is not None else None
        if objects is None:
            return None
        domains = {callee.receiver: objects}
    elif callee.receiver and (base[0].fixtures or base[0].before or base[0].steps):
        return None
    results = frozenset(seen.value.type_name.removeprefix("builtins.") for seen in returned if seen.value)
    return Subject(callee, base, domains, results) if len(domains) <= _MAX_VARYING else None


def _varying(parameter: Parameter, term: Term, rung: int, way: int) -> Domain | None:
    return domain_of(parameter, term, rung, way) if parameter.is_required and not term.is_omitted else None


def properties_of(subject: Subject) -> Iterator[Property]:
    """Every claim that makes sense of such arguments and results; whether it holds is another question."""
    call = subject.call(**{name: name for name in subject.domains})
    if not subject.results or not subject.domains or subject.callee.receiver:
        return  # of a method only what the names promise
    tidies = bool(_TIDIES & set(subject.callee.target.name.lower().split("_")))
    for name, says, body in (*_of_one(subject, call), *_of_two(subject, call), *_of_result(subject, call)):
        is_expected = tidies and name == _IDEMPOTENT
        yield Property(name, says, body, subject.domains, subject.imports, is_expected=is_expected)


_Claim = tuple[str, str, tuple[str, ...]]


def _of_one(subject: Subject, call: str) -> Iterator[_Claim]:
    """Claims about how the result stands to a single argument."""
    if len(subject.domains) != 1:
        return
    (name, domain), results = next(iter(subject.domains.items())), subject.results
    if results == {domain.kind}:
        again = subject.call(**{name: "once"})
        yield (
            _IDEMPOTENT,
            "changes nothing the second time",
            (f"once = {call}", "", f"assert {again} == once"),
        )
    if domain.kind in _SEQUENCES and results == {domain.kind}:
        yield "keeps_every_item", "keeps every item", (f"assert sorted({call}) == sorted({name})",)
    if domain.kind in _SEQUENCES and results <= _SEQUENCES:
        yield "keeps_the_length", "keeps the length", (f"assert len({call}) == len({name})",)
        yield "never_gets_longer", "never gives more than it got", (f"assert len({call}) <= len({name})",)
    if domain.kind == "list":
        yield from _of_list(subject, name, domain, call)
    if domain.kind == "dict" and results == {"dict"}:
        yield "keeps_the_keys", "keeps the keys", (f"assert {call}.keys() == {name}.keys()",)
        yield "gives_only_its_own_keys", "gives only keys of its argument", (f"assert {call}.keys() <= {name}.keys()",)
    if domain.kind == "str":
        upper = subject.call(**{name: f"{name}.upper()"})
        yield "ignores_case", "makes no difference between upper and lower case", (f"assert {upper} == {call}",)


def _of_list(subject: Subject, name: str, domain: Domain, call: str) -> Iterator[_Claim]:
    ordered, results = subject.call(**{name: f"sorted({name})"}), subject.results
    yield "does_not_depend_on_order", "gives the same in any order", (f"assert {ordered} == {call}",)
    if results == {"list"}:
        yield "gives_only_items_it_got", "gives only items that it got", (f"assert set({call}) <= set({name})",)
    if results == {domain.inner}:
        yield "gives_an_item", "gives one of the items", (f"assert {call} in {name}",)


def _of_two(subject: Subject, call: str) -> Iterator[_Claim]:
    """Claims about two arguments of a kind."""
    names = list(subject.domains)
    if len(names) != _TWO or len({domain.kind for domain in subject.domains.values()}) > 1:
        return
    one, other = names
    swapped = subject.call(**{one: other, other: one})
    yield (
        "gives_the_same_when_swapped",
        "gives the same when its arguments are swapped",
        (f"assert {swapped} == {call}",),
    )
    if subject.results <= _NUMBERS:
        between = f"min({one}, {other}) <= {call} <= max({one}, {other})"
        yield "lies_between_its_arguments", "lies between its arguments", (f"assert {between}",)


def _of_result(subject: Subject, call: str) -> Iterator[_Claim]:
    """Claims about the result alone, and about arguments that stay as they are."""
    if subject.results <= _NUMBERS:
        yield "is_never_negative", "is never negative", (f"assert {call} >= 0",)
    if subject.results == {"list"}:
        yield (
            "gives_sorted_items",
            "gives its items in order",
            (f"result = {call}", "", "assert result == sorted(result)"),
        )
        yield (
            "gives_no_item_twice",
            "gives no item twice",
            (f"result = {call}", "", "assert len(set(result)) == len(result)"),
        )
    changeable = [name for name, domain in subject.domains.items() if domain.kind in {"list", "dict"}]
    if len(changeable) == 1:
        (name,) = changeable
        made = subject.domains[name].kind
        yield (
            "leaves_its_argument_alone",
            f"leaves {name} as it is",
            (f"before = {made}({name})", "", call, "", f"assert {name} == before"),
        )
    kinds = subject.results
    if len(kinds) == 1 and kinds <= _PLAIN:
        (kind,) = kinds
        yield (
            f"always_gives_{kind}",
            f"gives {'an' if kind == 'int' else 'a'} {kind}",
            (f"assert isinstance({call}, {kind})",),
        )


def round_trip(subject: Subject, inner: Subject, *, is_named: bool = False) -> Property | None:
    """The claim that a function gives back what another was given."""
    arguments = [item.name for item in subject.callee.parameters if item.is_required]
    if len(inner.domains) != 1 or len(arguments) != 1:
        return None
    ((name, domain),) = inner.domains.items()
    (argument,) = arguments
    there = inner.call(**{name: name})
    call = subject.call(**{argument: there})
    first = inner.callee.target.name.strip("_")
    imports = tuple(dict.fromkeys([*inner.imports, *subject.imports, *domain.imports]))
    says = f"gives back what {first} was given"
    made = dict.fromkeys([*subject.setup, *inner.setup])
    body = (*made, *([""] if made else []), f"assert {call} == {name}")
    some = "" if made or name == inner.callee.receiver else f"{there} != {name}"
    return Property(f"undoes_{first}", says, body, inner.domains, imports, some, is_named)
