"""Every attack, below vetting, behind every tier, as each user there is; effects are checked from outside."""

from __future__ import annotations

import functools
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack

import attack_table
import ordinary_table
import pytest
import siege
from attack_table import ATTACKS
from siege import PACKAGE, SECRET, Siege

TIERS = ("namespaces", "landlock", "portable")
PLACES = [(user, tier) for user in siege.users() for tier in TIERS]
TRIAL = """
from pytest_llmgen.run.sandbox.choice import trial
from pytest_llmgen.run.sandbox.plan import TierName
answer = trial(TierName({tier!r}))
print("" if isinstance(answer, tuple) else answer)
"""


@functools.cache
def refused(user: str, tier: str) -> str:
    """Why this tier is not to be had for this user; empty where it is."""
    python = siege.interpreter(user)
    if python is None:
        return "no Python with pytest that this user may start"
    done = subprocess.run(
        [python, "-B", "-c", TRIAL.format(tier=tier)], env=siege.environment(), cwd="/", capture_output=True, text=True,
        check=False, **siege.as_user(user),
    )  # fmt: skip
    return done.stdout.strip() if done.returncode == 0 else done.stderr.strip()[-200:]


class Found:
    """What a siege came to."""

    def __init__(self) -> None:
        self.escaped: dict[str, list[str]] = {}
        self.faults: dict[str, str] = {}
        self.left: list[str] = []
        self.ordinary: dict[str, str] = {}


@pytest.fixture(scope="module", params=PLACES, ids=lambda place: "-".join(place))
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    user, tier = request.param
    if why := refused(user, tier):
        pytest.skip(f"{tier} as {user}: {why}")
    return user, tier


@pytest.fixture(scope="module")
def found(place: tuple[str, str]) -> Found:
    """One driver, and mostly one worker, for all attacks and all ordinary tests of a tier."""
    user, tier = place
    found = Found()
    with ExitStack() as stack:
        here = Siege(user, tier, stack)
        runs = here.run([ordinary_table.render(name) for name in ordinary_table.BODIES], 20.0)
        for name, (_, outcome, message) in zip(ordinary_table.BODIES, runs, strict=True):
            found.ordinary[name] = "" if outcome == "passed" else f"{outcome}: {message}"
        for name in tried(user, tier):
            effects = attack(here, name, found)
            if effects:
                found.escaped[name] = effects
            if any(effect.startswith(("changed", "another", "the parent")) for effect in effects):
                here = Siege(user, tier, stack)
        here.end()
        found.left = here.left()
    return found


def tried(user: str, tier: str) -> Iterator[str]:
    """What costs a worker is tried as one user only."""
    for name, attack in ATTACKS.items():
        if tier not in attack.off and (user == "me" or not attack.is_heavy):
            yield name


def attack(here: Siege, name: str, found: Found) -> list[str]:
    """What an attack has changed, learnt or forged."""
    attack = ATTACKS[name]
    before = here.snapshot()
    runs = here.run([attack_table.render(name, attack, here.facts())], attack.timeout)
    effects = list(here.effects(before))
    found.faults.update({name: message for _, outcome, message in runs if outcome == "fault"})
    if any(SECRET in message for _, _, message in runs):
        effects.append("a secret was told")
    if attack.passes_if and any(outcome == "passed" for _, outcome, _ in runs):
        effects.append("it reached its aim")
    return effects


def test_no_attack_escapes_but_those_that_are_known_to(place: tuple[str, str], found: Found) -> None:
    _, tier = place
    known = {name for name in found.escaped if tier in ATTACKS[name].holes}
    assert {name: effects for name, effects in found.escaped.items() if name not in known} == {}


def test_no_attack_ends_the_run(found: Found) -> None:
    assert found.faults == {}


def test_no_process_is_left(found: Found) -> None:
    assert found.left == []


def test_ordinary_tests_pass(place: tuple[str, str], found: Found) -> None:
    _, tier = place
    broken = {name for name, problem in found.ordinary.items() if problem}
    allowed = ordinary_table.NOT_BEHIND.get(tier, frozenset())
    assert {name: found.ordinary[name] for name in broken - allowed} == {}


def test_the_tables_are_large_enough_to_mean_something() -> None:
    assert len(ATTACKS) >= 40 <= len(ordinary_table.BODIES)
    assert PACKAGE.is_dir()
