"""What a worker may read, what is hidden by its name, and what llm_sandbox_allow opens."""

import os
import sys
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.sandbox import allow, landlock, secrets
from pytest_llmgen.run.sandbox.allow import Allow, Host
from pytest_llmgen.run.sandbox.reach import look_round


def _files(root: Path, *names: str, text: str = "x") -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)


def test_credentials_of_a_project_are_hidden_by_name(tmp_path):
    hidden = {".env", ".env.production", "deploy/prod.env", ".git", "sub/.netrc", "id_rsa", "infra/x.tfstate"}
    _files(tmp_path, ".git/config", *hidden - {".git"}, "src/env.py", "id_rsa.pub", "environment.yml", "README")
    assert {os.path.relpath(path, tmp_path) for path in secrets.secrets_below(tmp_path)} == hidden


def test_a_pem_is_hidden_only_with_a_private_key_in_it(tmp_path):
    _files(tmp_path, "cert.pem", text="-----BEGIN CERTIFICATE-----")
    _files(tmp_path, "server.key", "both.pem", text="-----BEGIN RSA PRIVATE KEY-----")
    assert sorted(secrets.secrets_below(tmp_path)) == [f"{tmp_path}/both.pem", f"{tmp_path}/server.key"]


def test_a_virtual_environment_is_no_secret_whatever_its_name_and_is_not_searched(tmp_path):
    _files(tmp_path, ".env/pyvenv.cfg", ".env/lib/certifi/.netrc", "venv/pyvenv.cfg", "venv/.env")
    assert list(secrets.secrets_below(tmp_path)) == []


def test_the_project_and_the_installation_are_readable_and_homes_hidden(tmp_path, monkeypatch):
    home = tmp_path / "home"
    root = home / "shop"
    _files(root, "shop.py", ".env")
    monkeypatch.setenv("HOME", str(home))
    reach = look_round(root, [str(home), "/", str(root / "src"), "relative"])
    assert {str(root), sys.prefix, sys.base_prefix} <= set(reach.readable)
    assert not {str(home), "/", "relative", "/tmp"} & set(reach.readable)
    assert {str(home), f"{root}/.env", "/tmp", "/var"} <= set(reach.hidden)


def test_what_is_allowed_is_readable_and_not_hidden(tmp_path):
    _files(tmp_path / "shop", ".env", ".git/HEAD", ".netrc")
    root = tmp_path / "shop"
    told = allow.parse(["path:.env", "path:../data", "write:.git", "host:localhost:5432", "env:DB_PASSWORD"], root)
    assert told == Allow(
        (f"{root}/.env", f"{tmp_path}/data"), (f"{root}/.git",), (Host("localhost", 5432),), ("DB_PASSWORD",)
    )
    reach = look_round(root, (), told)
    assert f"{tmp_path}/data" in reach.readable
    assert [path for path in reach.hidden if path.startswith(str(root))] == [f"{root}/.netrc"]


def test_what_is_reached_through_a_link_is_open_where_the_link_leads(tmp_path, monkeypatch):
    _files(tmp_path / "real", "venv/x", "libs/y", "libs/.env")
    (tmp_path / "venv").symlink_to("real/venv")
    (tmp_path / "libs").symlink_to("real/libs")
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    reach = look_round(tmp_path / "project", [str(tmp_path / "libs")])
    assert {f"{tmp_path}/{name}" for name in ("venv", "real/venv", "libs", "real/libs")} <= set(reach.readable)
    assert f"{tmp_path}/real/libs/.env" in reach.hidden


@pytest.mark.parametrize("word", ["x", "path:", "file:/a", "host:localhost", "host::1", "host:a:0", "host:a:70000"])
def test_a_word_that_opens_nothing_is_named(word, tmp_path):
    with pytest.raises(LlmgenError, match="opens nothing") as caught:
        allow.parse([word], tmp_path)
    assert caught.value.slug == "sandbox-allow"


def test_rules_go_round_what_is_hidden(tmp_path):
    _files(tmp_path, "a/open", "a/secret", "b/c", "top")
    whole, listed = landlock.without([str(tmp_path)], [f"{tmp_path}/a/secret", "/elsewhere"])
    assert sorted(whole) == [f"{tmp_path}/a/open", f"{tmp_path}/b", f"{tmp_path}/top"]
    assert sorted(listed) == [str(tmp_path), f"{tmp_path}/a"]
