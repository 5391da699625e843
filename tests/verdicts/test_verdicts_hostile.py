"""Mutants that hang, crash or end the interpreter: a status, and the next one as if nothing had been."""

import pytest


@pytest.fixture(scope="module")
def judged(judge):
    return judge("hostile")


def test_every_test_runs_in_a_worker_as_under_pytest(judged):
    assert judged.differences == ()


def test_a_fresh_process_says_of_each_mutant_what_the_tree_does(judged):
    assert judged.unexpected() == ""


def test_every_verdict_is_that_of_the_mutant_alone(judged):
    assert judged.wrong() == ""
