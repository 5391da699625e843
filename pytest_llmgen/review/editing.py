"""Changes of ``llmgen-review.toml``: comments and order stay as people left them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import tomlkit
from tomlkit.items import AoT, Table

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Anchor, Decision
from pytest_llmgen.review.storage import replace_text

HEADER = """\
# llmgen-review.toml: decisions of people about gaps. Commit this file.
# Written by `pytest --llm-review`; comments and order are kept.
version = 1

"""


def add(path: Path, decision: Decision) -> None:
    """Add a decision at the end; one with the same id is replaced, comments before it stay.

    Raises:
        LlmgenError: the file is no TOML (``review-file-invalid``) or can't be written.
    """

    def change(document: tomlkit.TOMLDocument) -> None:
        entries = _entries(document)
        remove_from(entries, {decision.id})
        entries.append(_table(decision))

    _edit(path, change)


def remove(path: Path, ids: set[str]) -> None:
    """Take the decisions with these ids out."""
    _edit(path, lambda document: remove_from(_entries(document), ids))


def rekey(path: Path, keys: Mapping[str, tuple[str, Anchor, str]]) -> None:
    """Give decisions the ids and anchors of the gaps that they cover now: old id -> id, anchor, operators' version."""

    def change(document: tomlkit.TOMLDocument) -> None:
        for entry in _entries(document):
            if entry["id"] in keys:
                identity, anchor, operators = keys[entry["id"]]
                entry["id"] = identity
                for name, value in _gap_values(anchor, operators).items():
                    entry["gap"][name] = value

    _edit(path, change)


def remove_from(entries: Any, ids: set[str]) -> None:
    """Take entries out of tomlkit's array, the last first."""
    for index in reversed(range(len(entries))):
        if entries[index].get("id") in ids:
            del entries[index]


def _edit(path: Path, change: Callable[[tomlkit.TOMLDocument], None]) -> None:
    text = path.read_text("utf-8") if path.exists() else HEADER
    try:
        document = tomlkit.parse(text)
    except ValueError as error:  # tomlkit's errors are ValueErrors
        fix = "repair it first; nothing was written"
        raise LlmgenError(f"{path.name} is no TOML: {error}", fix=fix, slug="review-file-invalid") from None
    change(document)
    replace_text(path, tomlkit.dumps(document))


def _entries(document: tomlkit.TOMLDocument) -> Any:
    if "accepted" not in document:
        floors = document.pop("ratchet", None)  # after the entries, as people expect it
        document.append("accepted", tomlkit.aot())
        if floors is not None:
            document.append("ratchet", floors)
    entries = document["accepted"]
    if not isinstance(entries, AoT):
        fix = "write every decision as [[accepted]]"
        raise LlmgenError("accepted is no array of tables", fix=fix, slug="review-file-invalid")
    return entries


def _table(decision: Decision) -> Table:
    table = tomlkit.table()
    table["id"] = decision.id
    table["class"] = decision.class_.value
    table["reason"] = " ".join(decision.reason.split())
    table["author"] = decision.author
    table["date"] = decision.date
    if decision.expires is not None:
        table["expires"] = decision.expires
    if decision.ref:
        table["ref"] = decision.ref
    gap = tomlkit.table()
    for name, value in _gap_values(decision.gap, decision.operators).items():
        gap[name] = value
    gap.add(tomlkit.nl())
    table["gap"] = gap
    return table


def _gap_values(anchor: Anchor, operators: str) -> dict[str, Any]:
    values = {
        "kind": anchor.kind,
        "where": anchor.where,
        "operator": anchor.operator,
        "before": anchor.before,
        "after": anchor.after,
        "nth": anchor.nth,
        "context": anchor.context,
        "statement": anchor.statement,
        "operators": operators if anchor.operator else "",
    }
    return {name: value for name, value in values.items() if value not in (None, "") or name == "before"}
