"""What a test needs in words, and the line that opens it."""

import socket

import pytest

from pytest_llmgen.run.sandbox.allow import Host, line
from pytest_llmgen.run.sandbox.needs import Needs
from pytest_llmgen.run.sandbox.plan import Plan, TierName, View


def needs(tier, *heard, hosts=()):
    looking = Needs(Plan(tier, View.COPY, "/home/me/shop", "/w/project", "/w", hosts=hosts), ["SHOP_TOKEN"])
    looking._looking = True
    for event, *arguments in heard:
        looking._hear(event, tuple(arguments))
    return looking.found()


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (["path:.git", "path:.git/HEAD", "path:.gitignore"], "path:.git path:.gitignore"),
        (["path:/data", "write:/data", "path:/data/x"], "write:/data"),
        (["write:/data/x", "path:/data"], "write:/data/x path:/data"),
        (["env:A", "env:A", "host:db:1"], "env:A host:db:1"),
    ],
)
def test_a_word_that_another_one_covers_is_left_out(words, expected):
    assert line(words) == f'llm_sandbox_allow = "{expected}"'


SERVER = ("socket.__new__", None, socket.AF_INET, 1, 0)


def test_a_server_of_its_own_is_a_need_where_the_tier_has_no_network():
    assert needs(TierName.LANDLOCK, SERVER) == ("network:loopback",)
    assert needs(TierName.LANDLOCK, ("socket.__new__", None, socket.AF_UNIX, 1, 0)) == ()
    assert needs(TierName.NAMESPACES, SERVER) == ()
    assert needs(TierName.LANDLOCK, SERVER, hosts=[Host("db", 1)]) == ()


def test_a_service_is_named_instead_of_the_network():
    asked = ("socket.getaddrinfo", "db.example.org", 5432)
    assert needs(TierName.LANDLOCK, asked, SERVER) == ("host:db.example.org:5432",)


def test_a_folder_is_named_where_something_is_written_to_it():
    assert needs(TierName.LANDLOCK, ("open", "/srv/data/x", "w", 0o101)) == ("write:/srv/data",)
    assert needs(TierName.LANDLOCK, ("open", "/w/project/x", "w", 0o101)) == ()
