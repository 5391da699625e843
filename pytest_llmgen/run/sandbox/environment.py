"""The environment of a worker: the project's own variables, nobody's secrets, nothing of the outer run."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from types import MappingProxyType

SECRET = re.compile(
    r"KEY(?!BOARD)|TOKEN|SECRET|PASSW|PASSPHRASE|CREDENTIAL|AUTH(?!OR)|COOKIE|PRIVATE|(^|_)(PAT|PWD|DSN)$",
    re.IGNORECASE,
)
SECRET_FAMILY = re.compile(
    r"^(AWS|ANTHROPIC|AZURE|GCP|GOOGLE|GITHUB|GITLAB|GH|CI_JOB|CI_REGISTRY|CI_DEPLOY|ACTIONS|OPENAI|CLAUDE|CLOUDSDK"
    r"|VAULT|TWINE|POETRY_HTTP_BASIC|PIP_.*INDEX|UV_.*INDEX|NPM_CONFIG|BUILDKITE|CIRCLE|DOCKER|KUBE|SSH|GPG|DBUS)_",
    re.IGNORECASE,
)
OUTER_RUN = re.compile(
    r"^(COVERAGE_|COV_CORE_|PYTEST_ADDOPTS$|PYTEST_XDIST_|PYTEST_CURRENT_TEST$|PYTEST_VERSION$"
    r"|PYTHONSTARTUP$|PYTHONINSPECT$|PYTHONBREAKPOINT$|PYTHONPROFILEIMPORTTIME$|LD_PRELOAD$|LLMGEN_)"
)
CREDENTIALS_IN_URL = re.compile(r"://[^/\s:@]*:[^/\s@]+@")
KEPT = frozenset(("PWD",))
_TEMPORARY = ("TMPDIR", "TEMP", "TMP", "XDG_RUNTIME_DIR")
_BELOW_HOME: Mapping[str, str] = MappingProxyType(
    {
        "XDG_CACHE_HOME": ".cache",
        "XDG_CONFIG_HOME": ".config",
        "XDG_DATA_HOME": ".local/share",
        "XDG_STATE_HOME": ".local/state",
    }
)
PLACES = ("HOME", "USERPROFILE", *_TEMPORARY, *_BELOW_HOME)
"""Variables that a worker has of its own."""


def child_environment(
    parent: Mapping[str, str],
    home: str,
    tmp: str,
    extra: Mapping[str, str] | None = None,
    *,
    opened: Collection[str] = (),
) -> dict[str, str]:
    """A copy of ``parent`` without secrets and without what steers the outer run, plus ``extra``.

    It is a deny-list, as a project's tests may need variables of their own; ``opened`` are kept whatever they hold.
    """
    kept = {name: value for name, value in parent.items() if name in opened or is_harmless(name, value)}
    return kept | _places(home, tmp) | {"PYTHONDONTWRITEBYTECODE": "1", "LLMGEN_WORKER": "1"} | dict(extra or {})


def stripped_names(parent: Mapping[str, str], opened: Collection[str] = ()) -> tuple[str, ...]:
    """Names of the variables that :func:`child_environment` leaves out, and that could be opened."""
    names = [name for name, value in parent.items() if name not in opened and not is_harmless(name, value)]
    return tuple(name for name in names if not OUTER_RUN.search(name))


def is_harmless(name: str, value: str) -> bool:
    """Whether a variable may be seen behind the walls."""
    if name in KEPT:
        return True
    hostile = SECRET.search(name) or SECRET_FAMILY.search(name) or OUTER_RUN.search(name)
    return not hostile and not CREDENTIALS_IN_URL.search(value)


def _places(home: str, tmp: str) -> dict[str, str]:
    return {
        "HOME": home,
        "USERPROFILE": home,
        **dict.fromkeys(_TEMPORARY, tmp),
        **{name: f"{home}/{place}" for name, place in _BELOW_HOME.items()},
    }
