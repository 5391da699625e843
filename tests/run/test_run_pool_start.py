"""A worker that somebody kills while it starts is started again; one that ends by what it imports is not."""

import os
import signal
import threading
import time
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.records import Module
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.run.sandbox.plan import Tier, TierName
from pytest_llmgen.run.sandbox.tree import descendants
from pytest_llmgen.settings import defaults

SLOW = "import time\ntime.sleep(1.0)\n"


def executor(root: Path, code: str) -> Executor:
    (root / "shop.py").write_text(code)
    (root / "test_shop.py").write_text("import shop\n\ndef test_shop(): assert shop\n")
    return Executor(
        root, defaults(root, workers=1), args=("-p", "no:cacheprovider"), sys_path=[str(root)], invocation_dir=root,
        modules=[Module("shop.py", "shop", ".", code)], tier=Tier(TierName.PORTABLE),
    )  # fmt: skip


def kill_the_first_worker() -> None:
    end = time.monotonic() + 30
    while time.monotonic() < end:
        found = sorted(descendants(os.getpid()))
        if len(found) >= 2:  # its supervisor, and the worker
            os.kill(found[-1], signal.SIGKILL)
            return
        time.sleep(0.02)


def test_a_worker_killed_while_it_starts_is_started_again(tmp_path: Path) -> None:
    killer = threading.Thread(target=kill_the_first_worker)
    with executor(tmp_path, SLOW) as tool:
        killer.start()
        assert tool.collect() == (("test_shop.py::test_shop",), ())
    killer.join()


def test_one_that_ends_by_its_import_is_not(tmp_path: Path) -> None:
    with executor(tmp_path, "import os\nos._exit(3)\n") as tool, pytest.raises(LlmgenError) as error:
        tool.collect()
    assert error.value.slug == "worker-died"
