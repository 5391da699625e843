"""The words of the project: kinds, states and outcomes that records hold."""

from __future__ import annotations

from enum import StrEnum


class TargetKind(StrEnum):
    """How a target is reached from its module."""

    FUNCTION = "function"
    METHOD = "method"
    CLASSMETHOD = "classmethod"
    STATICMETHOD = "staticmethod"
    PROPERTY = "property"


class Category(StrEnum):
    """What sort of behaviour a test looks at."""

    TYPICAL = "typical"
    EDGE = "edge"
    FAILURE = "failure"


class Origin(StrEnum):
    """Who wrote a candidate."""

    MODEL = "model"
    OFFLINE = "offline"


class Oracle(StrEnum):
    """Where a test's expectation comes from."""

    DOCUMENTATION = "documentation"
    DOCTEST = "doctest"
    PROPERTY = "property"
    OBSERVED = "observed"


class MutantStatus(StrEnum):
    """The words of the mutation-testing report schema."""

    KILLED = "Killed"
    SURVIVED = "Survived"
    NO_COVERAGE = "NoCoverage"
    TIMEOUT = "Timeout"
    RUNTIME_ERROR = "RuntimeError"
    COMPILE_ERROR = "CompileError"
    IGNORED = "Ignored"
    PENDING = "Pending"


class Outcome(StrEnum):
    """What one run of one test came to."""

    PASSED = "passed"
    FAILED = "failed"  # an assertion or an error in the call phase
    ERROR = "error"  # set-up or tear-down failed
    SKIPPED = "skipped"
    XFAILED = "xfailed"
    XPASSED = "xpassed"
    TIMEOUT = "timeout"
    CRASHED = "crashed"  # the child died without a report
    NOT_COLLECTED = "not-collected"  # import or collection of its module failed


class Fate(StrEnum):
    """What became of a candidate."""

    KEPT = "kept"
    REDUNDANT = "redundant"
    INVALID = "invalid"
    UNSAFE = "unsafe"
    FLAKY = "flaky"
    FAILING = "failing"
    SUSPECTED_BUG = "suspected-bug"


class Stage(StrEnum):
    """Which prompt an assignment asks for."""

    FIRST = "first"
    REPAIR = "repair"
    GAPS = "gaps"
    DOCUMENTATION = "documentation"
    SECOND_LOOK = "second-look"


class GapKind(StrEnum):
    """What a person may have to decide about."""

    SURVIVING_MUTANT = "surviving-mutant"
    UNCOVERED_BRANCH = "uncovered-branch"
    UNCOVERED_LINE = "uncovered-line"
    SUPPRESSED_CODE = "suppressed-code"  # new code that the same change takes out of what is judged
    NO_VERDICT = "no-verdict"


class GapState(StrEnum):
    """What became of a gap under the decisions of people; open, stale and expired ones are unreviewed."""

    OPEN = "open"
    ACCEPTED = "accepted"
    STALE = "stale"  # accepted once, the code changed
    EXPIRED = "expired"
    BASELINE = "baseline"  # old debt


class DecisionClass(StrEnum):
    """Why a gap, or a suspected bug, is accepted."""

    EQUIVALENT = "equivalent"
    UNREACHABLE = "unreachable"
    WONT_TEST = "wont-test"
    TESTED_ELSEWHERE = "tested-elsewhere"
    KNOWN_BUG = "known-bug"
    FALSE_ALARM = "false-alarm"


class DecisionState(StrEnum):
    """What became of a decision in this run."""

    USED = "used"
    MOVED = "moved"  # used, at another place than it names
    STALE = "stale"
    EXPIRED = "expired"
    AMBIGUOUS = "ambiguous"  # it could mean several places, so it covers none
    UNUSED = "unused"
    KEPT = "kept"  # the operators are of another version and do not make this mutant now
    UNKNOWN = "unknown"  # its code was not measured in this run


class State(StrEnum):
    """The three verdicts of the gate."""

    PASS = "pass"  # noqa: S105 (a verdict, not a password)
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"


class ConditionState(StrEnum):
    """The state of one condition of the gate."""

    OK = "ok"
    FAIL = "fail"
    INCONCLUSIVE = "inconclusive"
    OFF = "off"


class Opinion(StrEnum):
    """What an independent second look makes of a suspected bug."""

    BUG = "bug"
    UNCLEAR = "unclear"
    NOT_A_BUG = "not-a-bug"
