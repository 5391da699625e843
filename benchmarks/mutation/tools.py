"""The tools that are measured: how each is started, and what it says of each of its mutants, in one form."""

from __future__ import annotations

import ast
import json
import os
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

from edits import Edit, Scope, Text
from measuring import Cost, measure
from projects import Project, unpack

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
WORKERS = 2
STRIPPED = ("PYTEST_", "COV_CORE_", "COVERAGE_", "LLMGEN_", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE", "CI")
PYTEST = "pytest==9.2.0"
PACKAGES = {
    "mutmut": ("mutmut",),
    "gremlins": ("pytest-gremlins",),
    "ours": tuple(tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]),
}
MUTMUT = """
[tool.mutmut]
source_paths = ["{project.source}"]
only_mutate = ["{project.module}"]
pytest_add_cli_args_test_selection = {tests}
also_copy = {beside}
process_isolation = "{isolation}"
"""
MUTMUT_STATUS = {
    0: "Survived",
    1: "Killed",
    3: "Killed",
    5: "NoCoverage",
    33: "NoCoverage",
    34: "Ignored",
    36: "Timeout",
    24: "Timeout",
    -24: "Timeout",
    152: "Timeout",
    255: "Timeout",
    -11: "RuntimeError",
    -9: "RuntimeError",
}
GREMLINS_STATUS = {
    "zapped": "Killed",
    "survived": "Survived",
    "timeout": "Timeout",
    "error": "RuntimeError",
    "pardoned": "Ignored",
}


@dataclass(slots=True)
class Entry:
    """One mutant and what became of it, in the words of the report schema."""

    id: str
    edit: Edit
    status: str
    unit: str = ""
    operator: str = ""
    detail: str = ""
    killed_by: list[str] = field(default_factory=list)
    tests: list[str] = field(default_factory=list)  # that were chosen, in their order
    keys: tuple[str, str] = ("", "")  # by syntax tree, by bytecode


@dataclass(slots=True)
class Outcome:
    """What one tool said of one project, and what it cost."""

    tool: str
    version: str
    project: str
    cost: Cost
    entries: list[Entry] = field(default_factory=list)
    stages: dict[str, tuple[float, float]] = field(default_factory=dict)  # wall and CPU seconds
    test_seconds: dict[str, float] = field(default_factory=dict)  # of the clean run
    day: str = ""  # when it was run
    failure: str = ""  # why there is nothing

    def save(self, path: Path) -> None:
        """Keep it for a later comparison."""
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(asdict(self)))


def load(path: Path) -> Outcome:
    """What :meth:`Outcome.save` wrote."""
    data = json.loads(path.read_text())
    entries = [Entry(**{**e, "edit": Edit(**e["edit"]), "keys": tuple(e["keys"])}) for e in data.pop("entries")]
    return Outcome(**{**data, "cost": Cost(**data["cost"]), "entries": entries})


