import json
import stat

from pytest_llmgen.generate.journal import Entry, Journal, Question, entries, fingerprint_of, key_of
from pytest_llmgen.generate.prices import Usage
from pytest_llmgen.records import Assignment, Module, Target, TargetContext, TargetKind

QUESTION = Question("a.py::f", "f00d", "first", 1, 1)
REQUEST = {"model": "m", "messages": [{"role": "user", "content": "äöü \ud800"}]}


def entry(text="reply", **changes):
    values = {"question": QUESTION, "request": REQUEST, "stop_reason": "end_turn", "model": "m"}
    values |= {"prompt_version": "1", "usage": Usage(1, 2, 3, 4), "key": key_of(REQUEST, "1"), **changes}
    return Entry(text=text, **values)


def test_a_kept_reply_is_found_by_its_request(tmp_path):
    journal = Journal(tmp_path / ".llmgen", now=lambda: "2026-01-01T00:00:00+00:00")
    journal.keep(entry())
    assert journal.find(key_of(REQUEST, "1")) == entry(time="2026-01-01T00:00:00+00:00")
    assert journal.find(key_of(REQUEST, "2")) is None


def test_a_reply_is_one_file_for_its_owner_alone_under_two_letters_of_its_key(tmp_path):
    Journal(tmp_path).keep(entry())
    (path,) = (path for path in tmp_path.rglob("*") if path.is_file())
    key = key_of(REQUEST, "1")
    assert path == tmp_path / "replies" / key[:2] / f"{key}.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_order_of_a_requests_keys_does_not_matter():
    assert key_of({"a": 1, "b": 2}, "1") == key_of({"b": 2, "a": 1}, "1") != key_of({"a": 1, "b": 3}, "1")


def test_a_damaged_or_foreign_file_counts_as_no_reply(tmp_path):
    journal = Journal(tmp_path)
    journal.keep(entry())
    (path,) = tmp_path.rglob("*.json")
    whole = path.read_text()
    (path.parent / "other.json").write_text('{"a": 1}')
    (path.parent / "list.json").write_text("[]")
    assert len(list(entries(tmp_path))) == 1
    path.write_text(whole[:50])
    assert journal.find(key_of(REQUEST, "1")) is None
    assert list(entries(tmp_path)) == []


def test_entries_come_oldest_first(tmp_path):
    journal = Journal(tmp_path)
    for text, key, time in (("new", "aa", "2026-02"), ("old", "bb", "2026-01")):
        journal.keep(entry(text, key=key, time=time))
    assert [e.text for e in entries(tmp_path)] == ["old", "new"]


def test_the_ledger_goes_on_after_a_torn_line(tmp_path):
    journal = Journal(tmp_path, now=lambda: "now")
    journal.note("started", key="k")
    with (tmp_path / "ledger.jsonl").open("a") as file:
        file.write('{"event": "answ')
    journal.note("answered", key="k", usd=0.5)
    assert journal.ledger() == [
        {"time": "now", "event": "started", "key": "k"},
        {"time": "now", "event": "answered", "key": "k", "usd": 0.5},
    ]
    assert len((tmp_path / "ledger.jsonl").read_text().splitlines()) == 3


def test_a_ledger_that_is_not_there_is_empty(tmp_path):
    assert Journal(tmp_path / "none").ledger() == []
    assert not (tmp_path / "none").exists()


def test_a_fingerprint_follows_the_code_and_not_its_place():
    def made(**changes):
        values = {"path": "a.py", "module": "a", "qualname": "f", "kind": TargetKind.FUNCTION}
        target = Target(**{**values, "start_line": 1, "end_line": 2, "def_line": 1, "context": "c", **changes})
        return fingerprint_of(Assignment(target, Module("a.py", "a", ".", ""), TargetContext("import a")))

    assert made() == made(start_line=8, end_line=9, def_line=8, docstring="new")
    assert len({made(), made(context="d"), made(qualname="g"), made(path="b.py")}) == 4


def test_the_files_hold_plain_json(tmp_path):
    Journal(tmp_path).keep(entry())
    (path,) = tmp_path.rglob("*.json")
    assert json.loads(path.read_text(encoding="ascii"))["request"] == REQUEST
