"""Candidates to the text of a test file."""

from __future__ import annotations

import ast
import builtins
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from hashlib import blake2b

from pytest_llmgen.records import Candidate, Category, Judged, Oracle
from pytest_llmgen.refine.imports import WIDTH, Binding, bindings, render_imports
from pytest_llmgen.refine.quotes import with_quotes
from pytest_llmgen.refine.rename import defined_names, local_names, rename, used_names

FORMAT = 1
ORACLES: Mapping[Oracle, str] = {
    Oracle.DOCUMENTATION: "what the documentation says",
    Oracle.DOCTEST: "the examples of the documentation",
    Oracle.PROPERTY: "a property that must hold",
    Oracle.OBSERVED: "what the code does today",
}
_CATEGORIES = tuple(Category)
_TAG = re.compile(r"^# llmgen: category=", re.MULTILINE)
_CHECKSUM = re.compile(r"^# llmgen: .*\bchecksum=(?P<checksum>[0-9a-f]*)$", re.MULTILINE)
_REVIEWED = re.compile(r"^(# llmgen: category=.* reviewed=)\w+$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Provenance:
    """What the header says of a file."""

    version: str
    label: str  # Generator.label
    source: str  # path of the module under test
    project: frozenset[str] = frozenset()  # top-level names whose imports come last
    targets: tuple[str, ...] = ()  # Target.key in source order
    reviewed: frozenset[str] = frozenset()  # candidate ids that a person has accepted
    homes: Mapping[tuple[str, str], str] = field(default_factory=dict)  # module and name -> where tests import it from
    quote: str = '"'


@dataclass(frozen=True, slots=True)
class RenderedFile:
    """A whole test file, and the name that each candidate's test has in it."""

    text: str
    names: Mapping[str, str]  # candidate id -> test name


@dataclass
class _Page:
    """A file while it is put together."""

    taken: dict[str, object] = field(default_factory=dict)
    homes: Mapping[tuple[str, str], str] = field(default_factory=dict)
    outside: frozenset[str] = frozenset()  # fixtures of the project, which no helper may hide
    imports: list[Binding] = field(default_factory=lambda: [Binding("pytest")])
    helpers: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)
    names: dict[str, str] = field(default_factory=dict)

    def claim(self, name: str, meaning: object) -> str:
        """``name``, or the next free one where it stands for something else already."""
        free, number = name, 1
        while self.taken.setdefault(free, meaning) != meaning:
            number += 1
            free = f"{name}_{number}"
        return free

    def claim_helper(self, name: str, text: str) -> tuple[str, str]:
        """The name that a helper gets, and its text under that name; equal helpers are one."""
        free, number, renamed = name, 1, text
        while free in self.outside or self.taken.setdefault(free, ("helper", renamed)) != ("helper", renamed):
            number += 1
            free = f"{name}_{number}"
            renamed = rename(text, {name: free})
        return free, renamed


def render_single(candidate: Candidate) -> str:
    """The module to run one candidate alone."""
    future = sorted(candidate.imports, key=lambda statement: "__future__" not in statement)
    blocks = ["\n".join(dict.fromkeys(future)), *candidate.helpers, candidate.source]
    return "\n\n\n".join(block.strip("\n") for block in blocks if block.strip()) + "\n"


def render_module(module_name: str, candidates: Sequence[Judged], provenance: Provenance) -> str:
    """The whole test file of a module, its checksum in the header."""
    return render_file(module_name, [judged.candidate for judged in candidates], provenance).text


def render_file(module_name: str, candidates: Sequence[Candidate], provenance: Provenance) -> RenderedFile:
    """The whole test file of a module and the names of the tests in it."""
    ordered = sorted(candidates, key=lambda candidate: _place(candidate, provenance))
    taken: dict[str, object] = dict.fromkeys(dir(builtins), "builtin")
    taken["pytest"] = Binding("pytest").meaning
    page = _Page(taken, provenance.homes, frozenset(_free_parameters(ordered)))
    for candidate in ordered:
        _add(page, candidate, module_name, reviewed=candidate.id in provenance.reviewed)
    project = provenance.project | {module_name.partition(".")[0]}
    body = with_quotes(_join(render_imports(page.imports, project), page.helpers, page.tests), provenance.quote)
    header = _header(module_name, ordered, provenance)
    text = f"{header}\n\n{body}"
    return RenderedFile(text.replace("checksum=\n", f"checksum={checksum(text)}\n", 1), page.names)


def checksum(text: str) -> str:
    """A hash of a file without the hash itself and without what people may change: ``reviewed=``."""
    plain = _CHECKSUM.sub("", _REVIEWED.sub(r"\1", text), count=1)
    return blake2b(plain.encode(), digest_size=8).hexdigest()


def is_ours(text: str) -> bool:
    """Whether a file is still as it was written, apart from ``reviewed=``."""
    found = _CHECKSUM.search(text)
    return found is not None and found["checksum"] == checksum(text)


def _place(candidate: Candidate, provenance: Provenance) -> tuple[int, str, int]:
    known = candidate.target in provenance.targets
    index = provenance.targets.index(candidate.target) if known else len(provenance.targets)
    return index, "" if known else candidate.target, _CATEGORIES.index(candidate.category)


