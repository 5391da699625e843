import importlib.util

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.generate.budget import Budget, Estimate
from pytest_llmgen.generate.credentials import has_credentials
from pytest_llmgen.generate.prices import Usage, pricer
from pytest_llmgen.records import Cost


@pytest.mark.parametrize(
    ("max_cost", "max_tokens", "estimate", "fits"),
    [
        (1.0, -1, Estimate(10**9, 1.0), True),
        (1.0, -1, Estimate(1, 1.01), False),
        (0.0, -1, Estimate(1, 0.01), False),
        (0.0, -1, Estimate(1, 0.0), True),
        (-1, -1, Estimate(10**9, 10**9), True),
        (-1, 100, Estimate(100, 9.0), True),
        (-1, 100, Estimate(101, 0.0), False),
        (-1, 0, Estimate(1, 0.0), False),
        (0.0, 100, Estimate(100, None), True),
        (0.0, 100, Estimate(101, None), False),
    ],
)
def test_a_request_is_allowed_only_where_it_can_pass_no_cap(max_cost, max_tokens, estimate, fits):
    budget = Budget(max_cost, max_tokens)
    assert budget.allows(estimate) is fits
    assert budget.reserve(estimate) is fits


def test_what_is_held_counts_until_it_is_settled():
    budget, estimate = Budget(1.0, -1), Estimate(10, 0.6)
    assert budget.reserve(estimate)
    assert not budget.reserve(estimate)
    assert budget.allows(estimate)
    budget.settle(estimate, Cost(0.1, 1))
    assert budget.reserve(estimate)
    budget.settle(estimate, Cost(0.6, 1))
    assert budget.spent == Cost(0.7, 2)
    assert not budget.allows(estimate)


def test_settling_leaves_no_rest_of_rounding_behind():
    budget = Budget(1.1, -1)
    estimates = [Estimate(1, usd) for usd in (0.1, 0.7, 0.2)]
    for estimate in estimates:
        assert budget.reserve(estimate)
    for estimate in estimates:
        budget.settle(estimate, Cost())
    assert budget.reserve(Estimate(1, 1.1))


def test_tokens_of_every_sort_count():
    budget = Budget(-1, 10)
    assert budget.reserve(Estimate(10, None))
    budget.settle(Estimate(10, None), Cost(None, 1, 0, 1, 2, 3, 4))
    assert budget.tokens == 10
    assert not budget.allows(Estimate(1, None))


def test_a_stated_price_is_per_million_with_cached_tokens_at_their_share():
    price = pricer("3, 15")
    assert price("any", Usage(1_000_000, 0)) == 3
    assert price("any", Usage(0, 1_000_000)) == 15
    assert price("any", Usage(0, 0, 1_000_000, 0)) == pytest.approx(0.3)
    assert price("any", Usage(0, 0, 0, 1_000_000)) == 3.75


@pytest.mark.parametrize("stated", ["a=1,2 3,4", "a = 1 , 2; 3,4".replace(" = ", "="), "3,4\na=1,2"])
def test_a_price_may_be_stated_for_one_model_and_for_all_others(stated):
    price = pricer(stated)
    assert [price("a", Usage(1_000_000)), price("b", Usage(1_000_000))] == [1, 3]


@pytest.mark.parametrize("price", ["a=3", "3", "3,x", "3,4,5", "-1,2", "nan,1", "inf,1", ","])
def test_a_price_that_is_none_is_refused_with_an_example(price):
    with pytest.raises(LlmgenError, match=r"llm_price=.*not a price; give dollars.*\[bad-price\]"):
        pricer(price)


@pytest.mark.skipif(not importlib.util.find_spec("genai_prices"), reason="needs the extra 'prices'")
def test_the_library_knows_the_default_model_and_not_any_name():
    assert pricer()("claude-sonnet-4-6", Usage(1_000_000, 0)) == pytest.approx(3)
    assert pricer()("no-such-model", Usage(1, 1)) is None


@pytest.mark.parametrize(
    ("env", "expected"),
    [
        ({}, False),
        ({"ANTHROPIC_API_KEY": ""}, False),
        ({"ANTHROPIC_API_KEY": "k"}, True),
        ({"ANTHROPIC_AUTH_TOKEN": "t"}, True),
        ({"ANTHROPIC_PROFILE": "work"}, True),
        ({"ANTHROPIC_BASE_URL": "http://localhost:1"}, False),
        ({"ANTHROPIC_IDENTITY_TOKEN": "t"}, False),
        (
            {
                "ANTHROPIC_IDENTITY_TOKEN_FILE": "/t",
                "ANTHROPIC_FEDERATION_RULE_ID": "r",
                "ANTHROPIC_ORGANIZATION_ID": "o",
            },
            True,
        ),
        ({"ANTHROPIC_CUSTOM_HEADERS": "X-Api-Key: k"}, True),
        ({"ANTHROPIC_CUSTOM_HEADERS": "X-Trace: 1"}, False),
    ],
)
def test_credentials_are_found_in_the_environment(env, expected, tmp_path):
    assert has_credentials(env, tmp_path) is expected


def test_credentials_are_found_in_the_active_profile(tmp_path):
    folder = tmp_path / ".config" / "anthropic"
    (folder / "configs").mkdir(parents=True)
    assert not has_credentials({}, tmp_path)
    (folder / "configs" / "default.json").write_text("{}")
    assert has_credentials({}, tmp_path)
    assert has_credentials({"HOME": str(tmp_path)})
    assert has_credentials({"ANTHROPIC_CONFIG_DIR": str(folder)})
    (folder / "active_config").write_text("work\n")
    assert not has_credentials({}, tmp_path)
    (folder / "active_config").write_text("../configs/default\n")
    assert not has_credentials({}, tmp_path)
