import http.client
import json
import urllib.error
import urllib.request

import pytest

from pytest_llmgen.testing import FakeAnthropic, FakeReply, FakeRequest

BODY = {"model": "m", "max_tokens": 5, "messages": [{"role": "user", "content": "hi"}]}


def post(api, headers=None, path="/v1/messages"):
    """Status and JSON of one request, past any proxy."""
    headers = {"x-api-key": "k"} if headers is None else headers
    request = urllib.request.Request(api.url + path, json.dumps(BODY).encode(), headers)
    try:
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        with error:
            return error.code, json.load(error)


def test_replies_come_in_the_order_of_the_script():
    with FakeAnthropic(["one", FakeReply("two", stop_reason="max_tokens")]) as api:
        first, second = post(api), post(api)
    assert (first[0], first[1]["content"][0]["text"], first[1]["stop_reason"]) == (200, "one", "end_turn")
    assert (second[1]["content"][0]["text"], second[1]["stop_reason"]) == ("two", "max_tokens")
    assert [request.body for request in api.requests] == [BODY, BODY]


def test_a_function_may_answer():
    with FakeAnthropic(lambda request: request.body["messages"][0]["content"].upper()) as api:
        assert post(api)[1]["content"][0]["text"] == "HI"


@pytest.mark.parametrize("headers", [{"x-api-key": "right"}, {"Authorization": "Bearer right"}])
def test_both_forms_of_a_key_are_accepted(headers):
    with FakeAnthropic(["one"], key="right") as api:
        assert post(api, headers)[0] == 200
        assert api.environment["ANTHROPIC_API_KEY"] == "right"


@pytest.mark.parametrize("headers", [{}, {"x-api-key": "wrong"}, {"Authorization": "Bearer wrong"}])
def test_no_key_and_a_wrong_key_are_refused(headers):
    with FakeAnthropic(["one"], key="right") as api:
        status, body = post(api, headers)
    assert (status, body["error"]["type"]) == (401, "authentication_error")


def test_errors_have_the_form_of_the_api():
    scripted = FakeReply(status=529, error_type="overloaded_error", message="busy", headers={"retry-after": "1"})
    with FakeAnthropic([scripted]) as api:
        assert post(api) == (
            529,
            {"type": "error", "error": {"type": "overloaded_error", "message": "busy", "details": {}}},
        )


def test_a_request_beyond_the_script_and_another_path_are_errors():
    with FakeAnthropic() as api:
        assert post(api)[0] == 400
        assert post(api, path="/v1/v1/messages")[0] == 404


@pytest.mark.parametrize("fault", ["drop", "cut"])
def test_a_lost_connection_is_lost_for_the_client(fault):
    script = [FakeReply("word " * 100, fault=fault)]
    with FakeAnthropic(script) as api, pytest.raises((http.client.HTTPException, ConnectionError)):
        post(api)


def test_waiting_for_requests_ends_with_the_time_given():
    with FakeAnthropic(["one"]) as api:
        assert not api.wait_for(1, timeout=0)
        post(api)
        assert api.wait_for(1, timeout=0)
        assert isinstance(api.requests[0], FakeRequest)
