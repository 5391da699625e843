from __future__ import annotations

import threading

from pytest_llmgen.heartbeat import Heartbeat


def test_it_beats_while_the_main_thread_waits_and_never_after_it_was_closed() -> None:
    beats: list[str] = []
    third = threading.Event()

    def beat() -> None:
        beats.append(threading.current_thread().name)
        if len(beats) == 3:
            third.set()

    heartbeat = Heartbeat(beat, 0.001)
    assert third.wait(30)
    heartbeat.close()
    known = len(beats)
    assert set(beats) == {"llmgen-heartbeat"}
    assert not any(thread.name == "llmgen-heartbeat" for thread in threading.enumerate())
    assert len(beats) == known


def test_it_waits_before_the_first_beat_and_ends_at_once() -> None:
    beats: list[int] = []
    Heartbeat(lambda: beats.append(1), 3600.0).close()
    assert beats == []
