"""Coverage as statements and branches, and the reading of a data file."""

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import coverage
import pytest
from coverage.files import TreeMatcher

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Hits
from pytest_llmgen.run.measure import Meter, file_lines, narrow, read_baseline, translate
from pytest_llmgen.run.protocol import RawFile

SOURCE = """\
def sign(n):
    if n < 0:
        return (
            "minus"
        )
    while n:
        n -= 1
    if n:  # pragma: no cover
        raise ValueError
    return "plus"


def never():
    assert_never(1)
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    (tmp_path / "shop.py").write_text(SOURCE)
    return tmp_path


def test_statements_branches_and_exclusions_of_a_file(root: Path) -> None:
    lines = file_lines(root, "shop.py")
    assert lines.statements == {1, 2, 3, 6, 7, 10, 13, 14}
    assert lines.branches == {(2, 3), (2, 6)}  # line 6 has one way left that is not excluded
    assert lines.excluded == {8, 9}
    assert lines.first_line[4] == 3


def test_the_users_exclusions_are_obeyed(root: Path) -> None:
    (root / "mine.cfg").write_text("[coverage:report]\nexclude_also =\n    def never\n")
    lines = file_lines(root, "shop.py", config_file=str(root / "mine.cfg"))
    assert not lines.statements & {13, 14}


def test_raw_lines_become_first_lines_of_statements(root: Path) -> None:
    lines = file_lines(root, "shop.py")
    raw = RawFile((2, 4, 8, 10), ((-1, 2), (2, 4), (4, -1), (6, 8)))
    assert translate(raw, lines) == Hits(frozenset({2, 3, 10}), frozenset({(2, 3)}))


def test_a_file_that_does_not_parse_is_a_clear_error(root: Path) -> None:
    (root / "shop.py").write_text("def x(:\n")
    with pytest.raises(LlmgenError, match="not-measurable"):
        file_lines(root, "shop.py")


PROBE = """\
import sys
from pathlib import Path
from pytest_llmgen.run.measure import Meter
root = Path(sys.argv[1])
sys.path.insert(0, str(root))
import shop
meter = Meter(root, ["shop.py"])
for n in (-1, 0, -1):
    meter.start()
    shop.sign(n)
    seen = meter.stop()
    print(sorted(seen), seen["shop.py"].lines)
meter.start()
print(meter.stop())
"""


def test_a_meter_tells_each_stretch_apart(root: Path) -> None:
    package = str(Path(sys.modules[Meter.__module__].__file__ or "").parents[2])
    done = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.append({package!r})\n{PROBE}", str(root)],
        capture_output=True,
        text=True,
        check=True,
    )
    minus = "['shop.py'] (2, 3, 4)"
    assert done.stdout.splitlines() == [
        minus,
        "['shop.py'] (2, 6, 8, 10)",
        minus,
        "{}",
    ]


SUITE = """\
from shop import sign
def test_minus(): assert sign(-1) == "minus"
def test_plus(): assert sign(1) == "plus"
"""


def test_a_baseline_tells_hits_and_the_lines_of_each_test(root: Path) -> None:
    (root / "test_shop.py").write_text(SUITE)
    options = ["--cov=shop", "--cov-branch", "--cov-context=test", "-p", "no:cacheprovider", "--cov-report="]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "pytest_cov", *options]
    subprocess.run(command, cwd=root, env=environment, check=True, capture_output=True)
    files = {"shop.py": file_lines(root, "shop.py")}
    before = (root / ".coverage").read_bytes()

    data = read_baseline(root / ".coverage", root, files)

    assert (data.has_branches, data.has_contexts) == (True, True)
    assert data.hits["shop.py"] == Hits(frozenset({1, 2, 3, 6, 7, 10, 13}), frozenset({(2, 3), (2, 6)}))
    assert data.contexts == {
        "test_shop.py::test_minus": {"shop.py": {2, 3}},
        "test_shop.py::test_plus": {"shop.py": {2, 6, 7, 10}},
    }
    assert (root / ".coverage").read_bytes() == before


def test_a_measurement_that_coverage_may_do_another_way_is_left_alone(root: Path) -> None:
    class Refusing:
        """A later coverage whose own choice of files we would break."""

        def __init__(self) -> None:
            self.source_match = before

        def check_include_omit_etc(self, name: str, frame: object) -> str | None:
            return None if self.source_match is before else f"{name} is refused"

    before = TreeMatcher([str(root)], "source")
    owner = SimpleNamespace(_inorout=Refusing())
    assert (narrow(owner, [root / "shop.py"]), owner._inorout.source_match) == (False, before)
    assert [narrow(other, [root]) for other in (SimpleNamespace(), SimpleNamespace(_inorout=None))] == [False, False]


def test_data_that_is_missing_or_broken_is_a_clear_error(root: Path) -> None:
    with pytest.raises(LlmgenError, match="no-coverage-data"):
        read_baseline(root / ".coverage", root, {})
    (root / ".coverage").write_text("this is no database, whatever it is called" * 100)
    with pytest.raises(LlmgenError, match="no-coverage-data"):
        read_baseline(root / ".coverage", root, {})


WITHS = """\
import contextlib

def after_a_loop(rows):
    found = []
    with contextlib.nullcontext():
        for row in rows:
            if row:
                found.append(row)
    return found

def after_a_condition(flag):
    with contextlib.nullcontext():
        if flag:
            flag = 0
    return flag

def out_of_two(rows):
    with contextlib.nullcontext() as a:
        with contextlib.nullcontext() as b:
            while rows:
                rows = rows[1:]
    return a, b

def left_early(rows):
    for row in rows:
        with contextlib.nullcontext(), contextlib.nullcontext():
            if row > 1:
                break
            if row < 0:
                return row
            if row == 1:
                continue
            row += 1
    return None

def within_try(value):
    try:
        with contextlib.suppress(KeyError):
            if value:
                raise KeyError
    finally:
        value = 1
    if value:
        return value

after_a_loop([1, 0])
after_a_condition(0)
out_of_two([1])
left_early([0, 1, 2])
within_try(0)
"""


def test_branches_out_of_a_with_are_those_that_coverage_reports(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(WITHS)
    data_file = tmp_path / "data"
    command = [sys.executable, "-m", "coverage", "run", "--branch", f"--data-file={data_file}", "shop.py"]
    subprocess.run(command, cwd=tmp_path, check=True)
    lines = file_lines(tmp_path, "shop.py")
    taken = read_baseline(data_file, tmp_path, {"shop.py": lines}).hits["shop.py"].arcs
    report = coverage.Coverage(data_file=str(data_file), config_file=False)
    report.load()
    theirs = report.branch_stats(str(tmp_path / "shop.py"))
    ours = {
        line: (sum(a == line for a, _ in lines.branches), sum(a == line for a, _ in taken))
        for line in {a for a, _ in lines.branches}
    }
    assert ours == theirs
    assert (6, 9) in taken