@dataclass(frozen=True, slots=True)
class Bench:
    """Where everything is kept."""

    cache: Path
    options: tuple[str, ...] = ()  # more arguments for ours
    sandbox: str = "portable"

    def run(self, tool: str, project: Project) -> Outcome:
        """Run one tool on a fresh copy of one project."""
        root = unpack(project, self.cache, self.cache / "work" / f"{project.name}-{tool}")
        runs: Mapping[str, Callable[[Project, Path], Outcome]] = {
            "clean": self._clean,
            "ours": partial(self._ours, operators="classic"),
            "all": partial(self._ours, operators="all"),
            "mutmut": self._mutmut,
            "gremlins": self._gremlins,
        }
        outcome = runs[tool](project, root)
        outcome.day = f"{datetime.now(UTC):%Y-%m-%d}"
        text = Text((root / project.module).read_text(encoding="utf-8"))
        for entry in outcome.entries:
            entry.keys = text.keys(entry.edit)
        return outcome

    # --- the tools ---

    def _clean(self, project: Project, root: Path) -> Outcome:
        notes = root.parent / "clean.json"
        python = self.python("ours", project)
        command = [python, str(HERE / "clean_main.py"), str(notes), "-q", "-p", "no:cacheprovider"]
        cost = self._measure("clean", [*command, *project.tests], root, self._environment(root, project))
        outcome = Outcome("clean", _version(python, "pytest"), project.name, cost)
        outcome.test_seconds = json.loads(notes.read_text())
        return outcome

    def _ours(self, project: Project, root: Path, *, operators: str) -> Outcome:
        notes, library = root.parent / "ours.json", root.parent / "library"
        shutil.copytree(ROOT / "pytest_llmgen", library / "pytest_llmgen")  # what is measured can't change meanwhile
        compiled = [self.python("ours", project), "-m", "compileall", "-q", str(library)]
        subprocess.run(compiled, check=True)  # as pip has done for the other tools
        program = [self.python("ours", project), str(HERE / "ours_main.py"), str(notes)]
        command = [*program, "-p", "pytest_llmgen.plugin", "--llm-check"]
        limits = [f"--llm-target={project.module}", f"--llm-sandbox={self.sandbox}", f"--llm-workers={WORKERS}"]
        environment = self._environment(root, project, library)
        mutants = ["-o", f"llm_operators={operators}"]
        arguments = [*command, *limits, *mutants, *self.options, "-q", *project.tests]
        cost = self._measure("ours", arguments, root, environment)
        outcome = Outcome("ours" if operators == "classic" else "all", _commit(), project.name, cost)
        if not notes.exists():
            outcome.failure = _tail(root.parent / "ours.log")
            return outcome
        told = json.loads(notes.read_text())
        outcome.stages = {name: tuple(both) for name, both in told["stages"].items()}
        outcome.failure = told["problem"] or ""
        outcome.entries = [_our_entry(each) for each in told["mutants"]]
        return outcome

    def _mutmut(self, project: Project, root: Path, isolation: str = "forkserver") -> Outcome:
        python = self.python("mutmut", project)
        outcome = Outcome("mutmut", _version(python, "mutmut"), project.name, Cost(0, 0, 0, 0))
        if project.not_for:
            outcome.failure = f"not run: {project.not_for}"
            return outcome
        with (root / "pyproject.toml").open("a") as stream:
            lists = {"tests": json.dumps(project.tests), "beside": json.dumps(project.beside)}
            stream.write(MUTMUT.format(project=project, isolation=isolation, **lists))
        command = [python, "-m", "mutmut", "run", "--max-children", str(WORKERS)]
        outcome.cost = self._measure("mutmut", command, root, self._environment(root, None))
        meta = root / "mutants" / f"{project.module}.meta"
        if outcome.cost.status or not meta.exists():
            outcome.failure = _tail(root.parent / "mutmut.log")
            return outcome
        codes = json.loads(meta.read_text())["exit_code_by_key"]
        original = Text((root / project.module).read_text(encoding="utf-8"))
        mutated = Text((root / "mutants" / project.module).read_text(encoding="utf-8"))
        outcome.entries = list(_mutmut_entries(codes, original, mutated))
        return outcome

    def _gremlins(self, project: Project, root: Path) -> Outcome:
        python = self.python("gremlins", project)
        options = [f"--gremlin-targets={project.module}", f"--gremlin-workers={WORKERS}", "--gremlin-batch"]
        for own in ("Coverage collection", "Module "):  # its own warnings, which these projects turn into errors
            options += ["-W", f"ignore:{own}"]
        command = [python, "-m", "pytest", "-q", "--gremlins", *options, "--gremlin-report=json", *project.tests]
        cost = self._measure("gremlins", command, root, self._environment(root, project))
        outcome = Outcome("gremlins", _version(python, "pytest-gremlins"), project.name, cost)
        report = root / "coverage" / "gremlins" / "gremlins.json"
        if not report.exists():
            outcome.failure = _tail(root.parent / "gremlins.log")
            return outcome
        told = subprocess.run(
            [python, str(HERE / "gremlin_edits.py"), project.module],
            cwd=root,
            capture_output=True,
            text=True,
            check=True,
        )
        text = Text((root / project.module).read_text(encoding="utf-8"))
        edits = json.loads(told.stdout)
        outcome.entries = [_gremlin_entry(each, edits, text) for each in json.loads(report.read_text())["results"]]
        return outcome

    # --- how ---

    def _measure(self, tool: str, command: list[str], root: Path, environment: Mapping[str, str]) -> Cost:
        return measure(command, root, environment, root.parent / f"{tool}.log")

    def _environment(self, root: Path, project: Project | None, *first: Path) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith(STRIPPED)}
        paths = [*map(str, first), *([str(root / project.import_root)] if project else [])]
        return kept | ({"PYTHONPATH": os.pathsep.join(paths)} if paths else {})

    def version(self, tool: str, project: Project) -> str:
        """What a run would be a run of; a commit with changes in it is never the same."""
        if tool in ("ours", "all"):
            commit = _commit()
            return "" if commit.endswith("-dirty") else commit
        package = {"clean": "pytest", "gremlins": "pytest-gremlins"}.get(tool, tool)
        return _version(self.python("ours" if tool == "clean" else tool, project), package)

    def python(self, tool: str, project: Project) -> str:
        """The interpreter of an environment with the newest version of a tool."""
        folder = self.cache / "venvs" / tool
        python = folder / "bin" / "python"
        wanted = [PYTEST, *PACKAGES[tool], *project.needs]
        stamp = folder / f"{project.name}.installed"
        if not stamp.exists() or stamp.read_text() != "\n".join(wanted):
            if not python.exists():
                subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
            subprocess.run([str(python), "-m", "pip", "install", "--quiet", "--upgrade", *wanted], check=True)
            stamp.write_text("\n".join(wanted))
        return str(python)


