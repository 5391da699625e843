"""What vetting says of each attack, and what a reply full of attacks comes to in the whole pipeline."""

from __future__ import annotations

import ast
import json
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest
import siege
from attack_table import APART, ATTACKS, function_name, render
from siege import SECRET, Siege
from test_attacks_walls import EVERYTHING, PLACES, refused

from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.generate.parse import parse
from pytest_llmgen.records import Assignment, Candidate, Fate, Oracle, Refusal, TargetContext
from pytest_llmgen.testing import FakeAnthropic
from pytest_llmgen.vet.facts import gather
from pytest_llmgen.vet.vetting import vet

FACTS = {
    "VICTIM": "/home/joe", "ROOT": "/home/joe/project", "TMP": "/tmp", "MARKER": "m", "TCP": 4711, "UDP": 4712,
    "SLEEPER": 99, "DRIVER": 98, "SECONDS": "4000", "PACKAGES": "/usr/lib/python3",
}  # fmt: skip
PROGRAM = """
import sys
import pytest
import pytest_llmgen.knowledge as knowledge
from pytest_llmgen.run.sandbox import choice
from pytest_llmgen.run.sandbox.plan import TierName
tier, *unvetted = sys.argv[1].split(",")
vet = knowledge.vet  # no user gets here: the name is taken from under the running program
knowledge.vet = lambda candidate, facts: () if candidate.name in unvetted else vet(candidate, facts)
choice.STRONG = {"linux": {TierName(tier): tier}} if tier != "portable" else {}
raise SystemExit(pytest.main(sys.argv[2:]))
"""
TRIED_WHOLE = ("files", "network", "learning")
RUN_SECONDS = 900
TEST_SECONDS = 3


@pytest.fixture(scope="module")
def refusals(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[object, ...]]:
    """Of each attack, from its text as a reply to its refusals."""
    root = tmp_path_factory.mktemp("project")
    for name in ("shop/__init__.py", "shop/cart.py"):
        (root / name).parent.mkdir(exist_ok=True)
        (root / name).write_text(siege.FILES[f"project/{name}"])
    modules = find_modules(
        root,
        targets=(),
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=("tests",),
        output_dir="tests/llmgen",
    )
    facts = gather(root, modules)
    module = next(m for m in modules if m.targets)
    assignment = Assignment(module.targets[0], module, TargetContext("from shop.cart import total"))
    found = {}
    for name in ATTACKS:
        text = f"```python\n{render(FACTS, name)}```"
        candidates, left_out = parse(text, assignment, Oracle.OBSERVED)
        if _is_left_out(ATTACKS[name].head, candidates):
            left_out = (
                *left_out,
                Refusal(ATTACKS[name].code, "the parts round a test are left out where nothing asks for them"),
            )
        found[name] = (*left_out, *(refusal for candidate in candidates for refusal in vet(candidate, facts)))
    return found


def _is_left_out(head: str, candidates: Sequence[Candidate]) -> bool:
    texts = ["\n".join([*each.imports, *each.helpers, each.source]) for each in candidates]
    return bool(head) and not any(head.strip().splitlines()[-1] in text for text in texts)


@pytest.mark.parametrize("name", ATTACKS)
def test_vetting_refuses_an_attack_with_its_reason_or_leaves_it_to_the_walls(name: str, refusals: dict) -> None:
    codes = {refusal.code for refusal in refusals[name]}
    assert codes >= {ATTACKS[name].code} if ATTACKS[name].code else not codes, refusals[name]


def test_vetting_calls_most_attacks_unsafe(refusals: dict) -> None:
    unsafe = [name for name, found in refusals.items() if any(r.fate is Fate.UNSAFE for r in found)]
    assert len(unsafe) >= 90


@pytest.fixture(params=PLACES if EVERYTHING else PLACES[:1], ids="-".join)
def play(request: pytest.FixtureRequest) -> Iterator[Siege]:
    """A project of its own for each run: the journal of an earlier one would answer in the double's place."""
    user, tier = request.param
    if why := refused(user, tier):
        pytest.skip(f"{tier} as {user}: {why}")
    with ExitStack() as stack:
        yield Siege(user, tier, stack)


