"""The parent's side: which walls there are here, and the plan for one worker."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import pytest_llmgen
from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.run.process import Child
from pytest_llmgen.run.sandbox import mounts
from pytest_llmgen.run.sandbox.allow import Allow
from pytest_llmgen.run.sandbox.copy import copy_project
from pytest_llmgen.run.sandbox.plan import Limits, Plan, Tier, TierName, View
from pytest_llmgen.run.sandbox.private import private_folder, temporary_folder
from pytest_llmgen.run.sandbox.reach import Reach, look_round
from pytest_llmgen.timeouts import Timeouts

PROBE_SECONDS = Timeouts().sandbox
LAYERS = "LAYERS "
KILLED = (-signal.SIGKILL, 128 + signal.SIGKILL)  # as such, or as the supervisor tells
STRONG: Mapping[str, Mapping[TierName, str]] = MappingProxyType(
    {
        "linux": MappingProxyType({TierName.NAMESPACES: "namespaces", TierName.LANDLOCK: "Landlock"}),
        "darwin": MappingProxyType({TierName.SEATBELT: "sandbox profile"}),
    }
)
"""Tiers with walls round files and network, strongest first."""
PROBE = """
import sys
sys.path.insert(0, sys.argv[1])
from pytest_llmgen.run.sandbox import entry, plan
try:
    print("LAYERS " + "; ".join(entry.enter(plan.Plan.from_json(sys.argv[2]))), flush=True)
except Exception as problem:
    sys.exit(str(problem.__cause__ or problem))
"""


@dataclass(frozen=True, slots=True)
class Ground:
    """What all workers of a run have in common; looked at once."""

    tier: Tier
    root: Path
    view: View
    reach: Reach
    allow: Allow


def choose(asked: str, reach: Reach = Reach(), seconds: float = PROBE_SECONDS) -> Tier:  # noqa: B008 (frozen)
    """The tier for ``auto``, ``require``, ``portable`` or ``off``, tried in a child that is thrown away.

    ``seconds`` are for one try.

    Raises :class:`LlmgenError` when ``require`` finds less than the system's strongest, or nothing can run at all.
    """
    if not hasattr(os, "fork"):
        raise LlmgenError(
            f"tests and mutants run in forked processes, which this Python has no means for on {sys.platform}",
            slug="no-fork",
            fix="run it on Linux or macOS; a container or WSL will do",
        )
    if asked in {TierName.PORTABLE, TierName.OFF}:
        return Tier(TierName(asked), "asked for", _layers(TierName(asked), reach, seconds))
    refused: list[str] = []
    for name, words in STRONG.get(sys.platform, {}).items():
        layers = trial(name, reach, seconds)
        if isinstance(layers, tuple):
            return Tier(name, "; ".join(refused), layers)
        refused.append(f"no {words}: {layers}")
        if asked == "require":
            break
    why = "; ".join(refused) or f"no walls round files and network are known for {sys.platform}"
    if asked == "require":
        raise LlmgenError(
            f"--llm-sandbox=require: {why}",
            slug="sandbox-unavailable",
            fix="allow unprivileged user namespaces, or use --llm-sandbox=auto",
        )
    return Tier(TierName.PORTABLE, why, _layers(TierName.PORTABLE, reach, seconds))


def take_ground(
    tier: Tier,
    root: Path,
    sys_path: Iterable[str] = (),
    allow: Allow = Allow(),  # noqa: B008 (frozen)
    seconds: float = PROBE_SECONDS,
) -> Ground:
    """Look at a project once: what its workers may read, and whether they can see it at its own place."""
    root = root.resolve()
    reach = look_round(root, sys_path, allow)
    return Ground(tier, root, _view(tier.name, root, reach, seconds), reach, allow)


def without_walls(ground: Ground, variables: Iterable[str]) -> Ground:
    """For a project's own tests where their owner wants none: everything readable, still on a copy."""
    allow = Allow(ground.reach.hidden, (), (), tuple(variables))
    return Ground(Tier(TierName.OFF, "llm_sandbox_suite = open"), ground.root, View.COPY, Reach(), allow)


