"""``python -m pytest_llmgen.run.worker FD``: a process behind the sandbox's walls that serves the executor."""

from __future__ import annotations

import gc
import importlib.metadata
import os
import sys
import traceback
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run import protocol, quieting
from pytest_llmgen.run.arguments import loads_pytest_cov, worker_arguments
from pytest_llmgen.run.channel import Channel
from pytest_llmgen.run.cold import Zygote
from pytest_llmgen.run.protocol import Start
from pytest_llmgen.run.sandbox.entry import enter
from pytest_llmgen.run.sandbox.plan import Plan
from pytest_llmgen.run.serving import Server
from pytest_llmgen.run.wire import from_json


def main(fd: int) -> None:
    """Enter the sandbox, then serve; returns only when pytest could not get as far as collecting."""
    gc.disable()  # until it serves: what is imported and collected stays
    channel = Channel(fd)
    start = from_json(Start, channel.receive())
    plan = Plan.from_json(start.plan)
    try:
        enter(plan)
    except LlmgenError as error:
        channel.send(protocol.REFUSED, message=error.message, slug=error.slug, fix=error.fix)
        return
    _settle_in(start, plan)
    _serve(start, plan, channel)


def _settle_in(start: Start, plan: Plan) -> None:
    """The folder and import path of the user's own pytest."""
    os.chdir(Path(plan.seen, start.folder))
    moved = [_moved(plan, entry) for entry in start.sys_path]
    ours = [entry for entry in sys.path if entry not in moved]
    sys.path[:] = [*moved, *ours]
    sys.dont_write_bytecode = True
    quieting.mend_bytecode()


def _moved(plan: Plan, entry: str) -> str:
    there = plan.inside(entry)
    return there if Path(there).exists() else entry


def _serve(start: Start, plan: Plan, channel: Channel) -> None:
    installed = {entry.name for entry in importlib.metadata.entry_points(group="pytest11")}
    has_cov = loads_pytest_cov(start.arguments, os.environ, installed)
    arguments = [plan.inside(word) if os.path.isabs(word) else word for word in start.arguments]  # noqa: PTH117 (words)
    arguments = [*worker_arguments(arguments, has_cov=has_cov), f"--rootdir={plan.seen}"]
    sys.argv[:] = ["pytest", *arguments]
    root, scratch = Path(plan.seen), Path(plan.tmp)
    if start.kind in (protocol.COLD, protocol.PLAIN):
        Zygote(start, channel, root, scratch, arguments).serve()
    server = Server(start, channel, root, scratch)
    server.begin()
    try:
        status = int(pytest.main(arguments, plugins=[server]))
        detail = f"pytest ended with status {status} before any test could be collected"
    except BaseException:  # noqa: BLE001 (a project may raise anything when it is imported)
        detail = traceback.format_exc()
    channel.send(protocol.DEAD, detail=detail)


if __name__ == "__main__":
    main(int(sys.argv[1]))
