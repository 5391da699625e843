"""Candidates against mutants, in a real worker."""

import sys
from pathlib import Path

import pytest

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.records import Candidate, Category, Fate, Hits, Oracle, Origin, Outcome
from pytest_llmgen.refine.choose import choose
from pytest_llmgen.refine.trial import Place, against_mutants, try_out
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.measure import file_lines
from pytest_llmgen.settings import defaults

SHOP = 'LIMITS = {"a": 3}\n\n\ndef limit(name):\n    return LIMITS[name]\n'
SUITE = 'import shop\n\n\ndef test_limit():\n    assert shop.limit("a")\n'
CANDIDATE = Candidate(
    "c1", "shop.py::limit", "test_limit_of_a", Category.TYPICAL, Origin.MODEL, Oracle.OBSERVED,
    'def test_limit_of_a():\n    """Typical: the limit of a."""\n    assert limit("a") == 3\n',
    imports=("from shop import limit",),
)  # fmt: skip


def test_a_test_that_only_kills_what_runs_at_import_earns_its_place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, text in {"shop.py": SHOP, "test_shop.py": SUITE, "pytest.ini": "[pytest]\npythonpath = .\n"}.items():
        (tmp_path / name).write_text(text)
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
    module = parse_module("shop.py", "shop", ".", SHOP)
    wanted = [mutant for mutant in mutants_of(module) if mutant.needs_import and mutant.before == "3"]
    files = {"shop.py": file_lines(tmp_path, "shop.py")}
    settings = defaults(tmp_path, workers=1, sandbox="portable")
    with Executor(tmp_path, settings, args=(), sys_path=sys.path, invocation_dir=tmp_path, modules=[module]) as runner:
        runner.collect()
        place = Place("tests/llmgen", 5.0, 0.0, files, module.targets)
        tried = try_out([CANDIDATE], runner, place)
        (blind,) = against_mutants(tried, wanted, runner, place)
        (judged,) = against_mutants(tried, wanted, runner, place, runner.imported())
        (unasked,) = against_mutants(tried, wanted, runner, place, runner.imported(), {"c1": frozenset()})
        (run,) = runner.map_tests(["test_shop.py::test_limit"], 5.0)
    assert (run.outcome, blind.kills, unasked.kills) == (Outcome.PASSED, frozenset(), frozenset())
    assert judged.kills == {mutant.id for mutant in wanted}
    assert len(judged.kills) > 0
    kept = choose(
        [judged],
        baseline_hits={"shop.py": Hits(run.hits["shop.py"].lines | {1, 4}, run.hits["shop.py"].arcs)},
        files=files,
        baseline_kills=frozenset(),
        filled_categories={"shop.py::limit": frozenset({Category.TYPICAL})},
    )
    assert [each.fate for each in kept] == [Fate.KEPT]
