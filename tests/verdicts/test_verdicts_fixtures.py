"""Every way to write a test: each judges in a worker as it does under plain pytest."""

import pytest

PLUGINS = ("-p", "pytest_asyncio.plugin", "-p", "anyio.pytest_plugin", "-p", "xdist", "--doctest-modules")
INI = "[pytest]\npythonpath = .\nasyncio_mode = strict\nasyncio_default_fixture_loop_scope = function\n"


@pytest.fixture(scope="module")
def judged(judge):
    return judge("fixtures", *PLUGINS, ini=INI)


def test_every_test_runs_in_a_worker_as_under_pytest(judged):
    assert judged.differences == ()


def test_a_fresh_process_says_of_each_mutant_what_the_tree_does(judged):
    assert judged.unexpected() == ""


def test_every_verdict_is_that_of_the_mutant_alone(judged):
    assert judged.wrong() == ""
