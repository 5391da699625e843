"""Decisions replayed over a project's history: how many hold, reopen, move, end, and whether one is misplaced.

    python benchmarks/review/replay.py REPOSITORY FOLDER [--commits 200] [--gaps 400] [--only iterutils,strutils]

REPOSITORY is a clone, FOLDER the package in it.  At the first commit every mutant and line of a sample is accepted,
half as ``equivalent`` (``unreachable`` for lines), half as ``wont-test``.  Then each commit that changes the folder is
looked at as a person who keeps the review file would: what is stale is decided again, what is unused is taken out, what
moved is re-keyed.  No test runs: every mutant survives, and a line counts as not run by a hash of its text.

Misplaced is judged apart from our fingerprints: git's own diff follows each line.  Where the line of a decision is
unchanged, the decision must be there; where it was rewritten, the statement must read the same by ``ast.dump``.
"""

from __future__ import annotations

import argparse
import ast
import difflib
import json
import random
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import date
from hashlib import blake2b
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.gaps import assess
from pytest_llmgen.mutate.operators import mutants_of
from pytest_llmgen.records import (
    Decision,
    DecisionClass,
    DecisionState,
    Evidence,
    Gap,
    Hits,
    MutantStatus,
    MutantVerdict,
)
from pytest_llmgen.review.anchors import anchor_of_gap
from pytest_llmgen.review.book import Book
from pytest_llmgen.review.desk import places_of
from pytest_llmgen.review.matching import match
from pytest_llmgen.review.measured import Measured
from pytest_llmgen.run.measure import file_lines

DAY = date(2026, 1, 1)
HOLDS = (DecisionState.USED, DecisionState.MOVED)


@dataclass
class Snapshot:
    """A commit: its gaps, its places and its sources."""

    gaps: list[Gap] = field(default_factory=list)
    measured: Measured = field(default_factory=Measured)
    sources: dict[str, str] = field(default_factory=dict)


class History:
    """Snapshots of a folder in a repository; equal files are looked at once."""

    def __init__(self, repository: Path, folder: str, only: frozenset[str] = frozenset()) -> None:
        self.repository, self.folder, self.only = repository, folder, only
        self._files: dict[tuple[str, str], tuple] = {}

    def git(self, *arguments: str) -> str:
        """What git prints."""
        done = subprocess.run(["git", *arguments], cwd=self.repository, capture_output=True, check=True)
        return done.stdout.decode("utf-8", "replace")

    def commits(self, number: int) -> list[str]:
        """The last commits that change the folder, the oldest first, and the one before them."""
        out = self.git("log", "--first-parent", f"-{number + 1}", "--format=%H", "--", f"{self.folder}/*.py")
        return out.split()[::-1]

    def snapshot(self, commit: str) -> Snapshot:
        """Everything of a commit."""
        shot, modules, functions = Snapshot(), [], {}
        for row in self.git("ls-tree", "-r", commit, self.folder).splitlines():
            meta, path = row.split("\t")
            if path.endswith(".py") and (not self.only or Path(path).stem in self.only):
                source, module, gaps, own = self._file(path, meta.split()[2])
                shot.sources[path] = source
                if module is not None:
                    modules.append(module)
                    shot.gaps += gaps
                    functions |= own
        shot.gaps = [replace(gap, id=f"{gap.id}@{gap.path}") for gap in shot.gaps]
        shot.measured = Measured(functions, present=places_of(modules), is_whole=True, operators="1")
        return shot

    def _file(self, path: str, blob: str) -> tuple:
        if (path, blob) not in self._files:
            source = self.git("cat-file", "blob", blob)
            self._files[path, blob] = (source, *_gaps_of(path, source))
        return self._files[path, blob]


def _gaps_of(path: str, source: str) -> tuple:
    module = parse_module(path, path.removesuffix(".py").replace("/", "."), ".", source)
    if module.error:  # Python 2, in old commits
        return None, [], {}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / path
        file.parent.mkdir(parents=True)
        file.write_text(source, encoding="utf-8", newline="")
        lines = file_lines(Path(folder), path)
    try:
        mutants = mutants_of(module)
    except LlmgenError:  # libcst refuses what ast takes
        mutants = ()
    text = source.splitlines()
    all_hit = Hits(lines.statements, lines.branches)
    half = frozenset(n for n in lines.statements if blake2b(text[n - 1].strip().encode()).digest()[0] % 2)
    survive = {m.id: MutantVerdict(m.id, MutantStatus.SURVIVED) for m in mutants}
    first = Evidence((module,), {path: lines}, {path: all_hit}, {}, mutants, survive, {})
    second = Evidence((module,), {path: lines}, {path: Hits(half)}, {}, (), {}, {})
    found, other = assess(first), assess(second)
    functions = {f"{f.path}::{f.qualname}": f.context for f in (*found.functions, *other.functions)}
    return module, [*found.gaps, *other.gaps], functions


