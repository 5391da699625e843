"""The walls of systems that were not at hand: what is pure of them, as text and numbers."""

import ctypes

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.sandbox import choice, job, seatbelt
from pytest_llmgen.run.sandbox.allow import Host
from pytest_llmgen.run.sandbox.choice import choose
from pytest_llmgen.run.sandbox.plan import Limits, Plan, Tier, TierName, View

PROFILE = r"""(version 1)
(allow default)
(deny network*)
(allow network* (local unix-socket (subpath "/w")) (local unix-socket (subpath "/w/project")))
(allow network* (remote unix-socket (subpath "/w")) (remote unix-socket (subpath "/w/project")))
(allow network-outbound (remote ip "localhost:5432"))
(allow network-outbound (remote ip "*:443"))
(deny file-write*)
(allow file-write* (subpath "/w") (subpath "/w/project") (literal "/dev/null") (literal "/dev/zero") \
(literal "/dev/random") (literal "/dev/urandom") (literal "/dev/tty") (literal "/dev/ptmx") \
(literal "/dev/dtracehelper"))
(allow file-read-data (subpath "/w"))
(deny file-read-data (subpath "/Users"))
(allow file-read-data (subpath "/w/project"))
(allow file-read-data (subpath "/Users/me/a \"shop\""))
(deny file-read-data (subpath "/Users/me/a \"shop\"/.env"))
(deny signal)
(allow signal (target same-sandbox))
(deny process-info* (target others))
(deny appleevent-send)
(deny mach-lookup (global-name "com.apple.securityd") (global-name "com.apple.securityd.xpc") \
(global-name "com.apple.SecurityServer") (global-name "com.apple.coreservices.launchservicesd") \
(global-name "com.apple.pasteboard.1"))
""".replace("\\\n", "")


def test_the_profile_for_macos_denies_by_the_innermost_place():
    shop = '/Users/me/a "shop"'
    plan = Plan(
        TierName.SEATBELT, View.COPY, shop, "/w/project", "/w",
        readable=(shop,), hidden=("/Users", f"{shop}/.env"),
        hosts=(Host("localhost", 5432), Host("db.example.org", 443)),
    )  # fmt: skip
    assert seatbelt.profile(plan) == PROFILE


def test_a_job_of_windows_ends_with_its_process_and_shares_limits():
    told = job.information(Limits(memory_mb=3, cpu_seconds=2, processes=7))
    assert ctypes.sizeof(told) == 144  # JOBOBJECT_EXTENDED_LIMIT_INFORMATION on 64 bits
    assert told.basic.flags == 0x2000 | 0x400 | 0x200 | 0x8 | 0x2
    assert (told.job_memory, told.basic.active_processes, told.basic.process_time) == (3 << 20, 7, 20_000_000)
    assert job.information(Limits(processes=0)).basic.flags == 0x2000 | 0x400


@pytest.mark.parametrize(
    ("system", "tier"),
    [
        ("darwin", Tier(TierName.SEATBELT, "", ("a wall",))),
        ("win32", Tier(TierName.PORTABLE, "no walls round files and network are known for win32", ("a wall",))),
    ],
)
def test_each_system_has_its_tiers(monkeypatch, system, tier):
    monkeypatch.setattr(choice.sys, "platform", system)
    monkeypatch.setattr(choice, "trial", lambda *_: ("a wall",))
    assert choose("auto") == tier


def test_a_system_without_fork_is_told_so(monkeypatch):
    monkeypatch.delattr(choice.os, "fork")
    with pytest.raises(LlmgenError, match="WSL") as caught:
        choose("auto")
    assert caught.value.slug == "no-fork"


def test_require_is_not_content_with_the_portable_tier(monkeypatch):
    monkeypatch.setattr(choice.sys, "platform", "win32")
    with pytest.raises(LlmgenError, match="no walls round files and network are known for win32"):
        choose("require")


def test_a_profile_that_does_not_hold_is_no_wall():
    with pytest.raises(OSError, match=r"does not hold|unreachable"):
        seatbelt.prove()  # nothing is put on here


def test_a_profile_that_keeps_the_network_away_holds(monkeypatch):
    class Denied(seatbelt.socket.socket):
        def connect(self, _address):
            raise PermissionError

    monkeypatch.setattr(seatbelt.socket, "socket", Denied)
    seatbelt.prove()
