"""What of an observation a test can assert: the one place that decides it."""

from __future__ import annotations

import re

from pytest_llmgen.records import Observation

MAX_EXPECTED = 400
"""Characters of an expected value; nobody reads more."""
MAX_MESSAGE = 300
_IMPLICIT_ERRORS = frozenset(
    {"KeyError", "IndexError", "ZeroDivisionError", "ValueError", "OverflowError", "StopIteration", "LookupError"}
    | {
        "UnicodeDecodeError",
        "UnicodeEncodeError",
        "FileNotFoundError",
        "InvalidOperation",
        "JSONDecodeError",
        "ValidationError",
    }
)


_VERSIONED = "errors.pydantic.dev"
"""Stands in messages that name the version of a library."""
_PYTHON_SAYS = re.compile(
    r"object is not |object cannot be|object does not|indices must be|unsupported operand"
    r"|\(\) got an unexpected keyword argument"
    r"|positional argument|required (keyword-only )?argument|has no len\(\)|has no attribute|unhashable type"
    r"|bad operand|not supported between|can only concatenate|can't multiply|cannot unpack|argument of type|takes no"
    r"|\w\(\) arg|argument \d+ is|for \w+\(\) must be|math domain error|empty range for"
    r"|sequence item \d|must be real number, not|invalid literal for|could not convert|values to unpack"
)
"""What Python says of a slip: it differs from version to version, and nobody raised it on purpose."""

_WHOLE = re.compile(r"""("(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?<![\w.])(\d+)\.0(?![\w.])""")
"""Texts, which stay as they are, or floats without a fraction."""


def error_name(observation: Observation) -> str:
    """The class of the error, without its module."""
    return (observation.error_type or "").rpartition(".")[2]


REFUSED = "NotImplemented"
"""Stands among the errors that code raises where an operator gives it."""
_NO_OPERANDS = ("unsupported operand type(s) for", "'<' not", "'>' not", "'<=' not", "'>=' not")


def is_explicit(observation: Observation, raised: frozenset[str]) -> bool:
    """Whether the error is one that the module means to raise (``raised`` names those); its message counts."""
    if not (observation.error_type or "").startswith("builtins."):
        return _VERSIONED not in observation.error_message
    return error_name(observation) in raised and not _PYTHON_SAYS.search(observation.error_message)


def is_showable(observation: Observation, raised: frozenset[str]) -> bool:
    """Whether a test can honestly assert it: no accident, and short enough to be read."""
    if observation.outcome == "raised":
        if is_explicit(observation, raised):
            return len(observation.error_message) < MAX_MESSAGE
        return error_name(observation) in _IMPLICIT_ERRORS or _is_refused(observation, raised)
    sources = [item.source or "" for item in observation.changed.values()]
    if observation.value is not None:
        sources.append(observation.value.source or "")
    return all(len(source) <= MAX_EXPECTED for source in sources)


def _is_refused(observation: Observation, raised: frozenset[str]) -> bool:
    """Whether Python says that an operator is not for these operands, which the code told it."""
    return REFUSED in raised and observation.error_message.startswith(_NO_OPERANDS)


def shown_text(observation: Observation, raised: frozenset[str]) -> str:
    """Everything seen that a test would assert, as one text."""
    if observation.outcome not in {"returned", "raised"}:
        return observation.outcome
    if observation.outcome == "raised":
        told = observation.error_message if is_explicit(observation, raised) else ""
        return repr((observation.error_type, told, _sources(observation)))
    value = observation.value
    changed = _sources(observation)
    return repr((_compared(value.source) if value and value.source else None, observation.output, changed))


def _sources(observation: Observation) -> list[tuple[str, str]]:
    told = observation.changed.items()
    return sorted((name, _compared(item.source)) for name, item in told if item.source is not None)


def _compared(source: str) -> str:
    """The value as ``==`` sees it: a whole number is the same with and without a point."""
    return _WHOLE.sub(lambda found: found[1] or found[2], source) if ".0" in source else source