def run(
    play: Siege, names: Sequence[str], unvetted: Sequence[str] = ()
) -> tuple[subprocess.CompletedProcess[str], dict]:
    """``pytest --llm-generate`` on the project, with attacks as what the model (a double) answers.

    ``unvetted`` are some of them that vetting does not see.
    """
    reply = f"```python\n{render(play.facts(), *names)}```"
    asked = "portable" if play.tier == "portable" else "auto"
    with FakeAnthropic(lambda _request: reply) as api:
        done = subprocess.run(
            [
                siege.interpreter(play.user), "-B", "-c", PROGRAM, ",".join([play.tier, *map(function_name, unvetted)]),
                "-p", "no:llmgen", "-p", "pytest_llmgen.plugin", "-p", "no:cacheprovider",
                "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest", "--llm-generate",
                "--llm-provider=model", "--llm-model=m", "--llm-rounds=1", "--llm-workers=1", f"--llm-sandbox={asked}",
                "--llm-target=shop/cart.py::discount", "--llm-report=json", f"--llm-test-timeout={TEST_SECONDS}",
            ],
            cwd=play.root, env={**siege.environment(), **api.environment, "HOME": str(play.victim / "home")},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
            **siege.as_user(play.user),
        )  # fmt: skip
        sent = json.dumps([request.body for request in api.requests])
    assert SECRET not in sent
    assert (play.root / ".llmgen" / "report.json").exists(), done.stdout + done.stderr
    report = json.loads((play.root / ".llmgen" / "report.json").read_text())
    assert report["run"]["sandbox"] == play.tier
    return done, report


def effects(play: Siege, before: dict[str, object]) -> list[str]:
    """What a run has done beside writing its own files."""
    ours = tuple(f"changed: {play.root}{end}" for end in ("/.llmgen", "/tests/llmgen"))
    folders = {f"changed: {play.root}", f"changed: {play.root}/tests"}
    return [each for each in play.effects(before) if not each.startswith(ours) and each not in folders]


def stopped(tier: str, *, vetted: bool) -> list[str]:
    """Attacks that do nothing here: vetting refuses them, or the tier stops them."""
    hole = {name for name, attack in ATTACKS.items() if attack.is_known_hole(tier) and not (vetted and attack.code)}
    return [name for name, attack in ATTACKS.items() if name not in hole and tier not in attack.off]


def some(tier: str) -> list[str]:
    """Attacks that cost little, as if vetting had let them through."""
    families = [n for n in stopped(tier, vetted=False) if ATTACKS[n].family in TRIED_WHOLE]
    tame = [name for name in families if _is_light(name) and name not in APART]
    return [*tame[:: len(tame) // 10], "forge the report", "forge the record", "let a child answer"]


def test_a_reply_full_of_attacks_does_nothing_and_each_is_named_with_its_reason(play: Siege) -> None:
    """The whole way of a reply: what vetting refuses is named, what gets past it meets the walls."""
    names = [name for name in stopped(play.tier, vetted=True) if EVERYTHING or ATTACKS[name].code or _is_light(name)]
    unvetted = [] if EVERYTHING else some(play.tier)
    report = assert_harmless(play, names, unvetted)
    refused = {test["nodeid"].rpartition("::")[2] for test in report["tests"] if test["fate"] in {"unsafe", "invalid"}}
    named = {name for name in names if ATTACKS[name].code and not ATTACKS[name].head}
    assert {function_name(name) for name in named.difference(unvetted)} <= refused


@pytest.mark.skipif(not EVERYTHING, reason="LLMGEN_EVERY_ATTACK wants them all")
def test_all_attacks_at_once_past_vetting_meet_the_walls(play: Siege) -> None:
    names = stopped(play.tier, vetted=False)
    assert_harmless(play, names, names)


def assert_harmless(play: Siege, names: Sequence[str], unvetted: Sequence[str]) -> dict:
    """Run a reply of these; of those that reach their aim in their own child, none has an effect outside."""
    before = play.snapshot()
    done, report = run(play, names, unvetted)
    assert effects(play, before) == [], done.stdout
    assert report["tests"], done.stdout + done.stderr
    assert SECRET not in json.dumps(report) + done.stdout + done.stderr
    for path in (play.root / "tests" / "llmgen").glob("test_*.py"):
        ast.parse(path.read_text())
    assert play.victim.exists()
    assert play.left() == []
    return report


def _is_light(name: str) -> bool:
    return not ATTACKS[name].heavy and not ATTACKS[name].off
