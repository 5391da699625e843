import pytest

from pytest_llmgen.generate.faults import Fault, Patience, codes_of, wait_before


def status(number, type_="", codes=(), message="words", **headers):
    return Fault("status", message, number, type_, tuple(codes), {k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(
    ("fault", "slug", "is_passing", "is_final"),
    [
        (status(401), "bad-credentials", False, True),
        (status(402), "spend-limit", False, True),
        (status(403), "permission-denied", False, True),
        (status(404), "model-not-found", False, True),
        (status(400), "request-refused", False, False),
        (status(400, message="prompt is too long: 9 tokens"), "prompt-too-long", False, False),
        (status(400, message="Your credit balance is too low"), "spend-limit", False, True),
        (status(408), "request-timeout", True, False),
        (status(409), "request-refused", True, False),
        (status(413), "prompt-too-long", False, False),
        (status(422), "request-refused", False, False),
        (status(429), "rate-limit", True, False),
        (status(429, codes=["enforced_spend_limit_reached"]), "spend-limit", False, True),
        (status(429, "billing_error"), "spend-limit", False, True),
        (status(500), "service-unavailable", True, False),
        (status(503), "service-unavailable", True, False),
        (status(529, "overloaded_error"), "service-unavailable", True, False),
        (status(200, "overloaded_error"), "service-unavailable", True, False),
        (status(500, x_should_retry="false"), "service-unavailable", False, False),
        (status(400, x_should_retry="true"), "request-refused", True, False),
        (Fault("connection", "refused"), "no-network", True, True),
        (Fault("timeout", "late"), "request-timeout", True, False),
        (Fault("junk", "?"), "junk-reply", True, False),
        (Fault("credentials", "none"), "no-credentials", False, True),
    ],
)
def test_a_fault_has_a_name_and_says_whether_to_try_again(fault, slug, is_passing, is_final):
    assert (fault.slug, fault.is_passing, fault.is_final) == (slug, is_passing, is_final)


def test_the_error_says_what_and_what_to_do():
    assert str(status(404, message="model: claude-x").error("claude-x")) == (
        "llmgen: there is no such model or address (status 404): model: claude-x;"
        " check --llm-model=claude-x; ANTHROPIC_BASE_URL must not end in /v1 [model-not-found]"
    )
    assert str(Fault("junk", "no content").error("m")) == (
        "llmgen: the answer of the model's server is not a message: no content [junk-reply]"
    )


def test_waits_double_up_to_the_longest_with_a_quarter_of_spread():
    patience = Patience(attempts=9, first_wait=1, longest_wait=4)
    waits = [wait_before(patience, status(529), attempt, 0) for attempt in (1, 2, 3, 4)]
    assert all(0.75 * top <= wait <= top for wait, top in zip(waits, (1, 2, 4, 4), strict=True))


@pytest.mark.parametrize(
    ("headers", "wait"),
    [
        ({"retry_after": "2"}, 2),
        ({"retry_after": "3600"}, 60),
        ({"retry_after_ms": "1500", "retry_after": "9"}, 1.5),
        ({"retry_after": "0"}, 0),
    ],
)
def test_retry_after_is_obeyed_up_to_a_cap(headers, wait):
    assert wait_before(Patience(), status(429, **headers), 1, 0) == wait


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-5", "nan", ""])
def test_a_retry_after_that_is_no_number_of_seconds_is_passed_over(value):
    assert 0 < wait_before(Patience(), status(429, retry_after=value), 1, 0) <= 0.5


def test_patience_ends_with_attempts_total_wait_and_lasting_faults():
    patience = Patience(attempts=3, total=100)
    assert wait_before(patience, status(429), 2, 0) is not None
    assert wait_before(patience, status(429), 3, 0) is None
    assert wait_before(patience, status(429, retry_after="50"), 1, 51) is None
    assert wait_before(patience, status(401), 1, 0) is None


def test_codes_are_found_wherever_the_details_hold_them():
    assert codes_of({"type": "a", "details": {"error_code": "b", "n": 1}}) == ("a", "b")
