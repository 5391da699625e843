"""An assignment to the messages that ask for it."""

from __future__ import annotations

import inspect
import re
from collections.abc import Iterator

from pytest_llmgen.prompt.messages import CHARACTERS_PER_TOKEN, Messages, Role
from pytest_llmgen.prompt.sections import FENCE_WORD, Section, join, sections_of, trim
from pytest_llmgen.prompt.templates import (
    ASYNC_PLUGIN,
    BLIND_REPAIR,
    CATEGORIES_MISSING,
    HOUSE_RULES,
    LOOK_SYSTEM,
    SYNC_ONLY,
    SYSTEM,
    TASKS,
)
from pytest_llmgen.records import Arc, Assignment, Candidate, Failure, Fixture, Oracle, Stage, Survivor, Target

PROMPT_TOKENS = 16_000
"""How long a prompt may get before context is left out."""
MAX_SURVIVORS = 12
"""More mutants than a reply can care about; the next round shows the rest."""


def render(assignment: Assignment, instructions: str = "", tokens: int = PROMPT_TOKENS) -> Messages:
    """The messages for an assignment, the stable parts first.

    ``instructions`` are the project's house rules; ``tokens`` is the length wanted (quarter rule), kept by
    leaving out context, never the function or the task.
    """
    system = _system(assignment.stage, instructions)
    about = [section for section in _about(assignment) if section.text.strip()]
    task = _task(assignment)
    kept = trim([*about, *task], tokens * CHARACTERS_PER_TOKEN - len(system))
    turns: tuple[tuple[Role, str], ...] = (
        ("user", join([section for section in about if section in kept])),
        ("user", join([section for section in task if section in kept])),
    )
    return Messages(system, turns, assignment.stage, assignment.target.key)


def is_blind(assignment: Assignment) -> bool:
    """Whether the body is withheld, so that expectations can only come from the documentation."""
    if assignment.stage is Stage.REPAIR:
        return bool(assignment.failures) and all(
            failure.candidate.oracle is Oracle.DOCUMENTATION for failure in assignment.failures
        )
    return assignment.stage is Stage.DOCUMENTATION


def numbered(source: str, start: int, end: int) -> str:
    """Lines ``start`` to ``end`` of a source, each with its number."""
    lines = source.split("\n")[start - 1 : end]
    width = len(str(end))
    return "\n".join(f"{number:>{width}} | {line}".rstrip() for number, line in enumerate(lines, start))


def _system(stage: Stage, instructions: str) -> str:
    if stage is Stage.SECOND_LOOK:
        return LOOK_SYSTEM.format(fence_word=FENCE_WORD)
    system = SYSTEM.format(fence_word=FENCE_WORD)
    return f"{system}\n\n{HOUSE_RULES}\n{instructions.strip()}" if instructions.strip() else system


def _about(assignment: Assignment) -> Iterator[Section]:
    """What every prompt about a target starts with, so that it can be cached."""
    target, context, blind = assignment.target, assignment.context, is_blind(assignment)
    yield Section(f"Documentation of module {target.module}", context.module_doc, 40)
    if not blind:
        yield Section("Imports of the module", "\n".join(context.module_imports), 50)
    yield Section("Versions", "\n".join(f"{name} {version}" for name, version in context.versions), 60)
    if not (blind and target.name == "__init__"):  # the outline shows what the constructor does
        yield Section("Class that it belongs to", context.class_outline, 10)
    yield from sections_of("Type that it works with", context.types, 20)
    if not blind:
        yield from sections_of("It uses", [text for text in context.uses if text not in context.types], 65)
        yield from sections_of("It calls", context.callees, 70)
        yield from sections_of("Test of the project, as an example of style", context.examples, 80)
    yield from sections_of("It is called like this", context.callers, 90)
    yield Section("Fixtures of the project", "\n".join(_fixture(f) for f in context.fixtures), 30)
    yield Section("Tests that a person rejected, and why: write none like them", "\n".join(context.rejected), 5)
    shown = _interface(target) if blind else numbered(assignment.module.source, target.start_line, target.end_line)
    yield Section(f"Under test: {target.qualname} in {target.path}", shown)
    yield Section("Import line for the tests", context.import_line)


def _interface(target: Target) -> str:
    """The function as its documentation shows it."""
    lines = [*(f"@{decorator.removeprefix('@')}" for decorator in target.decorators)]
    keyword = "async def" if target.is_async else "def"
    lines.append(f"{keyword} {target.signature or target.name + '(...)'}:")
    lines += [f"    {line}".rstrip() for line in _quoted(target.docstring)]
    return "\n".join([*lines, "    ..."])


