from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.choose import make_generator
from pytest_llmgen.generate.dry import DryRun
from pytest_llmgen.records import Assignment, Module, Origin, Stage, Target, TargetContext, TargetKind
from pytest_llmgen.settings import defaults


def assignment(name, stage=Stage.FIRST):
    source = f"def {name}(x):\n    password = 'hunter2!'\n    return x\n"
    target = Target("a/b.py", "a.b", name, TargetKind.FUNCTION, 1, 3, 1, signature=f"{name}(x)")
    return Assignment(target, Module("a/b.py", "a.b", ".", source), TargetContext(f"from a.b import {name}"), stage)


def generator(root, **changes):
    settings = defaults(root, generate=True, dry_run=True, price="3,15", instructions="Be kind.", **changes)
    return make_generator(settings, {}, None, home=Path("/home/someone"))


def test_a_dry_run_needs_no_key_and_answers_nothing(tmp_path):
    dry = generator(tmp_path)
    assert isinstance(dry, DryRun)
    assert (dry.origin, dry.label) == (Origin.MODEL, "dry run of claude-sonnet-5-5, nothing is sent")
    replies = list(dry.generate([assignment("f"), assignment("g", Stage.DOCUMENTATION)]))
    assert [(reply.candidates, reply.cost.calls) for reply in replies] == [((), 0), ((), 0)]


def test_the_prompts_are_files_to_read_with_nothing_private_in_them(tmp_path):
    folder = tmp_path / ".llmgen" / "dry-run"
    folder.mkdir(parents=True)
    (folder / "009-old.md").write_text("of an earlier run")
    list(generator(tmp_path).generate([assignment("f"), assignment("g", Stage.DOCUMENTATION)]))
    first, second = sorted(folder.iterdir())
    assert [first.name, second.name] == ["001-a-b.py-f-first.md", "002-a-b.py-g-documentation.md"]
    text = first.read_text()
    assert text.startswith("# Model\n\nclaude-sonnet-5-5\n\n# System\n\nYou are")
    assert "Be kind." in text
    assert "return x" in text
    assert "hunter2" not in text


def test_what_it_would_cost_is_said(tmp_path):
    announced = generator(tmp_path).announce([assignment("f")])
    assert announced.startswith("requests: 1 to claude-sonnet-5-5; ")
    assert "about $0.01, at most $0.13, cap $1.00; first round, prompts in " in announced


@pytest.mark.parametrize("changes", [{"generate": False}, {"provider": "offline"}, {"provider": "replay"}])
def test_a_dry_run_of_nothing_is_refused(tmp_path, changes):
    with pytest.raises(LlmgenError, match=r"--llm-dry-run .*\[nothing-to-send\]"):
        defaults(tmp_path, **{"generate": True, "dry_run": True, **changes})