def prepare(
    tier: Tier,
    root: Path,
    private: Path,
    *,
    limits: Limits = Limits(),  # noqa: B008 - frozen
    writable: Iterable[str] = (),
) -> Plan:
    """The plan for a single worker; ``writable`` are more folders that may be written; see :func:`settle`."""
    return settle(take_ground(tier, root, allow=Allow(writable=tuple(writable))), private, limits)


def settle(ground: Ground, private: Path, limits: Limits) -> Plan:
    """The plan for one worker; ``private`` comes from :func:`create` and serves this worker alone.

    Copies the project where it cannot be covered.
    Raises :class:`LlmgenError` for a project too large to copy or a private folder inside it.
    """
    root, private = ground.root, private.resolve()
    if private.is_relative_to(root):
        raise LlmgenError(
            f"the temporary folder {private.parent} is inside the project",
            slug="sandbox-temporary-folder",
            fix="set TMPDIR to a folder outside the project",
        )
    seen = private / "project" if ground.view is View.COPY else root
    if ground.view is View.COPY:
        opened = (*ground.allow.readable, *ground.allow.writable)
        copy_project(root, seen, limit_mb=limits.copy_mb, hidden=ground.reach.hidden, opened=opened)
    return Plan(
        ground.tier.name,
        ground.view,
        str(root),
        str(seen),
        str(private),
        ground.allow.writable,
        ground.reach.readable,
        ground.reach.hidden,
        ground.allow.hosts,
        limits,
    )


def _layers(name: TierName, reach: Reach, seconds: float) -> tuple[str, ...]:
    answer = trial(name, reach, seconds)
    return answer if isinstance(answer, tuple) else ()


def trial(
    name: TierName,
    reach: Reach = Reach(),  # noqa: B008 (frozen)
    seconds: float = PROBE_SECONDS,
) -> tuple[str, ...] | str:
    """Enter a tier and come back: the layers that stood, or why the kernel refuses; an overlay is tried on its own."""
    with private_folder() as private, temporary_folder() as folder:
        root = str(folder)
        plan = Plan(name, View.DIRECT, root, root, str(private), (), reach.readable, reach.hidden)
        return _probe(plan, seconds)


def _probe(plan: Plan, seconds: float) -> tuple[str, ...] | str:
    """The layers that stand, or why they don't; asked again where somebody killed the one that was asked."""
    code, answer = _ask(plan, seconds)
    return _ask(plan, seconds)[1] if code in KILLED else answer


def _ask(plan: Plan, seconds: float) -> tuple[int | None, tuple[str, ...] | str]:
    package = str(Path(pytest_llmgen.__file__).parents[1])
    argv = [sys.executable, "-I", "-S", "-c", PROBE, package, plan.to_json()]
    # Some Pythons find their own library by this variable.
    env = {name: os.environ[name] for name in ("LD_LIBRARY_PATH",) if name in os.environ}
    with Child.start(argv, env=env, cwd=Path(plan.private), private=Path(plan.private)) as child:
        code = child.wait(seconds)
        lines = child.output().strip().splitlines()
    if code == 0:
        told = next((line for line in lines if line.startswith(LAYERS)), LAYERS)
        return code, tuple(told.removeprefix(LAYERS).split("; "))
    return code, lines[-1] if lines else "no answer" if code is None else f"exit status {code}"


def _view(name: TierName, root: Path, reach: Reach, seconds: float) -> View:
    if name is TierName.OFF:
        return View.DIRECT
    return View.OVERLAY if name is TierName.NAMESPACES and _can_be_covered(root, reach, seconds) else View.COPY


def _can_be_covered(root: Path, reach: Reach, seconds: float) -> bool:
    # Of another owner's folder the worker, whose namespace knows one user only, could change nothing.
    if root.stat().st_uid != os.geteuid() or mounts.mounted_below(str(root)):
        return False
    with private_folder() as private:
        plan = Plan(
            TierName.NAMESPACES, View.OVERLAY, str(root), str(root), str(private), (), reach.readable, reach.hidden
        )
        return isinstance(_probe(plan, seconds), tuple)