def _free_parameters(candidates: Sequence[Candidate]) -> set[str]:
    """What tests ask for and do not define themselves."""
    names: set[str] = set()
    for candidate in candidates:
        own = {name for helper in candidate.helpers for name in defined_names(helper)}
        for piece in (*candidate.helpers, candidate.source):
            for node in ast.parse(piece).body:
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                    names |= {arg.arg for arg in node.args.args} - own if _asks_fixtures(node) else set()
    return names


def _asks_fixtures(function: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return function.name.startswith("test_") or any("fixture" in ast.unparse(d) for d in function.decorator_list)


def _add(page: _Page, candidate: Candidate, module_name: str, *, reviewed: bool) -> None:
    helpers = needed(candidate)
    used = frozenset().union(*(used_names(piece) for piece in (*helpers, candidate.source)))
    names: dict[str, str] = {}
    for plain in bindings(candidate.imports):
        binding = replace(plain, module=page.homes.get((plain.module, plain.name or ""), plain.module))
        if binding.local in used or binding.module == "__future__":
            local = page.claim(binding.local, binding.meaning)
            page.imports.append(binding if local == binding.local else binding.renamed(local))
            names |= {binding.local: local} if local != binding.local else {}
    fixtures: set[str] = set()
    for helper in helpers:
        text = _renamed(helper, names, fixtures)
        for name in defined_names(helper):
            free, text = page.claim_helper(name, text)
            if free != name:
                names[name] = free
                fixtures.add(name)
        if text not in page.helpers:
            page.helpers.append(text)
    name = page.claim(candidate.name, ("test", candidate.id))
    page.names[candidate.id] = name
    source = _renamed(candidate.source, names, fixtures)
    source = rename(source, {candidate.name: name}) if name != candidate.name else source
    page.tests.append(f"{_tag(candidate, reviewed=reviewed)}\n{_marker(candidate, module_name)}\n{source}")


def _renamed(text: str, names: Mapping[str, str], helpers: set[str]) -> str:
    """Parameters follow a renamed fixture; what a function binds for itself hides a renamed import."""
    hidden = local_names(text) - helpers
    return rename(_tidy(text), {old: new for old, new in names.items() if old not in hidden})


def needed(candidate: Candidate) -> tuple[str, ...]:
    """The helpers that the test uses, directly or through each other, in their order."""
    wanted = set(used_names(candidate.source))
    chosen: set[int] = set()
    while True:
        more = {i for i, helper in enumerate(candidate.helpers) if wanted & set(defined_names(helper))} - chosen
        if not more:
            return tuple(candidate.helpers[i] for i in sorted(chosen))
        chosen |= more
        wanted |= {name for i in more for name in used_names(candidate.helpers[i])}


def _tidy(text: str) -> str:
    """No blank lines around, no spaces at the end of lines (unless a string spans lines)."""
    text = text.strip("\n")
    spans = any(
        isinstance(n, ast.Constant | ast.JoinedStr) and n.lineno != n.end_lineno for n in ast.walk(ast.parse(text))
    )
    return text.rstrip() if spans else "\n".join(line.rstrip() for line in text.splitlines())


def _tag(candidate: Candidate, *, reviewed: bool) -> str:
    words = f"category={candidate.category} oracle={candidate.oracle} origin={candidate.origin}"
    shows = f" shows={candidate.shows}" if candidate.shows else ""
    return f"# llmgen: {words}{shows} reviewed={'yes' if reviewed else 'no'}"


def _marker(candidate: Candidate, module_name: str) -> str:
    target = f'target="{module_name}:{candidate.target.partition("::")[2]}"'
    line = f"@pytest.mark.llm_generated({target})"
    return line if len(line) <= WIDTH else f"@pytest.mark.llm_generated(\n    {target},\n)"


def _join(imports: str, helpers: Sequence[str], tests: Sequence[str]) -> str:
    text, before = imports, "import"
    for piece in (*helpers, *tests):
        is_line = "\n" not in piece and not piece.startswith(("def ", "class ", "@", "async "))
        gap = "\n" if is_line and before == "line" else "\n\n" if is_line and before == "import" else "\n\n\n"
        text += gap + piece
        before = "line" if is_line else "block"
    return text + "\n"


def _header(module_name: str, candidates: Sequence[Candidate], provenance: Provenance) -> str:
    counts = Counter(candidate.oracle for candidate in candidates)
    origins = sorted({str(candidate.origin) for candidate in candidates})
    writer = provenance.label if provenance.label.partition(" ")[0] in origins else ""
    written = ", ".join([*(o for o in origins if not writer.startswith(o)), *([writer] if writer else [])])
    expectations = [
        f"# Oracle of {counts[o]} test{'s' * (counts[o] > 1)}: {text}." for o, text in ORACLES.items() if counts[o]
    ]
    return "\n".join(
        [
            f"# Tests of {module_name}, generated by pytest-llmgen {provenance.version} ({written}).",
            *expectations,
            "# Unreviewed until a person says yes: look at a test, then put reviewed=yes above it.",
            f"# Written again by: pytest --llm-generate --llm-target={provenance.source}",
            "# After any other change this file is yours: new tests then go into a file beside it.",
            f"# llmgen: format={FORMAT} source={provenance.source} checksum=",
        ]
    )
