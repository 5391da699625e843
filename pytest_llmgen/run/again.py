"""Modules imported before anything could be measured, as pytest's own are: what they do then, seen in a child."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterable
from functools import partial
from typing import Any

from pytest_llmgen.run.fork import Reporter, run_child
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.protocol import RawFile
from pytest_llmgen.run.states import modules_of
from pytest_llmgen.run.wire import from_json, to_json


def imported_again(files: Iterable[str], meter: Meter, seconds: float) -> dict[str, RawFile]:
    """What runs when those of the files are imported that this process has imported already, by path.

    ``seconds`` are for one module.
    """
    found: dict[str, RawFile] = {}

    def note(record: dict[str, Any]) -> None:
        for path, raw in record["hits"].items():
            seen, more = found.get(path, RawFile((), ())), from_json(RawFile, raw)
            found[path] = RawFile(seen.lines + more.lines, seen.arcs + more.arcs)

    for module in modules_of(files):
        run_child(partial(_import, module.__name__, meter), note, seconds)
    return found


def _import(name: str, meter: Meter, report: Reporter) -> None:
    meter.start()
    del sys.modules[name]
    importlib.import_module(name)
    report.send("imported", hits=to_json(meter.stop()))
