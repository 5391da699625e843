"""A project's own tests behind the walls: what these refuse is named, and the line that opens it does so."""

import os
import socket
import threading
from pathlib import Path

import pytest

from pytest_llmgen.edges import Edges
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Origin
from pytest_llmgen.run.sandbox.choice import choose
from pytest_llmgen.run.sandbox.plan import Tier, TierName
from pytest_llmgen.settings import defaults

TESTS = """
import os, socket, subprocess
from pathlib import Path
from shop import total

ROOT = Path(__file__).parents[1]

def test_total(): assert total([1, 2]) == 3
def test_hidden_file(): assert "A=1" in (ROOT / ".env").read_text()
def test_history(): subprocess.run(["git", "status"], check=True, cwd=ROOT)
def test_beside(): assert (ROOT / ".." / "beside").read_text() == "x"
def test_home(): assert os.listdir(os.environ["SHOP_HOME"]) == ["notes"]
def test_variable(): assert os.environ["SHOP_TOKEN"]
def test_service():
    with socket.create_connection(("localhost", int(os.environ["SHOP_PORT"])), 5) as client:
        assert client.recv(2) == b"ho"
def test_own_server():
    with socket.create_server(("127.0.0.1", 0)) as server: socket.create_connection(server.getsockname()).close()
def test_writes_beside_the_code(): (ROOT / "out.txt").write_text("x")
"""


@pytest.fixture(scope="module")
def service():
    with socket.create_server(("127.0.0.1", 0)) as low:  # a port of a service, not one of those handed out
        port = next(p for p in range(15000, 32000) if p != low.getsockname()[1] and _is_free(p))
    with socket.create_server(("127.0.0.1", port)) as server:
        threading.Thread(target=_greet, args=(server,), daemon=True).start()
        yield port
        server.shutdown(socket.SHUT_RDWR)


def _is_free(port):
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) != 0


def _greet(server):
    while True:
        try:
            client, _ = server.accept()
        except OSError:
            return
        with client:
            client.sendall(b"ho")


@pytest.fixture(scope="module")
def shop(make_project, service, tmp_path_factory):
    if choose("auto").name is not TierName.NAMESPACES:
        pytest.skip("what is refused is said of namespaces here")
    home = tmp_path_factory.mktemp("home")
    (home / "notes").write_text("mine")
    made = make_project({"shop.py": "def total(prices):\n    return sum(prices)\n", "tests/test_shop.py": TESTS})
    (made.root / ".env").write_text("A=1")
    (made.root.parent / "beside").write_text("x")
    os.system(f"git init -q '{made.root}'")
    made.environment = {"SHOP_HOME": str(home), "SHOP_TOKEN": "x", "SHOP_PORT": str(service)}
    return made


@pytest.fixture(scope="module")
def walled(shop):
    return shop.run("--llm-check")


def test_each_test_that_the_walls_break_is_named_with_what_it_needs(walled, shop, service):
    told = {text.partition("::")[2].partition(":")[0]: text for text in walled.report["suite"]["sandbox_differences"]}
    needs = {name: text.partition("; the walls refuse it ")[2] for name, text in told.items()}
    assert needs == {
        "test_hidden_file": "path:.env",
        "test_history": "path:.git",
        "test_beside": f"path:{shop.root.parent}/beside",
        "test_home": f"path:{shop.environment['SHOP_HOME']}",
        "test_variable": "env:SHOP_TOKEN",
        "test_service": f"host:localhost:{service}",
    }


def test_what_the_walls_break_is_never_a_kill_and_the_line_to_paste_is_shown(walled):
    assert walled.status == 11
    assert {g["status"] for g in walled.report["gaps"]} == set()
    assert f"\n  {walled.report['suite']['sandbox_fix']}\n" in walled.output


def test_the_line_opens_what_is_needed_and_nothing_of_the_users_changes(walled, shop):
    line = walled.report["suite"]["sandbox_fix"]
    shop.write({"pyproject.toml": f"[tool.pytest.ini_options]\n{line}\n"})
    again = shop.run("--llm-check")
    assert again.report["suite"]["sandbox_differences"] == []
    assert again.status == 0
    assert (shop.root / ".env").read_text() == "A=1"


def test_the_tier_and_its_layers_are_in_the_header_and_in_the_report(walled):
    run = walled.report["run"]
    assert (run["sandbox"], run["sandbox_why"]) == ("namespaces", "")
    assert f"llmgen: sandbox namespaces ({', '.join(run['sandbox_layers'])})" in walled.output
    assert "no capabilities" in run["sandbox_layers"]


def test_the_suite_can_run_without_walls(shop):
    shop.write({"pyproject.toml": '[tool.pytest.ini_options]\nllm_sandbox_suite = "open"\n'})
    run = shop.run("--llm-check")
    # Its view is a copy elsewhere: what lies beside the project is not beside the copy.
    assert [text.partition(": ")[0] for text in run.report["suite"]["sandbox_differences"]] == [
        "tests/test_shop.py::test_beside"
    ]


def _edges(asked, tier, origin):
    edges = Edges.__new__(Edges)
    edges.settings = defaults(Path(), generate=True, sandbox=asked)
    vars(edges)["tier"] = Tier(tier, "no namespaces")
    edges.writers = type("W", (), {"writer": lambda _self: type("G", (), {"origin": origin})()})()
    return edges


@pytest.mark.parametrize(
    ("asked", "tier", "origin"),
    [
        ("portable", TierName.PORTABLE, Origin.MODEL),
        ("auto", TierName.PORTABLE, Origin.OFFLINE),
        ("auto", TierName.LANDLOCK, Origin.MODEL),
    ],
)
def test_tests_of_a_model_run_behind_real_walls_or_where_the_portable_ones_were_asked_for(asked, tier, origin):
    _edges(asked, tier, origin).check_walls()


def test_tests_of_a_model_do_not_run_where_only_the_portable_walls_are_found():
    with pytest.raises(LlmgenError, match="--llm-sandbox=portable") as caught:
        _edges("auto", TierName.PORTABLE, Origin.MODEL).check_walls()
    assert caught.value.slug == "sandbox-portable"
