"""The recorded replies of a real model run again: no key, no network, the same findings."""

import json
import shutil
from pathlib import Path

import pytest

SHOP = Path(__file__).parents[2] / "examples" / "shop"
REPLAY = ("--llm-generate", "--llm-provider=replay", "--llm-replies=replies", "--llm-rounds=1", "--llm-workers=1")
NOWHERE = {"ANTHROPIC_BASE_URL": "http://127.0.0.1:9", "HTTPS_PROXY": "http://127.0.0.1:9"}


@pytest.fixture(scope="module")
def shop(make_project):
    project = make_project({})
    shutil.copytree(SHOP, project.root, dirs_exist_ok=True, ignore=shutil.ignore_patterns("llmgen", ".llmgen"))
    project.environment.update(NOWHERE)
    return project


@pytest.fixture(scope="module")
def replayed(shop):
    return shop.run(*REPLAY, "--llm-target=shop/money.py::Money.split", "--llm-target=shop/money.py::Money.is_debt")


def test_a_replay_asks_nobody(replayed):
    assert replayed.status == 0, replayed.output
    assert replayed.report["cost"]["calls"] == 0
    assert replayed.report["cost"]["cached_calls"] >= 4


def test_a_replay_finds_the_planted_disagreement(replayed):
    (bug,) = replayed.report["suspected_bugs"]
    assert (bug["qualname"], bug["reproduced"]) == ("Money.split", [5, 5])
    assert bug["observed"].startswith("ZeroDivisionError")
    assert "ValueError" in bug["expected"]
    assert "ValueError" in bug["quote"]


def test_a_suspected_bug_never_enters_the_suite(replayed, shop):
    written = (shop.root / "tests/llmgen/test_llmgen_shop_money.py").read_text()
    (bug,) = replayed.report["suspected_bugs"]
    path, _, name = bug["test"].partition("::")
    assert f"def {name}(" not in written
    assert f"def {name}(" in (shop.root / path).read_text()


def test_replayed_tests_raise_the_score_and_pass_by_themselves(replayed, shop):
    (before, judged), (after, _) = (replayed.report["totals"][key]["mutants"] for key in ("before", "all"))
    assert before < after <= judged
    assert shop.run("-W", "error", "tests/llmgen", is_ours=False).status == 0


def test_the_ledger_says_what_became_of_each_test(replayed, shop):
    lines = [json.loads(line) for line in (shop.root / ".llmgen/ledger.jsonl").read_text().splitlines()]
    fates = [line["fate"] for line in lines if line["event"] == "judged"]
    assert sorted(fates) == sorted(test["fate"] for test in replayed.report["tests"])
    assert {"kept", "suspected-bug"} <= set(fates)


def test_a_request_without_a_recorded_reply_is_named(shop):
    for path in (shop.root / "replies").rglob("*.json"):
        if json.loads(path.read_text())["question"]["target"].endswith("::Money.times"):
            path.unlink()
    run = shop.run(*REPLAY, "--llm-target=shop/money.py::Money.times")
    assert "no-recorded-reply" in json.dumps(run.report)
    assert "Money.times" in run.output
