"""The parent of a siege: runs each test module that it is given, below vetting, in workers of one tier.

A process of its own, so that it can be killed by an attack, and be another user's.
"""

from __future__ import annotations

import json
import sys
import warnings
from pathlib import Path

DISK_MB = 64


def main(root: str, tier: str) -> None:
    """A line of JSON in, a line out, until the input ends."""
    from pytest_llmgen.records import Module
    from pytest_llmgen.run.executor import Executor
    from pytest_llmgen.run.sandbox.plan import Tier, TierName
    from pytest_llmgen.settings import defaults

    place = Path(root)
    executor = Executor(
        place,
        defaults(place, workers=1, sandbox_disk=DISK_MB),
        args=["-p", "no:cacheprovider", "-p", "no:asyncio", "-p", "no:anyio", "-p", "no:hypothesispytest"],
        sys_path=sys.path[1:],
        invocation_dir=place,
        modules=[Module("shop/cart.py", "shop.cart", ".", (place / "shop" / "cart.py").read_text())],
        tier=Tier(TierName(tier)),
    )
    with executor:
        for line in sys.stdin:
            given = json.loads(line)
            files = {f"tests/test_siege_{number}.py": text for number, text in enumerate(given["sources"])}
            try:
                runs = executor.try_candidates(files, given["timeout"])
                told = [[run.nodeid, run.outcome.value, run.message] for run in runs]
            except Exception as problem:  # noqa: BLE001 - a fault that would end a user's run
                told = [["", "fault", repr(problem)]]
            sys.stdout.write(json.dumps(told) + "\n")
            sys.stdout.flush()


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    main(*sys.argv[1:])
