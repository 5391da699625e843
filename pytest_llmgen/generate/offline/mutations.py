"""Small changes of argument values."""

from __future__ import annotations

import ast
import random
import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from pytest_llmgen.generate.offline.calls import AWAIT
from pytest_llmgen.generate.offline.terms import OMITTED, Term, alike, from_source, value_of, written_like

_FROM_POOL = 0.4
_MAX_SIZE = 80
_MAX_STEPS = 5
"""Of one object: nobody follows longer stories."""
_WORDS_FIRST = 0.8
_MOSTLY = 4
"""So often another number stands among what may become of a number in a text."""
_LETTERS = "abcXYZ019 -_.,!"
_TOKEN = re.compile(r"[^\W_]+|[\W_]")
_CHANGEABLE = (int, float, str)
_MAX_WHOLE = 12
"""Items of a list that holds all that the code mentions."""

Vocabulary = Sequence[object]
"""Plain values that the code mentions: texts, numbers."""


def mutate(term: Term, pool: Sequence[Term], rng: random.Random, known: Vocabulary = ()) -> Term:
    """Another value of the pool, or the value a little changed where it is made of literals."""
    if not term.fixtures and (term.steps or any(each.steps for each in pool)) and rng.random() > _FROM_POOL / 2:
        return _with_other_steps(term, [each for each in pool if not each.fixtures], rng, known)
    if term.is_omitted or term.steps or term.fixtures or rng.random() < _FROM_POOL:
        return rng.choice(list(pool)) if pool else OMITTED
    try:
        value = value_of(term)
    except ValueError:
        if term.fixtures:  # a file has to stay in the test's own folder
            return rng.choice(list(pool)) if pool else term
        return _with_other_constant(term, rng, known) or (rng.choice(list(pool)) if pool else term)
    changed = change(value, rng, known)
    return alike(term, changed) if len(repr(changed)) <= _MAX_SIZE else term


def _with_other_steps(term: Term, pool: Sequence[Term], rng: random.Random, known: Vocabulary) -> Term:
    """An object after a step more, less or again, after another order or other arguments, or made in another way."""
    donor = rng.choice(list(pool)) if pool else term
    steps = list(term.steps)
    at = rng.randint(0, len(steps))
    options: list[Callable[[], Term]] = [
        lambda: _joined(term, donor, source=donor.source, steps=steps),
        lambda: _with_other_constant(term, rng, known) or term,
    ]
    if donor.steps:
        given = rng.choice(donor.steps)
        grown = lambda: _joined(term, donor, steps=[*steps[:at], given, *steps[at:]])  # noqa: E731
        options += [grown, grown, lambda: _joined(term, donor, steps=[*steps, given])]
    if steps:
        one = rng.randrange(len(steps))
        options += [
            lambda: replace(term, steps=(*steps[:one], *steps[one + 1 :])),
            lambda: replace(term, steps=(*steps[:at], steps[one], *steps[at:])),
            lambda: replace(term, steps=(*steps[:one], _other_step(steps[one], rng, known), *steps[one + 1 :])),
            lambda: replace(term, steps=(*steps[:one], _other_step(steps[one], rng, known), *steps[one + 1 :])),
        ]
    found = rng.choice(options)()
    return found if len(found.steps) <= _MAX_STEPS else term


def _joined(term: Term, donor: Term, steps: Sequence[str], source: str = "") -> Term:
    """The object with what the steps, or the expression, of another one need."""
    imports = tuple(dict.fromkeys([*term.imports, *donor.imports]))
    before = tuple(dict.fromkeys([*term.before, *donor.before]))
    watched = tuple(dict.fromkeys([*term.watched, *donor.watched]))
    helpers = tuple(dict.fromkeys([*term.helpers, *donor.helpers]))
    return replace(
        term,
        source=source or term.source,
        steps=tuple(steps),
        imports=imports,
        before=before,
        watched=watched,
        helpers=helpers,
        label=donor.label if source else term.label,
    )


def _change_constant(tree: ast.AST, rng: random.Random, known: Vocabulary) -> bool:
    """Change one of the plain values that an expression holds; whether it could be done."""
    held = [node for node in ast.walk(tree) if isinstance(node, ast.Constant) and type(node.value) in _CHANGEABLE]
    if not held:
        return False
    node = rng.choice(held)
    changed = change(node.value, rng, known)
    if not isinstance(changed, int | float | str) or len(repr(changed)) > _MAX_SIZE:
        return False
    node.value = changed
    return True


def _other_step(step: str, rng: random.Random, known: Vocabulary) -> str:
    """A step with another plain value in it."""
    start = AWAIT if step.startswith(AWAIT) else ""
    try:
        tree = ast.parse(f"it{step[len(start) :]}")
    except SyntaxError:
        return step
    if not _change_constant(tree, rng, known):
        return step
    return start + ast.unparse(tree).removeprefix("it")


