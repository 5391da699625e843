from datetime import UTC, datetime

import pytest

from pytest_llmgen.generate.pace import LONGEST_HOLD, hold

NOW = datetime(2026, 11, 21, 12, 0, 0, tzinfo=UTC)
SOON, LATER, PAST = "2026-11-21T12:00:05Z", "2026-11-21T13:00:05+00:00", "2026-11-21T11:00:00Z"


def limits(kind, remaining, reset):
    return {f"anthropic-ratelimit-{kind}-remaining": remaining, f"anthropic-ratelimit-{kind}-reset": reset}


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, 0),
        (limits("requests", "1", SOON), 0),
        (limits("requests", "0", SOON), 5),
        (limits("requests", "0", PAST), 0),
        (limits("requests", "0", LATER), LONGEST_HOLD),
        (limits("requests", "0", "2026-11-21T12:00:05"), 5),
        (limits("requests", "0", "soon"), 0),
        (limits("requests", "none", SOON), 0),
        ({"anthropic-ratelimit-requests-remaining": "0"}, 0),
        (limits("input-tokens", "1000", SOON), 0),
        (limits("input-tokens", "999", SOON), 5),
        (limits("tokens", "999", SOON), 5),
        (limits("output-tokens", "0", SOON), 0),
        ({**limits("requests", "0", SOON), **limits("tokens", "0", LATER)}, LONGEST_HOLD),
    ],
)
def test_a_request_of_1000_tokens_is_held_back_until_the_limits_let_it_pass(headers, seconds):
    assert hold(headers, 1000, NOW) == seconds