def decide(gap: Gap, class_: DecisionClass, number: int) -> Decision:
    """A decision of a person on a gap."""
    return Decision(f"D-{number}", class_, "a reason", "a person", DAY, anchor_of_gap(gap), operators="1")


def _line_map(old: str, new: str) -> dict[int, int]:
    matcher = difflib.SequenceMatcher(None, old.splitlines(), new.splitlines(), autojunk=False)
    return {a + k + 1: b + k + 1 for a, b, size in matcher.get_matching_blocks() for k in range(size)}


def _statement(source: str, line: int) -> str:
    """The innermost statement at a place, without the statements in it, as ``ast.dump`` shows it."""
    best = None
    for node in ast.walk(ast.parse(source)):
        is_inside = isinstance(node, ast.stmt) and node.lineno <= line <= (node.end_lineno or 0)
        if is_inside and (best is None or node.lineno >= best.lineno):
            best = node
    if best is None:
        return ""
    for name in ("body", "orelse", "handlers", "finalbody", "cases"):
        if isinstance(getattr(best, name, None), list):
            setattr(best, name, [])
    return ast.dump(best)


class Judge:
    """Says whether a decision that held is still where it was."""

    def __init__(self) -> None:
        self._maps: dict[tuple[str, str], dict[int, int]] = {}

    def fault(self, old: Snapshot, new: Snapshot, before: Gap, after: Gap) -> str:
        """What is wrong; ``same text`` where only the line differs, nothing where all is well."""
        a, b = old.sources[before.path], new.sources[after.path]
        if (a, b) not in self._maps:
            self._maps[a, b] = _line_map(a, b)
        expected = self._maps[a, b].get(before.region.start_line)
        if expected == after.region.start_line:
            return ""
        was = _statement(a, before.region.start_line)
        now = _statement(b, after.region.start_line)
        if was != now:
            lines = before.region.start_line, after.region.start_line
            return f"{before.path}:{lines[0]} {before.before!r} -> {after.path}:{lines[1]} {after.before!r}"
        return "same text" if expected is not None else ""


def replay(history: History, commits: int, gaps: int, seed: int) -> dict[str, object]:
    """Figures for each class, and every decision that was misplaced."""
    chosen = history.commits(commits)
    shot = history.snapshot(chosen[0])
    sample = random.Random(seed).sample(shot.gaps, min(gaps, len(shot.gaps)))
    counts: dict[str, Counter[str]] = {}
    book: dict[str, tuple[Decision, Gap]] = {}
    for number, gap in enumerate(sample):
        stays = DecisionClass.EQUIVALENT if gap.operator else DecisionClass.UNREACHABLE
        class_ = DecisionClass.WONT_TEST if number % 2 else stays
        book[f"D-{number}"] = decide(gap, class_, number), gap
    begun, untouched, judge, faults, by_eye = len(book), set(book), Judge(), [], []
    for commit in chosen[1:]:
        after = history.snapshot(commit)
        matching = match(after.gaps, (), Book(tuple(d for d, _ in book.values())), after.measured, DAY)
        found = {gap.id: gap for gap in after.gaps}
        for entry in matching.decisions.entries:
            decision, gap = book[entry.decision.id]
            row = counts.setdefault(
                "function" if decision.class_ is not DecisionClass.WONT_TEST else "expression", Counter()
            )
            row[entry.state.value] += 1
            now = found.get(entry.gap_id or "")
            if entry.state in HOLDS and now is not None:
                fault = judge.fault(shot, after, gap, now)
                (by_eye if fault == "same text" else faults).append((commit[:8], decision.id, fault)) if fault else None
            if now is not None and entry.state in (*HOLDS, DecisionState.STALE):
                renewed = (
                    decision
                    if entry.state is DecisionState.USED and now.nth == gap.nth
                    else decide(now, decision.class_, 0)
                )
                book[decision.id] = replace(renewed, id=decision.id), now
            elif entry.state in (DecisionState.UNUSED, DecisionState.AMBIGUOUS):
                del book[decision.id]
            if entry.state is not DecisionState.USED:
                untouched.discard(decision.id)
        shot = after
    return {
        "commits": len(chosen) - 1,
        "decisions": begun,
        "held all the way": len(untouched),
        "still in the file": len(book),
        "by class, over all commits": {name: dict(row) for name, row in sorted(counts.items())},
        "misplaced": faults,
        "equal statement, another line": by_eye,
    }


def main() -> int:
    """Print the figures as JSON; 1 where a decision was misplaced."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("repository", type=Path)
    parser.add_argument("folder")
    parser.add_argument("--commits", type=int, default=200)
    parser.add_argument("--gaps", type=int, default=400)
    parser.add_argument("--only", default="", help="stems of files, comma-separated: the others are not looked at")
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    figures = replay(
        History(asked.repository, asked.folder, frozenset(filter(None, asked.only.split(",")))),
        asked.commits,
        asked.gaps,
        asked.seed,
    )
    print(json.dumps(figures, indent=1))
    return 1 if figures["misplaced"] else 0


if __name__ == "__main__":
    sys.exit(main())