def _our_entry(told: Mapping[str, Any]) -> Entry:
    edit = Edit(told["start"], told["end"], told["replacement"])
    texts = (told["status"], told["unit"], told["operator"], told["detail"])
    return Entry(told["id"], edit, *texts, killed_by=told["killed_by"], tests=told["tests"])


def _mutmut_entries(codes: Mapping[str, int | None], original: Text, mutated: Text) -> Iterator[Entry]:
    """Each mutated copy of a function takes the place of the original."""
    copies = {name.rpartition(".")[2]: node for name, node in mutated.scopes}
    for key, code in codes.items():
        mangled = key.rpartition(".")[2]
        name, _, _ = mangled.rpartition("__mutmut_")
        owner, _, plain = name[2:].rpartition("ǁ")
        unit = f"{owner}.{plain}" if owner else plain
        like = _shape(copies[f"{name}__mutmut_orig"])
        target = next(each for at, each in original.scopes if at == unit and _shape(each) == like)
        start, end = original.span(target, decorators=False)
        first, last = mutated.span(copies[mangled], decorators=False)
        text = mutated.source[first:last].replace(mangled, plain, 1)
        status = MUTMUT_STATUS.get(code, "other") if code is not None else "Pending"
        yield Entry(key, Edit(start, end, text), status, unit)


def _shape(node: Scope) -> str:
    """A function without its name and decorators."""
    return ast.dump(node.args) + "".join(map(ast.dump, node.body))


def _gremlin_entry(told: Mapping[str, Any], edits: Mapping[str, Any], text: Text) -> Entry:
    (line, column, end_line, end_column), replacement = edits[told["gremlin_id"].rpartition("_g")[2]]
    edit = Edit(text.offset(line, column), text.offset(end_line, end_column), replacement)
    status = GREMLINS_STATUS.get(told["status"], "other")
    return Entry(told["gremlin_id"], edit, status, f"line {line}", told["operator"], told["description"])


def _version(python: str, package: str) -> str:
    code = f"from importlib.metadata import version; print(version({package!r}))"
    return subprocess.run([python, "-c", code], capture_output=True, text=True, check=True).stdout.strip()


def _commit() -> str:
    command = ["git", "-C", str(ROOT), "describe", "--always", "--dirty", "--exclude=*"]
    return subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-12:])
