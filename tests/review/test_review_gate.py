"""Decisions in a real file, met by real checks: accepted, unused, moved, invalid; one life, told in stages."""

from __future__ import annotations

import json
import shutil
from dataclasses import dataclass

import pytest

from pytest_llmgen.review import file

WHY = "--llm-reason=the wording is nobody's business"
UNUSED = """
# this comment stays
[[accepted]]
id = "M-7777777"
class = "equivalent"
reason = "nobody will ever notice"
author = "Ann Dev <ann@example.org>"
date = 2026-01-02
[accepted.gap]
kind = "surviving-mutant"
where = "shop.py::fee"
operator = "number"
before = "77"
after = "78"
context = "000000000000"
"""


@dataclass
class Stage:
    status: int
    output: str
    report: dict
    file: str

    def condition(self, name):
        return next(each["state"] for each in self.report["conditions"] if each["id"] == name)

    def states(self):
        return {entry["state"] for entry in self.report["review"]["entries"]}


def check(shop, *arguments):
    status, output = shop.run("--llm-check", *arguments)
    report = json.loads(shop.read(".llmgen/report.json"))
    return Stage(status, " ".join(output.split()), report, shop.read("llmgen-review.toml"))


@pytest.fixture(scope="module")
def life(measured, shop_at, tmp_path_factory):
    root = tmp_path_factory.mktemp("life") / "shop"
    shutil.copytree(measured, root)
    shop, stages = shop_at(root), {}
    gaps = [gap["id"] for gap in json.loads(shop.read(".llmgen/report.json"))["gaps"]]
    accepted = [f"--llm-accept={identity}" for identity in gaps]
    assert shop.run(*accepted, "--llm-class=wont-test", WHY)[0] == 0
    assert shop.run("--llm-accept=tests")[0] == 0
    review = root / "llmgen-review.toml"
    review.write_text(review.read_text() + UNUSED)
    stages["unused"] = check(shop)
    stages["strict"] = check(shop, "-o", "llm_review_strict=true")
    stages["pruned"] = shop.run("--llm-prune")[1], review.read_text()
    (root / "prices.py").write_text(shop.read("shop.py"))
    (root / "shop.py").write_text("from prices import fee\n")
    stages["moved"] = check(shop)
    stages["re-keyed"] = shop.run("--llm-prune")[1], review.read_text()
    prices = root / "prices.py"
    prices.write_text(prices.read_text().replace('note = "large"', 'note = "large" * 1'))
    stages["stale"] = check(shop)
    prices.write_text(prices.read_text().replace('note = "large" * 1', 'note = "large"'))
    review.write_text(review.read_text() + '\n[[accepted]]\nid = "M-8888888"\n')
    stages["invalid"] = check(shop)
    stages["gaps"] = gaps
    return stages


def test_accepted_gaps_pass_the_gate_and_what_is_unused_is_named(life):
    stage = life["unused"]
    assert (stage.status, stage.condition("new-gaps"), stage.condition("unreviewed")) == (0, "ok", "ok"), stage.output
    assert {gap["state"] for gap in stage.report["gaps"]} == {"accepted"}
    assert stage.states() == {"used", "unused"}
    assert "M-7777777 nothing to suppress: the code is gone" in stage.output


def test_unused_decisions_fail_a_strict_gate(life):
    assert (life["strict"].status, life["strict"].condition("unused")) == (10, "fail")


def test_pruning_takes_the_unused_out_and_leaves_every_reason(life):
    said, text = life["pruned"]
    assert "1 unused removed, 0 re-keyed" in said
    assert "M-7777777" not in text
    assert [d.reason for d in file.parse(text, "r").decisions] == [WHY.partition("=")[2]] * len(life["gaps"])


def test_a_decision_follows_its_function_to_another_file_and_pruning_re_keys_it(life):
    stage = life["moved"]
    assert (stage.status, stage.states()) == (0, {"moved"}), stage.output
    assert "moved to prices.py::fee, run --llm-prune" in stage.output
    said, text = life["re-keyed"]
    assert f"0 unused removed, {len(life['gaps'])} re-keyed" in said
    assert {d.gap.path for d in file.parse(text, "r").decisions} == {"prices.py"}


def test_a_decision_on_code_that_has_changed_is_stale_and_says_who_made_it(life):
    stage = life["stale"]
    assert (stage.status, stage.condition("new-gaps")) == (10, "fail")
    assert {"used", "stale"} <= stage.states()
    old, *_ = [gap for gap in stage.report["gaps"] if gap["state"] == "stale"]
    assert old["decision"]["author"] == "Ann Dev <ann@example.org>"
    assert f"{old['id']} (stale)" in stage.output or "STALE: accepted as wont-test by Ann Dev" in stage.output


def test_an_invalid_entry_decides_nothing_and_is_named_with_file_and_line(life):
    stage = life["invalid"]
    assert (stage.status, stage.condition("review")) == (11, "inconclusive"), stage.output
    line = stage.file.splitlines().index('id = "M-8888888"')
    assert f"llmgen-review.toml:{line}: M-8888888: " in stage.output
    assert any("reason is missing" in each["problem"] for each in stage.report["review"]["invalid"])
