"""What of an observation a test can assert: the one place that decides it."""

from __future__ import annotations

from pytest_llmgen.records import Observation

MAX_EXPECTED = 400
"""Characters of an expected value; nobody reads more."""
MAX_MESSAGE = 100
_IMPLICIT_ERRORS = frozenset(
    {"KeyError", "IndexError", "ZeroDivisionError", "ValueError", "OverflowError", "StopIteration", "LookupError"}
    | {"UnicodeDecodeError", "UnicodeEncodeError", "FileNotFoundError", "InvalidOperation", "JSONDecodeError"}
)


def error_name(observation: Observation) -> str:
    """The class of the error, without its module."""
    return (observation.error_type or "").rpartition(".")[2]


def is_explicit(observation: Observation, raised: frozenset[str]) -> bool:
    """Whether the error is one that the module means to raise (``raised`` names those); its message counts."""
    return error_name(observation) in raised or not (observation.error_type or "").startswith("builtins.")


def is_showable(observation: Observation, raised: frozenset[str]) -> bool:
    """Whether a test can honestly assert it: no accident, and short enough to be read."""
    if observation.outcome == "raised":
        if is_explicit(observation, raised):
            return len(observation.error_message) < MAX_MESSAGE
        return error_name(observation) in _IMPLICIT_ERRORS
    sources = [item.source or "" for item in observation.changed.values()]
    if observation.value is not None:
        sources.append(observation.value.source or "")
    return all(len(source) <= MAX_EXPECTED for source in sources)


def shown_text(observation: Observation, raised: frozenset[str]) -> str:
    """Everything seen that a test would assert, as one text."""
    if observation.outcome not in {"returned", "raised"}:
        return observation.outcome
    if observation.outcome == "raised":
        told = observation.error_message if is_explicit(observation, raised) else ""
        return repr((observation.error_type, told))
    value = observation.value
    changed = sorted((name, item.source) for name, item in observation.changed.items())
    return repr((value.source if value else None, observation.output, changed))
