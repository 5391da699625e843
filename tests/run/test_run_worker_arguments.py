"""The user's arguments, turned into a worker's."""

import pytest

from pytest_llmgen.run.arguments import loads_pytest_cov, real_word, without_paths, worker_arguments
from pytest_llmgen.settings import OPTIONS

OWN_WARNING = "ignore:Module already imported so cannot be rewritten:pytest.PytestAssertRewriteWarning"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("tests -k price -m slow", "tests -k price -m slow"),
        ("-p myplugin -c x.ini -o a=b --rootdir=. --import-mode=importlib", None),
        ("--import-mode importlib --confcutdir tests --ignore tests/old --deselect a::b", None),
        ("--env prod --env=prod tests/test_a.py::test_b", None),
        ("--llm-generate --llm-target=shop.py --llm-target shop.py --llm-workers=3 tests", "tests"),
        ("--cov --cov=shop --cov shop --cov-report=xml --cov-report term --cov-branch tests/x", "tests/x"),
        ("-n 4 -n4 --dist loadfile --numprocesses=auto -x --exitfirst --maxfail 3 --maxfail=1 t", "t"),
        ("--lf --ff --sw --sw-skip --pdb --trace --co --collect-only --junitxml=r.xml --junit-xml r.xml t", "t"),
        ("-v -vv -q -xvs --durations=5 --durations 5 --color=yes --tb short -rA -ra -l t", "-s t"),
        ("-k -x", "-k -x"),
        ("--capture=no -s", "--capture=no -s"),
        ("-W error::UserWarning", None),
        ("-x -- -x", "-- -x"),
    ],
)
def test_what_decides_collection_stays_and_the_rest_goes(given: str, kept: str | None) -> None:
    words = worker_arguments(given.split(), has_cov=False)
    assert _own(words) == (given if kept is None else kept).split()


def test_coverage_is_switched_off_only_where_the_switch_exists() -> None:
    assert worker_arguments([], has_cov=True)[-2:] == ["--maxfail=0", "--no-cov"]
    assert _own(worker_arguments(["--no-cov"], has_cov=False)) == []


def test_the_warning_that_we_were_imported_before_pytest_came_is_ignored_whatever_the_user_filters() -> None:
    words = worker_arguments(["-W", "error", "--", "tests"], has_cov=False)
    assert words[:4] == ["-W", "error", "-W", OWN_WARNING]
    assert words[-2:] == ["--", "tests"]


def _own(words: list[str]) -> list[str]:
    """The arguments without those that every worker gets."""
    ours = ["-W", OWN_WARNING, "--maxfail=0"]
    at = words.index(OWN_WARNING) - 1
    assert words[at : at + 3] == ours
    return words[:at] + words[at + 3 :]


@pytest.mark.parametrize(
    ("words", "environment", "installed", "loaded"),
    [
        ([], {}, {"pytest_cov"}, True),
        ([], {}, {"xdist"}, False),
        (["-p", "no:pytest_cov"], {}, {"pytest_cov"}, False),
        (["-pno:pytest_cov"], {}, {"pytest_cov"}, False),
        ([], {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, {"pytest_cov"}, False),
        (["-p", "pytest_cov"], {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}, {"pytest_cov"}, True),
    ],
)
def test_whether_pytest_cov_is_loaded(
    words: list[str], environment: dict[str, str], installed: set[str], *, loaded: bool
) -> None:
    assert loads_pytest_cov(words, environment, installed) is loaded


def test_positional_arguments_can_be_taken_out() -> None:
    assert without_paths(["--env", "tests", "tests", "-k", "a"], ["tests"]) == ["--env", "tests", "-k", "a"]


@pytest.mark.parametrize("flag", [option.flag for option in OPTIONS if option.flag])
def test_no_flag_of_ours_reaches_a_worker_or_takes_a_word_with_it(flag):
    has_value = next(option.kind != "bool" for option in OPTIONS if option.flag == flag)
    words = [flag, "1"] if has_value else [flag]
    assert worker_arguments([*words, "-o", "llm_price=2,10"], has_cov=False)[:2] == ["-o", "llm_price=2,10"]


def test_a_word_that_leads_into_the_project_through_a_link_becomes_the_projects_own_path(tmp_path):
    root = tmp_path / "real" / "shop"
    (root / "tests").mkdir(parents=True)
    (tmp_path / "link").symlink_to("real")
    link = tmp_path / "link" / "shop"
    words = [
        f"{link}/tests/test_a.py::test_b[/x]",
        f"--ignore={link}/tests",
        str(link),
        "-k",
        "a=/b",
        f"{tmp_path}/link",
    ]
    real = [
        f"{root}/tests/test_a.py::test_b[/x]",
        f"--ignore={root}/tests",
        str(root),
        "-k",
        "a=/b",
        f"{tmp_path}/link",
    ]
    assert [real_word(word, root) for word in words] == real
    assert [real_word(word, root) for word in real] == real
