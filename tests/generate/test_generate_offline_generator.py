"""The whole embedded generator, with a prober that runs probes in this process."""

from __future__ import annotations

import ast
import contextlib
import dataclasses
import datetime
import decimal
import enum
import io
import pathlib
import sys
import textwrap
import types

from pytest_llmgen.generate.offline import OfflineGenerator
from pytest_llmgen.records import (
    Assignment,
    Hits,
    Module,
    Observation,
    Target,
    TargetContext,
    TargetKind,
    Value,
)

GOLDENS = pathlib.Path(__file__).parent.parent / "goldens" / "offline"
LINE_LIMIT = 20_000


class EndlessError(BaseException):
    pass


class InProcessProber:
    """Runs probes here; the code under test must be harmless."""

    def __init__(self, modules):
        self.sources = {module.name: module for module in modules}
        self.hit = {}
        self.count = 0

    def probe(self, probes, timeout=2.0):
        return [self.observe(probe) for probe in probes]

    def observe(self, probe):
        self.count += 1
        saved = {name: sys.modules.pop(name, None) for name in self.sources}
        try:
            for name, module in self.sources.items():
                sys.modules[name] = made = types.ModuleType(name)
                exec(compile(module.source, module.path, "exec"), made.__dict__)
            return self.run(probe)
        finally:
            for name, module in saved.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module

    def run(self, probe):
        space, arcs, output = {}, Tracer(probe.path), io.StringIO()
        try:
            with contextlib.redirect_stdout(output), arcs.limited():
                exec(probe.setup, space)
        except (Exception, EndlessError) as error:
            return Observation(probe.id, "setup-failed", error_type=name_of(error), error_message=str(error))
        before = {name: show(space[name]) for name in probe.watch}
        result, failure = None, None
        output.seek(0)
        output.truncate()
        arcs.reset()
        try:
            with contextlib.redirect_stdout(output), arcs.limited():
                result = eval(probe.expression, space)
        except EndlessError:
            return Observation(probe.id, "timeout")
        except (Exception, SystemExit) as error:
            failure = error
        after = {name: show(space[name]) for name in probe.watch}
        changed = {name: value for name, value in after.items() if value != before[name]}
        hits = Hits(frozenset(arcs.lines), frozenset(arcs.arcs))
        self.hit.setdefault(probe.path, set()).update(arcs.lines)
        if failure is not None:
            return Observation(
                probe.id, "raised", None, name_of(failure), str(failure), output.getvalue(), changed, hits
            )
        return Observation(probe.id, "returned", show(result), None, "", output.getvalue(), changed, hits)


class Tracer:
    def __init__(self, path):
        self.path = path
        self.reset()

    def reset(self):
        self.lines, self.arcs, self.left, self.previous = set(), set(), LINE_LIMIT, {}

    @contextlib.contextmanager
    def limited(self):
        old = sys.gettrace()
        sys.settrace(self.trace)
        try:
            yield
        finally:
            sys.settrace(old)

    def trace(self, frame, event, argument):
        ours = frame.f_code.co_filename == self.path
        self.left -= 1
        if self.left < 0:
            raise EndlessError
        if ours and event == "line":
            self.lines.add(frame.f_lineno)
            self.arcs.add((self.previous.get(id(frame), -frame.f_code.co_firstlineno), frame.f_lineno))
            self.previous[id(frame)] = frame.f_lineno
        if ours and event == "return":
            self.arcs.add((self.previous.pop(id(frame), 0), -frame.f_code.co_firstlineno))
        return self.trace


def name_of(error):
    return f"{type(error).__module__}.{type(error).__qualname__}"


def show(value):
    kind = f"{type(value).__module__}.{type(value).__qualname__}"
    imports = set()
    try:
        source = source_of(value, imports)
    except (ValueError, RecursionError):
        source = None
        return Value(kind, source, text=str(getattr(value, "__dict__", "")))
    approximate = any(
        isinstance(node, ast.Constant) and type(node.value) is float for node in ast.walk(ast.parse(source))
    )
    return Value(kind, source, tuple(sorted(imports)), approximate, repr(value))


def source_of(value, imports):
    match value:
        case enum.Enum():
            imports.add(f"from {type(value).__module__} import {type(value).__name__}")
            return f"{type(value).__name__}.{value.name}"
        case None | bool() | int() | str() | bytes():
            return repr(value)
        case float():
            if value != value or value in (float("inf"), float("-inf")):
                raise ValueError
            return repr(value)
        case decimal.Decimal():
            imports.add("from decimal import Decimal")
            return repr(value)
        case datetime.date() | datetime.timedelta():
            imports.add("import datetime")
            return repr(value)
    if type(value) is list:
        return "[" + ", ".join(source_of(item, imports) for item in value) + "]"
    if type(value) is tuple:
        return "(" + "".join(source_of(item, imports) + ", " for item in value) + ")"
    if type(value) is set and value:
        return "{" + ", ".join(sorted(source_of(item, imports) for item in value)) + "}"
    if type(value) is dict:
        return "{" + ", ".join(f"{source_of(k, imports)}: {source_of(v, imports)}" for k, v in value.items()) + "}"
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        kind = type(value)
        imports.add(f"from {kind.__module__} import {kind.__name__}")
        fields = [f"{f.name}={source_of(getattr(value, f.name), imports)}" for f in dataclasses.fields(value) if f.init]
        return f"{kind.__name__}({', '.join(fields)})"
    raise ValueError(value)


def module_of(name, source):
    return Module(f"{name}.py", name, ".", textwrap.dedent(source).lstrip())


def targets_of(module):
    found = []

    def visit(node, owner):
        for item in node.body:
            if isinstance(item, ast.ClassDef):
                visit(item, item.name)
            elif isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef):
                found.append(target_of(module, item, owner))

    visit(ast.parse(module.source), "")
    return found


def target_of(module, node, owner):
    decorators = tuple(ast.unparse(item) for item in node.decorator_list)
    kinds = {
        "property": TargetKind.PROPERTY,
        "classmethod": TargetKind.CLASSMETHOD,
        "staticmethod": TargetKind.STATICMETHOD,
    }
    kind = next(
        (kinds[item] for item in decorators if item in kinds), TargetKind.METHOD if owner else TargetKind.FUNCTION
    )
    first = min([node.lineno, *(item.lineno for item in node.decorator_list)])
    return Target(
        module.path,
        module.name,
        f"{owner}.{node.name}" if owner else node.name,
        kind,
        first,
        node.end_lineno,
        node.lineno,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=any(isinstance(item, ast.Yield | ast.YieldFrom) for item in ast.walk(node)),
        decorators=decorators,
        docstring=ast.get_docstring(node, clean=False),
    )


def assignments_of(*modules, **changes):
    return [
        Assignment(
            target,
            module,
            TargetContext(f"from {module.name} import {target.qualname.partition('.')[0]}"),
            **changes,
        )
        for module in modules
        for target in targets_of(module)
    ]


def replies_to(*modules, seed=1):
    generator = OfflineGenerator(InProcessProber(modules), seed, clock=lambda: 0.0)
    return list(generator.generate(assignments_of(*modules)))


def candidates_of(*modules, seed=1):
    return [candidate for reply in replies_to(*modules, seed=seed) for candidate in reply.candidates]


def file_of(candidates):
    imports = sorted({line for candidate in candidates for line in candidate.imports})
    helpers = list(dict.fromkeys(item for candidate in candidates for item in candidate.helpers))
    parts = ["\n".join(imports), *helpers, *(candidate.source.rstrip() for candidate in candidates)]
    return "\n\n\n".join(parts) + "\n"
