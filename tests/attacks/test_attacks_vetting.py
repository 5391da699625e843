"""What vetting says of each attack, and what a reply full of attacks comes to in the whole pipeline."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack

import pytest
import siege
from attack_table import APART, ATTACKS, function_name, render
from siege import SECRET, Siege

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
BYPASS = """
import sys
import pytest
import pytest_llmgen.edges as edges
if sys.argv.pop(1) == "unvetted":  # no user gets here: the name is taken from under the running program
    edges.vet = lambda candidate, facts: ()
raise SystemExit(pytest.main(sys.argv[1:]))
"""
TRIED_WHOLE = ("files", "network", "learning")
RUN_SECONDS = 300


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


@pytest.fixture(scope="module")
def play() -> Iterator[Siege]:
    with ExitStack() as stack:
        yield Siege("me", "portable", stack)


def run(play: Siege, how: str, names: list[str]) -> tuple[subprocess.CompletedProcess[str], dict]:
    """``pytest --llm-generate`` on the project, with attacks as what the model (a double) answers."""
    reply = f"```python\n{render(play.facts(), *names)}```"
    with FakeAnthropic(lambda _request: reply) as api:
        done = subprocess.run(
            [
                sys.executable, "-B", "-c", BYPASS, how, "-p", "no:llmgen", "-p", "pytest_llmgen.plugin",
                "-p", "no:cacheprovider",
                "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest", "--llm-generate",
                "--llm-provider=model", "--llm-model=m", "--llm-rounds=1", "--llm-workers=1", "--llm-sandbox=auto",
                "--llm-target=shop/cart.py::discount", "--llm-report=json",
            ],
            cwd=play.root, env={**siege.environment(), **api.environment, "HOME": str(play.victim / "home")},
            stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=RUN_SECONDS, check=False,
        )  # fmt: skip
        sent = json.dumps([request.body for request in api.requests])
    assert SECRET not in sent
    assert (play.root / ".llmgen" / "report.json").exists(), done.stdout + done.stderr
    report = json.loads((play.root / ".llmgen" / "report.json").read_text())
    return done, report


def effects(play: Siege, before: dict[str, object]) -> list[str]:
    """What a run has done beside writing its own files."""
    ours = tuple(f"changed: {play.root}{end}" for end in ("/.llmgen", "/tests/llmgen"))
    folders = {f"changed: {play.root}", f"changed: {play.root}/tests"}
    return [each for each in play.effects(before) if not each.startswith(ours) and each not in folders]


def test_a_reply_full_of_attacks_does_nothing_and_each_is_named_with_its_reason(play: Siege) -> None:
    names = [name for name, attack in ATTACKS.items() if attack.code and not attack.head]
    before = play.snapshot()
    done, report = run(play, "vetted", names)
    assert effects(play, before) == [], done.stdout
    refused = {test["nodeid"].rpartition("::")[2] for test in report["tests"] if test["fate"] in {"unsafe", "invalid"}}
    assert {function_name(name) for name in names} <= refused
    assert SECRET not in json.dumps(report) + done.stdout + done.stderr


def test_attacks_that_get_past_vetting_meet_the_walls_in_the_whole_pipeline(play: Siege) -> None:
    """Of those that reach their aim there, none has an effect outside."""
    tame = [n for n, a in ATTACKS.items() if a.family in TRIED_WHOLE and not a.heavy and n not in APART]
    names = [*tame[:: len(tame) // 10], "forge the report", "forge the record", "let a child answer"]
    before = play.snapshot()
    done, report = run(play, "unvetted", names)
    assert effects(play, before) == [], done.stdout
    assert report["tests"], done.stdout + done.stderr
    told = json.dumps(report) + done.stdout + done.stderr
    assert SECRET not in told
    for path in (play.root / "tests" / "llmgen").glob("test_*.py"):
        ast.parse(path.read_text())
    assert play.victim.exists()
