"""The parent's side: which walls there are here, and the plan for one worker."""

from __future__ import annotations

import os
import pwd
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path

import pytest_llmgen
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.sandbox import mounts
from pytest_llmgen.run.sandbox.copy import copy_project
from pytest_llmgen.run.sandbox.plan import Limits, Plan, Tier, TierName, View
from pytest_llmgen.run.sandbox.private import create, private_folder, remove

SECRETS = (
    *(".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure", ".netrc", ".pypirc", ".npmrc", ".git-credentials"),
    *(".password-store", ".config/anthropic", ".config/gcloud", ".config/gh", ".config/pip", ".config/git"),
    *(".local/share/keyrings", ".claude", ".claude.json", ".bash_history", ".python_history", ".zsh_history"),
)
"""What is hidden of a home folder, relative to it."""

SOCKETS = ("/run", "/var/run")
"""Folders of the host's sockets (docker.sock, D-Bus), which a network namespace does not cut off."""

COPY_LIMIT_MB = 512
PROBE_SECONDS = 20.0
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from pytest_llmgen.run.sandbox import entry, plan
try:
    entry.enter(plan.Plan.from_json(sys.argv[2]))
except Exception as problem:
    sys.exit(str(problem.__cause__ or problem))
"""


def choose(asked: str) -> Tier:
    """The tier for ``auto``, ``require``, ``portable`` or ``off``, tried in a child that is thrown away.

    Raises :class:`LlmgenError` when ``require`` finds less than namespaces.
    """
    if asked in {TierName.PORTABLE, TierName.OFF}:
        return Tier(TierName(asked), "asked for")
    refused = _refusal(TierName.NAMESPACES)
    if refused is None:
        return Tier(TierName.NAMESPACES)
    if asked == "require":
        raise LlmgenError(
            f"--llm-sandbox=require: no namespaces here ({refused})",
            slug="sandbox-unavailable",
            fix="allow unprivileged user namespaces, or use --llm-sandbox=auto",
        )
    return _weaker(refused)


def prepare(
    tier: Tier,
    root: Path,
    private: Path,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    writable: Iterable[str] = (),
) -> Plan:
    """The plan for one worker; ``private`` comes from :func:`create` and serves this worker alone.

    Copies the project where it cannot be covered.  ``writable`` are more folders that may be written.
    Raises :class:`LlmgenError` for a project too large to copy or a private folder inside it.
    """
    root, private = root.resolve(), private.resolve()
    if private.is_relative_to(root):
        raise LlmgenError(
            f"the temporary folder {private.parent} is inside the project",
            slug="sandbox-temporary-folder",
            fix="set TMPDIR to a folder outside the project",
        )
    view = _view(tier.name, root)
    seen = private / "project" if view is View.COPY else root
    plan = Plan(tier.name, view, str(root), str(seen), str(private), tuple(writable), _hidden(root, private), limits)
    if view is View.COPY:
        copy_project(root, seen, limit_mb=COPY_LIMIT_MB)
    return plan


def _weaker(refused: str) -> Tier:
    why = f"no namespaces: {refused}"
    refused_too = _refusal(TierName.LANDLOCK)
    if refused_too is None:
        return Tier(TierName.LANDLOCK, why)
    return Tier(TierName.PORTABLE, f"{why}; no Landlock: {refused_too}")


def _refusal(name: TierName) -> str | None:
    """Why a tier cannot be entered here, or None; an overlay over the project is tried on its own."""
    with private_folder() as private, tempfile.TemporaryDirectory(prefix="llmgen-") as root:
        return _probe(Plan(name, View.DIRECT, str(Path(root).resolve()), str(Path(root).resolve()), str(private)))


def _probe(plan: Plan) -> str | None:
    package = str(Path(pytest_llmgen.__file__).parents[1])
    argv = [sys.executable, "-I", "-S", "-c", PROBE, package, plan.to_json()]
    # Some Pythons find their own library by this variable.
    env = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    with Child.start(argv, env=env, cwd=Path(plan.private), private=Path(plan.private)) as child:
        code = child.wait(PROBE_SECONDS)
        lines = child.output().strip().splitlines()
    if code == 0:
        return None
    return lines[-1] if lines else "no answer" if code is None else f"exit status {code}"


def _view(name: TierName, root: Path) -> View:
    if name is TierName.OFF:
        return View.DIRECT
    return View.OVERLAY if name is TierName.NAMESPACES and _can_be_covered(root) else View.COPY


def _can_be_covered(root: Path) -> bool:
    # Of another owner's folder the worker, whose namespace knows one user only, could change nothing.
    if root.stat().st_uid != os.geteuid() or mounts.mounted_below(str(root)):
        return False
    private = create()
    try:
        return _probe(Plan(TierName.NAMESPACES, View.OVERLAY, str(root), str(root), str(private))) is None
    finally:
        remove(private)


def _hidden(root: Path, private: Path) -> tuple[str, ...]:
    paths = [*(f"{home}/{name}" for home in _homes() for name in SECRETS), *SOCKETS]
    needed = [root, private, Path(sys.prefix), Path(sys.base_prefix), Path(pytest_llmgen.__file__)]
    # Not Path.exists: that raises for another user's home, which cannot be read anyway.
    found = dict.fromkeys(Path(path).resolve() for path in paths if os.path.exists(path))  # noqa: PTH110
    return tuple(str(path) for path in found if not any(need.is_relative_to(path) for need in needed))


def _homes() -> list[str]:
    """HOME and the one of the user database, which has no entry for the made-up users of containers."""
    homes = [os.path.expanduser("~")]  # noqa: PTH111 - Path.expanduser raises where there is none
    with suppress(KeyError):
        homes.append(pwd.getpwuid(os.getuid()).pw_dir)
    return sorted({home for home in homes if home.startswith("/")})
