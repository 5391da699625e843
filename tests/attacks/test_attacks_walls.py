"""Every attack, below vetting, behind every tier, as each user there is; effects are checked from outside."""

from __future__ import annotations

import functools
import os
import subprocess
from contextlib import ExitStack
from importlib.util import find_spec
from pathlib import Path

import attack_table
import pytest
import siege
from attack_table import ATTACKS, alone, function_name, groups
from siege import SECRET, Siege

TIERS = ("namespaces", "landlock", "portable")
EVERYTHING = bool(os.environ.get("LLMGEN_EVERY_ATTACK"))
PLACES = [(user, tier) for user in siege.users() for tier in TIERS]
ORDINARY = Path(__file__).with_name("data") / "ordinary.py"
NOT_BEHIND = {
    "landlock": (
        "a_terminal",  # it would mean being able to write to the user's own ones
        *("a_pool_of_processes", "a_queue_between_processes", "shared_memory"),  # /dev/shm is everybody's
        *("a_server_in_an_event_loop", "a_web_server", "a_stream_socket", "a_datagram"),  # so is the loopback interface
    ),
}
"""What a tier costs; llm_sandbox_allow opens some of it."""
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
        self.escaped: dict[tuple[str, ...], list[str]] = {}
        self.faults: list[tuple[tuple[str, ...], str]] = []
        self.left: list[str] = []
        self.ordinary: dict[str, str] = {}


@pytest.fixture(scope="module", params=PLACES, ids="-".join)
def place(request: pytest.FixtureRequest) -> tuple[str, str]:
    user, tier = request.param
    if tier == "portable" and find_spec("pytest_llmgen.run.sandbox.audit") is None:
        pytest.skip("the portable tier has no audit hook yet")
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
        if has_ordinary(place):
            found.ordinary = ordinary(here)
        for names in tried(place):
            if effects := attack(here, names, found):
                found.escaped[names] = effects
            if not here.is_whole():
                here = Siege(user, tier, stack)
        here.end()
        found.left = here.left()
    return found


def has_ordinary(place: tuple[str, str]) -> bool:
    """Whether ordinary tests run there: whose they are matters to namespaces alone."""
    user, tier = place
    return user == "me" or tier == "namespaces" or EVERYTHING


def ordinary(here: Siege) -> dict[str, str]:
    """What is wrong with each ordinary test; run in one child, as they are in a user's suite."""
    return {
        nodeid.partition("::test_")[2]: "" if outcome == "passed" else f"{outcome}: {message}"
        for nodeid, outcome, message in here.run([ORDINARY.read_text()], 60.0)
    }


def tried(place: tuple[str, str]) -> list[tuple[str, ...]]:
    """Those that do not disturb each other in one child, the others alone in one place.

    LLMGEN_EVERY_ATTACK wants all alone everywhere, as the table in the documentation has them.
    """
    _, tier = place
    if EVERYTHING:
        return [(name,) for name, attack in ATTACKS.items() if tier not in attack.off]
    return [*groups(tier), *(alone(tier) if place == PLACES[0] else ())]


def attack(here: Siege, names: tuple[str, ...], found: Found) -> list[str]:
    """What attacks have changed, learnt or forged."""
    before = here.snapshot()
    runs = here.run([attack_table.render(here.facts(), *names)], ATTACKS[names[0]].timeout)
    effects = list(here.effects(before))
    found.faults += [(names, message) for _, outcome, message in runs if outcome == "fault"]
    if any(SECRET in message for _, _, message in runs):
        effects.append("a secret was told")
    aims = {function_name(name): name for name in names if ATTACKS[name].passes}
    passed = [nodeid.partition("::")[2].partition("[")[0] for nodeid, outcome, _ in runs if outcome == "passed"]
    return effects + [f"it reached its aim: {aims[name]}" for name in passed if name in aims]


def test_no_attack_escapes_but_those_that_are_known_to(place: tuple[str, str], found: Found) -> None:
    _, tier = place
    unknown = {names: told for names, told in found.escaped.items() if not ATTACKS[names[0]].is_known_hole(tier)}
    assert unknown == {}


def test_no_attack_ends_the_run(found: Found) -> None:
    assert found.faults == []


def test_no_process_is_left(found: Found) -> None:
    assert found.left == []


def test_ordinary_tests_pass(place: tuple[str, str], found: Found) -> None:
    _, tier = place
    if not has_ordinary(place):
        pytest.skip("they run here as this user")
    assert {name: why for name, why in found.ordinary.items() if why and name not in NOT_BEHIND.get(tier, ())} == {}
    assert len(found.ordinary) >= 40


def test_at_least_forty_attacks_are_tried_everywhere() -> None:
    assert all(sum(map(len, tried(place))) >= 40 for place in PLACES)
    assert set(ATTACKS) == {name for names in tried(PLACES[0]) for name in names}
