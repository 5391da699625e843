"""One probe, in the child: run its setup, evaluate its expression, describe what came of it."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

from pytest_llmgen.records import Probe, Value
from pytest_llmgen.run.measure import Meter
from pytest_llmgen.run.values import describe
from pytest_llmgen.run.wire import to_json

TEXT_LIMIT = 4000


def observe(probe: Probe, meter: Meter, root: Path) -> dict[str, Any]:
    """Everything that an ``Observation`` needs, as JSON, with raw lines and arcs of the file wanted."""
    namespace: dict[str, Any] = {"__name__": "llmgen_probe", "__file__": str(root / "llmgen_probe.py")}
    output = io.StringIO()
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(io.StringIO()):
        try:
            exec(compile(probe.setup, "<setup>", "exec"), namespace)  # noqa: S102 (a probe is code to run)
            expression = compile(probe.expression, "<probe>", "eval")
        except BaseException as error:  # noqa: BLE001 (whatever it raises is the observation)
            return {"how": "setup-failed", **_error(error)}
        before = _watched(probe, namespace)
        output.seek(0)
        output.truncate()
        answer = _evaluate(expression, namespace, meter if probe.path else None)
        after = _watched(probe, namespace)
    hits = answer.pop("hits").get(probe.path)
    changed = {name: to_json(value) for name, value in after.items() if value != before.get(name)}
    return {**answer, "output": output.getvalue()[:TEXT_LIMIT], "changed": changed, "hits": to_json(hits)}


def _evaluate(expression: Any, namespace: dict[str, Any], meter: Meter | None) -> dict[str, Any]:
    """``meter`` is None where no lines are wanted: reading them costs as much as the rest."""
    if meter is not None:
        meter.start()
    try:
        value = eval(expression, namespace)  # noqa: S307 (a probe is code to run)
    except BaseException as error:  # noqa: BLE001 (whatever it raises is the observation)
        return {"hits": meter.stop() if meter else {}, "how": "raised", **_error(error)}
    hits = meter.stop() if meter else {}
    return {"hits": hits, "how": "returned", "value": to_json(describe(value))}


def _watched(probe: Probe, namespace: dict[str, Any]) -> dict[str, Value]:
    """Each name may be a path of attributes, so that the state of an object can be watched."""
    watched = {}
    for name in probe.watch:
        with contextlib.suppress(Exception):
            watched[name] = describe(eval(name, namespace))  # noqa: S307 (a probe is code to run)
    return watched


def _error(error: BaseException) -> dict[str, str]:
    kind = type(error)
    try:
        text = str(error)[:TEXT_LIMIT]
    except Exception:  # noqa: BLE001 (an exception of the code under test may not even print)
        text = ""
    return {"error_type": f"{kind.__module__}.{kind.__qualname__}", "error_message": text}
