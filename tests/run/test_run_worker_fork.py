"""Forked children and messages, without pytest around them."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pytest_llmgen.records import Hits, Mutant, MutantJob, Region, Value
from pytest_llmgen.run.deadlines import Deadline, StepDeadline
from pytest_llmgen.run.fork import CRASHED, DONE, TIMEOUT, End, Reporter, run_child
from pytest_llmgen.run.progress import PieceDeadline, Progress
from pytest_llmgen.run.protocol import RawFile, RawRun
from pytest_llmgen.run.views import written
from pytest_llmgen.run.wire import MESSAGE_LIMIT, BadMessageError, Decoder, encode, from_json, to_json


def collect(work, limit=5.0):
    records = []
    end = run_child(work, records.append, limit)
    return end, [record.get("n") for record in records]


def test_records_arrive_in_order_and_large_ones_whole() -> None:
    def work(report: Reporter) -> None:
        for n in (1, "x" * 1_000_000, 3):
            report.send("it", n=n)

    end, seen = collect(work)
    assert end.how == DONE
    assert seen == [1, "x" * 1_000_000, 3]


@pytest.mark.parametrize(
    ("work", "detail"),
    [
        (lambda report: os._exit(0), "exited with status 0"),
        (lambda report: os.kill(os.getpid(), signal.SIGKILL), "ended by SIGKILL"),
        (lambda report: (report.send("it", n=1), 1 / 0), "exited with status 70"),
        (lambda report: Reporter(report._fd, "guess").send("done"), "what is no record"),
        (lambda report: os.write(report._fd, b"\xff" * 100), "what is no record"),
        (lambda report: os.write(report._fd, b"\x00\x00\x00\x02ab"), "what is no record"),
    ],
)
def test_a_child_without_its_last_record_crashed(work, detail: str, capfd) -> None:
    end, _ = collect(work)
    assert end.how == CRASHED
    assert detail in end.detail


def test_a_hanging_child_is_killed_with_what_it_started(tmp_path: Path) -> None:
    def work(report: Reporter) -> None:
        report.send("it", n=subprocess.Popen(["sleep", "60"]).pid)
        time.sleep(60)

    end, (sleeper,) = collect(work, 0.5)
    assert end.how == TIMEOUT
    assert not is_running(sleeper)


def test_an_endless_loop_ends_by_its_cpu_time_and_a_sleeper_does_not() -> None:
    def spin(_report: Reporter) -> None:
        while True:
            pass

    def sleep(report: Reporter) -> None:
        time.sleep(0.3)
        report.send("it", n=1)

    assert run_child(spin, lambda _record: None, Deadline(60, cpu=0.1)) == End(TIMEOUT)
    assert run_child(sleep, lambda _record: None, Deadline(60, cpu=0.1)) == End(DONE)


def busy(seconds: float) -> None:
    until = time.process_time() + seconds
    while time.process_time() < until:
        pass


def test_a_step_ends_by_its_cpu_time_or_when_it_sleeps_too_long() -> None:
    def spin(report: Reporter) -> None:
        report.send("it", n=1)
        busy(30)

    def sleep(report: Reporter) -> None:
        report.send("it", n=1)
        time.sleep(30)

    for work in (spin, sleep):
        began = time.monotonic()
        assert run_child(work, lambda _record: 0.2, StepDeadline(0.2)) == End(TIMEOUT)
        assert time.monotonic() - began < 10


def test_each_step_has_its_own_time() -> None:
    def work(report: Reporter) -> None:
        for n in range(4):
            busy(0.12)
            report.send("it", n=n)

    assert run_child(work, lambda _record: 0.2, StepDeadline(0.2)) == End(DONE)


def test_a_step_that_waits_for_a_core_is_not_late() -> None:
    def work(report: Reporter) -> None:
        busy(0.2)
        report.send("it", n=1)

    crowd = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(4 * (os.cpu_count() or 1))]
    try:
        assert run_child(work, lambda _record: 0.3, StepDeadline(0.3)) == End(DONE)
    finally:
        for each in crowd:
            each.kill()
            each.wait()


def test_each_piece_of_a_list_has_its_own_time() -> None:
    progress = Progress()

    def work(_report: Reporter) -> None:
        for place in range(4):
            progress.begin(place)
            until = time.process_time() + (5.0 if place == 2 else 0.06)
            while time.process_time() < until:
                pass

    end = run_child(work, lambda _record: None, PieceDeadline(progress, [(60.0, 0.15)] * 4))
    assert (end, progress.place) == (End(TIMEOUT), 2)


def test_a_child_that_is_done_leaves_no_process_behind() -> None:
    def work(report: Reporter) -> None:
        report.send("it", n=subprocess.Popen(["sleep", "60"]).pid)

    end, (sleeper,) = collect(work)
    assert end.how == DONE
    assert not is_running(sleeper)


def is_running(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except FileNotFoundError:
            return False
        if state == "Z":
            return False
        time.sleep(0.01)
    return True


def test_a_record_may_extend_the_limit() -> None:
    def work(report: Reporter) -> None:
        for n in range(4):
            time.sleep(0.2)
            report.send("it", n=n)

    assert run_child(work, lambda record: 5.0, 0.6).how == DONE


def test_messages_are_cut_out_of_any_stream() -> None:
    decoder = Decoder()
    stream = encode({"a": 1}) + encode([2])
    found = []
    for byte in stream:
        decoder.feed(bytes([byte]))
        while (message := decoder.next()) is not None:
            found.append(message)
    assert found == [{"a": 1}, [2]]


def test_too_long_a_message_is_refused_on_both_sides() -> None:
    with pytest.raises(BadMessageError):
        encode("x" * MESSAGE_LIMIT)
    decoder = Decoder()
    decoder.feed((MESSAGE_LIMIT + 1).to_bytes(4, "big"))
    with pytest.raises(BadMessageError):
        decoder.next()


@pytest.mark.parametrize(
    "record",
    [
        Hits(frozenset({1}), frozenset({(1, -2)})),
        Value("t", None, ("import a",), True, "x"),
        RawRun("n", "passed", 0.5, {"a": RawFile((1,), ((1, 2),))}, None, "", 3),
        MutantJob(Mutant("m", "p", "u", "q", "o", 1, 2, "b", "a", "r", Region(1, 2, 3, 4)), ("a", "b"), 1.0),
    ],
)
def test_records_survive_the_way_through_json(record: object) -> None:
    decoder = Decoder()
    decoder.feed(encode(to_json(record)))
    assert from_json(type(record), decoder.next()) == record


def test_a_written_view_is_taken_back(tmp_path: Path) -> None:
    (tmp_path / "old.py").write_text("old")
    with written(tmp_path, {"old.py": "new", "a/b/c.py": "c", "a/d.py": "d"}):
        assert (tmp_path / "old.py").read_text() == "new"
        assert (tmp_path / "a/b/c.py").read_text() == "c"
    assert (tmp_path / "old.py").read_text() == "old"
    assert not (tmp_path / "a").exists()


def test_a_process_that_a_test_forked_reports_nothing_of_its_own() -> None:
    def work(report: Reporter) -> None:
        os.fork()  # both come back into our code
        report.send("it", n=1)

    end, seen = collect(work)
    assert end.how == DONE
    assert seen == [1]
