"""Which generated tests of earlier runs are looked at again: the edge that reads what that depends on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from pytest_llmgen.extract.targets import parse, parse_module
from pytest_llmgen.records import Module
from pytest_llmgen.refine import ledger
from pytest_llmgen.refine.earlier import Again, Surroundings, look_again
from pytest_llmgen.refine.parse_back import source_of
from pytest_llmgen.refine.render import is_ours
from pytest_llmgen.review.fingerprint import context_of
from pytest_llmgen.scope import Scope
from pytest_llmgen.settings import Settings


@dataclass(frozen=True, slots=True)
class Remembering:
    """What the ledger will say of the project."""

    digests: Mapping[str, str] = field(default_factory=dict)  # path -> hash of its code
    beside: str = ""  # hash of the project's own tests; empty where not all generated tests were looked at


def renewed(
    texts: Mapping[str, str],
    folder: Path,
    settings: Settings,
    modules: Sequence[Module],
    scope: Scope,
    tests: Iterable[Path],
) -> tuple[Again, Remembering]:
    """What is looked at again, and what will be remembered.

    Args:
        texts: name -> text of the files of generated tests.
        folder: where they are.
        settings: of the run.
        modules: all modules of the project.
        scope: those that the run works on.
        tests: every test file of the project, those of ``folder`` perhaps among them.
    """
    root, known = settings.root, {path for path in map(source_of, texts.values()) if path}
    is_whole = not settings.targets and scope.lines is None
    remembering = Remembering(_digests(modules), _beside(texts, folder, tests) if is_whole else "")
    deleted = {path for path in known if not (root / path).exists()} if is_whole else set()
    around = Surroundings(
        digests=remembering.digests,
        targets=_functions(module for module in modules if module.path in known),
        in_scope={target.key for target in scope.targets()},
        sources={module.path for module in scope.modules if module.error is None} | deleted,
        beside=remembering.beside,
        always=settings.pending,
    )
    return look_again(texts, ledger.read(folder), around), remembering


def _beside(texts: Mapping[str, str], folder: Path, tests: Iterable[Path]) -> str:
    """A hash of the project's own tests, and of generated ones that a person made theirs."""
    ours = {(folder / name).resolve() for name, text in texts.items() if is_ours(text)}
    found = []
    for path in tests:
        if path not in ours:
            with suppress(OSError):
                found.append(path.read_bytes().hex())
    return ledger.digest(found)


def _digests(modules: Iterable[Module]) -> dict[str, str]:
    """Path -> hash of the module's code, without its formatting, comments and docstrings."""
    found = {}
    for module in modules:
        with suppress(SyntaxError, RecursionError, MemoryError):
            found[module.path] = context_of(parse(module.source))
    return found


def _functions(modules: Iterable[Module]) -> frozenset[str]:
    """Keys of all functions of the modules, also of those that ``--llm-target`` leaves out."""
    whole = (parse_module(module.path, module.name, module.import_root, module.source) for module in modules)
    return frozenset(target.key for module in whole for target in module.targets)