def _quoted(docstring: str | None) -> list[str]:
    text = inspect.cleandoc(docstring or "")
    end = "\n" if "\n" in text else ""
    return f'"""{text}{end}"""'.split("\n") if text else []


def _fixture(fixture: Fixture) -> str:
    returns = f" -> {fixture.returns}" if fixture.returns else ""
    doc = f": {' '.join(fixture.doc.split())}" if fixture.doc else ""
    return f"{fixture.name} ({fixture.scope}){returns}{doc}"


def _task(assignment: Assignment) -> list[Section]:
    words = TASKS[assignment.stage].format(qualname=assignment.target.qualname)
    sections = [Section("", words, is_data=False)]
    if assignment.stage is Stage.SECOND_LOOK:
        return sections + _suspects(assignment)
    if assignment.stage is Stage.REPAIR:
        sections += _repair(assignment)
    if assignment.stage is Stage.GAPS:
        sections += _gaps(assignment)
    if assignment.stage is not Stage.REPAIR and assignment.kept:
        sections += _kept(assignment)
    plugin = assignment.context.async_plugin
    sections.append(Section("", ASYNC_PLUGIN.format(plugin=plugin) if plugin else SYNC_ONLY, is_data=False))
    return [section for section in sections if section.text.strip()]


def _repair(assignment: Assignment) -> list[Section]:
    sections = [Section("", BLIND_REPAIR, is_data=False)] if is_blind(assignment) else []
    for failure in assignment.failures:
        sections.append(Section(f"Test {failure.candidate.name}", _source_of(failure.candidate)))
        sections.append(Section(f"What is wrong with it ({failure.code}{_at(failure)})", _stable(failure.message)))
    return sections


def _suspects(assignment: Assignment) -> list[Section]:
    sections = []
    for failure in assignment.failures:
        sections.append(Section("The test", _source_of(failure.candidate)))
        sections.append(Section("How it fails", _stable(failure.message)))
    return sections


def _stable(message: str) -> str:
    """A failure's message without what differs from run to run: equal requests are asked only once."""
    message = re.sub(r"\b0x[0-9a-fA-F]{6,}\b", "0x...", message)
    return re.sub(r"pytest-of-[^/\\\s]+([/\\])pytest-\d+", r"pytest-of-user\1pytest-0", message)


def _at(failure: Failure) -> str:
    return f", line {failure.line}" if failure.line else ""


def _source_of(candidate: Candidate) -> str:
    """A candidate as a module: imports, helpers, test."""
    return "\n\n\n".join(filter(None, ["\n".join(candidate.imports), *candidate.helpers, candidate.source]))


def _gaps(assignment: Assignment) -> list[Section]:
    gaps, source = assignment.gaps, assignment.module.source.split("\n")
    lines = "\n".join(
        f"line {n}: {source[n - 1].strip()}{_why(gaps.why_lines.get(n))}" for n in gaps.lines if n <= len(source)
    )
    branches = "\n".join(f"{_branch(arc, source)}{_why(gaps.why_branches.get(arc))}" for arc in gaps.branches)
    missing = CATEGORIES_MISSING.format(words=", ".join(gaps.categories)) if gaps.categories else ""
    found = [Section("Lines that no test runs", lines), Section("Branches that no test takes", branches)]
    found += [
        Section("Change to the code that no test notices", _survivor(s), 5) for s in gaps.survivors[:MAX_SURVIVORS]
    ]
    return [*found, Section("", missing, is_data=False)]


def _why(reason: str | None) -> str:
    return f"  ({reason})" if reason else ""


def _branch(arc: Arc, source: list[str]) -> str:
    start, end = arc
    goal = "the end of the function" if end < 0 else f"line {end} ({_line(source, end)})"
    return f"from line {start} ({_line(source, start)}) to {goal}"


def _line(source: list[str], number: int) -> str:
    return source[number - 1].strip() if 0 < number <= len(source) else ""


def _survivor(survivor: Survivor) -> str:
    ran = f"\nran and did not notice: {', '.join(survivor.tests)}" if survivor.tests else ""
    return f"line {survivor.mutant.region.start_line}\n{survivor.diff.strip(chr(10))}{ran}"


def _kept(assignment: Assignment) -> list[Section]:
    """What is there already: in short before the first round, in full where a test has to see more than these do."""
    if assignment.stage is Stage.GAPS:
        return sections_of("Test that is there already", [_source_of(c) for c in assignment.kept], 8)
    return [Section("Tests that are there already", "\n".join(f"{c.name}: {c.summary}" for c in assignment.kept), 8)]
