"""What is seen of objects without source text, and what is said beside a result."""

import logging
import re
import warnings
from datetime import datetime

import pytest

from pytest_llmgen.records import Probe
from pytest_llmgen.run.ears import Logs, Warned
from pytest_llmgen.run.harmless import is_harmless
from pytest_llmgen.run.probing import compiled, observe, watched
from pytest_llmgen.run.sights import MOST, sights
from pytest_llmgen.run.values import describe


class Job:
    """Public and private attributes, a property that tells and two that change."""

    def __init__(self, unit=None):
        self.unit, self.tags, self._secret = unit, [], 3

    @property
    def is_set(self):
        return self.unit is not None

    @property
    def hours(self):
        self.unit = "hours"
        return self

    @property
    def hour(self):
        return self.hours


class Box(dict):
    """A dictionary with a name."""


class Crowded:
    """More attributes than a test should assert."""

    def __init__(self):
        for rank in range(30):
            setattr(self, f"a{rank:02}", rank if rank > 20 else None)


def seen(value, name="job", known=None, unseen=frozenset(), **options):
    found = sights(name, value, known or {}, frozenset(unseen), **options)
    return {text: told.source for text, told in found.items()}


def test_public_attributes_and_properties_that_only_tell_are_seen():
    assert seen(Job("days")) == {"job.unit": "'days'", "job.tags": "[]", "job.is_set": "True"}


def test_looking_at_an_object_leaves_it_as_it_is():
    job = Job()
    seen(job)
    assert job.unit is None


@pytest.mark.parametrize(("name", "expected"), [("is_set", True), ("hours", False), ("hour", False)])
def test_a_property_is_harmless_when_nothing_it_runs_stores(name, expected):
    assert is_harmless(Job, name) is expected


def test_an_object_that_tests_hold_by_name_is_told_by_that_name():
    job = Job()
    assert seen(job, "result", {"job": job}) == {"result is job": "True"}


def test_items_of_a_list_are_looked_into():
    assert seen([Job("days")], "jobs") == {
        "len(jobs)": "1",
        "jobs[0].unit": "'days'",
        "jobs[0].tags": "[]",
        "jobs[0].is_set": "True",
    }


def test_what_is_a_kind_of_dictionary_is_compared_as_one():
    assert seen(Box(a=1), "box") == {"dict(box)": "{'a': 1}"}


def test_a_match_shows_its_place_and_groups():
    assert seen(re.match("(a)b", "ab"), "result") == {"result.span()": "(0, 2)", "result.groups()": "('a',)"}


def test_of_a_result_the_attributes_that_hold_something_come_first_and_not_too_many():
    found = seen(Crowded(), "result")
    assert len(found) == MOST
    assert set(list(found.values())[:3]) == {"21", "22", "23"}


def test_what_was_restless_is_not_looked_at():
    assert "job.unit" not in seen(Job("days"), unseen={"job.unit"})


def test_the_result_is_watched_under_its_name():
    assert watched((), {"result": Job("days")})["result.unit"].source == "'days'"


def test_a_date_has_its_source_also_while_the_code_is_given_another_class(monkeypatch):
    value = datetime(2024, 1, 31)  # noqa: DTZ001 (as the code under test has them)

    class Fixed(datetime):
        pass

    monkeypatch.setattr("datetime.datetime", Fixed)
    assert describe(value).source == "datetime(2024, 1, 31, 0, 0)"


def test_log_records_are_heard_until_it_is_closed():
    logs = Logs()
    logs.set_level("DEBUG")
    logging.getLogger("shop").debug("sold %s", 3)
    logs.close()
    logging.getLogger("shop").warning("too late")
    assert logs.messages == ["sold 3"]


def test_a_log_record_without_a_message_is_an_error_of_the_caller():
    logs = Logs()
    try:
        with pytest.raises(TypeError):
            logging.getLogger("shop").error("sold", 3)  # noqa: PLE1205 (that is the point)
    finally:
        logs.close()


def test_warnings_are_heard():
    warned = Warned()
    warnings.warn("old", DeprecationWarning, stacklevel=1)
    warned.close()
    assert [str(each.message) for each in warned] == ["old"]


def test_a_probe_hears_the_log_and_gives_it_back(tmp_path):
    handlers = list(logging.getLogger().handlers)
    setup = "import logging\nfrom pytest_llmgen.run.ears import Logs\ncaplog = Logs()\ncaplog.set_level('DEBUG')"
    seen = observe(Probe("logs", setup, "logging.info('sold')", ("caplog.messages",)), None, tmp_path)
    assert seen["changed"]["caplog.messages"]["source"] == "['sold']"
    assert logging.getLogger().handlers == handlers


def test_a_collection_that_changes_when_it_is_read_is_read_once(tmp_path):
    setup = (
        "class Queue:\n    def __init__(self): self.all = [1, 2]\n    def __len__(self): return len(self.all)\n"
        "    def __iter__(self):\n        while self.all: yield self.all.pop()\nqueue = Queue()"
    )
    seen = observe(Probe("queue", setup, "queue.all.append(3)", ("queue",)), None, tmp_path)
    assert seen["changed"]["list(queue)"]["source"] == "[3, 2, 1]"
    compiled(Probe("again", setup, "1"), "")


def test_what_a_list_is_made_of_is_told_whole(tmp_path):
    seen = observe(Probe("p", "", "list(iter('abc'))", ("result",)), None, tmp_path)
    assert seen["value"]["source"] == "['a', 'b', 'c']"