def _with_other_constant(term: Term, rng: random.Random, known: Vocabulary) -> Term | None:
    """``timedelta(days=400)`` with another number: one of the plain values that an expression holds is changed."""
    try:
        tree = ast.parse(term.source, mode="eval")
    except SyntaxError:
        return None
    if not _change_constant(tree, rng, known):
        return None
    source = written_like(term, ast.unparse(tree))
    return replace(term, source=source, is_edge=from_source(source).is_edge, label="")


def change(value: object, rng: random.Random, known: Vocabulary = ()) -> object:  # noqa: PLR0911 (one case a line)
    """A neighbour of a plain value; what cannot be changed comes back as it is."""
    match value:
        case bool():
            return not value
        case int():
            return _change_number(value, rng, known)
        case float():
            return round(rng.choice([value + 1, value - 1, -value, value * 2, value / 2, value + 0.5]), 6)
        case str():
            return _change_text(value, rng, known)
        case list():
            return _change_list(value, rng, known)
        case tuple():
            return tuple(_change_item(list(value), rng, known))
        case dict():
            return _change_dict(value, rng, known)
        case _:
            return value


def _change_number(value: int, rng: random.Random, known: Vocabulary) -> int:
    near = [value + 1, value - 1, -value, value * 2, value // 2, value + 10, rng.randint(0, 20)]
    numbers = [number for number in known if type(number) is int]
    if numbers:
        number = rng.choice(numbers)
        near.extend([number, number, number, number + 1, number - 1])
    return rng.choice(near)


def _change_text(text: str, rng: random.Random, known: Vocabulary) -> str:
    at = rng.randint(0, len(text))
    options: list[Callable[[], str]] = [
        lambda: text[:at] + rng.choice(_LETTERS) + text[at:],
        lambda: text[:at] + text[at + 1 :],
        lambda: text[:at] + text[at:].swapcase(),
        lambda: text[::-1],
        lambda: text + text[:at],
        lambda: text[:at] + " " * rng.randint(1, 3) + text[at:],
        lambda: _other_digit(text, rng),
        lambda: _change_token(text, rng, known),
        lambda: _change_token(text, rng, known),
        lambda: _change_token(text, rng, known),
    ]
    return rng.choice(options)()


def _change_token(text: str, rng: random.Random, known: Vocabulary) -> str:
    """A word, number or mark less, twice, exchanged with another one or for one that the code mentions."""
    tokens = _TOKEN.findall(text)
    words = [word for word in known if isinstance(word, str)]
    if not tokens:
        return rng.choice(words) if words else text
    at, other = _place_of_word(tokens, rng), rng.randrange(len(tokens))
    token = tokens[at]
    options = [[], [token, token], [rng.choice(words)] if words else [token.swapcase()]]
    if words:
        options.append([token, rng.choice(words)])
    if token.isdecimal():
        number = _change_number(int(token), rng, known)
        options.extend(_MOSTLY * [[str(abs(number)).zfill(len(token))]])
    elif at != other:
        options.append([tokens[other]])
    return "".join([*tokens[:at], *rng.choice(options), *tokens[at + 1 :]])


def _place_of_word(tokens: Sequence[str], rng: random.Random) -> int:
    """Mostly a word or number, sometimes a mark between them."""
    words = [at for at, token in enumerate(tokens) if token.isalnum()]
    return rng.choice(words) if words and rng.random() < _WORDS_FIRST else rng.randrange(len(tokens))


def _other_digit(text: str, rng: random.Random) -> str:
    places = [at for at, letter in enumerate(text) if letter.isdigit()]
    if not places:
        return text + str(rng.randint(0, 9))
    at = rng.choice(places)
    return text[:at] + str(rng.randint(0, 9)) + text[at + 1 :]


def _change_list(items: list[object], rng: random.Random, known: Vocabulary) -> list[object]:
    at = rng.randint(0, len(items))
    options: list[Callable[[], list[object]]] = [
        lambda: items[:at] + items[at + 1 :],
        lambda: [*items[:at], *items[at : at + 1], *items[at:]],
        lambda: items[::-1],
        lambda: _change_item(items, rng, known),
        lambda: _change_item(items, rng, known),
        lambda: [*items, *(change(item, rng, known) for item in items[-1:])],
        lambda: [*items[:at], *(change(item, rng, known) for item in items[:1]), *items[at:]],
    ]
    alike = [word for word in known if items and type(word) is type(items[0])]
    if alike:
        options.append(lambda: [*items[:at], rng.choice(alike), *items[at:]])
        options.append(lambda: rng.sample(alike, min(len(alike), _MAX_WHOLE)))
    return rng.choice(options)()


def _change_item(items: list[object], rng: random.Random, known: Vocabulary) -> list[object]:
    if not items:
        return items
    at = rng.randrange(len(items))
    return [*items[:at], change(items[at], rng, known), *items[at + 1 :]]


def _change_dict(items: dict[object, object], rng: random.Random, known: Vocabulary) -> dict[object, object]:
    if not items:
        return items
    key = rng.choice(list(items))
    if rng.random() < _FROM_POOL:
        return {name: value for name, value in items.items() if name != key}
    return {**items, key: change(items[key], rng, known)}
