"""The whole embedded generator, with a prober that runs probes in this process."""

from __future__ import annotations

import ast
import asyncio  # noqa: F401 (its first import would take longer than the limit on lines allows)
import contextlib
import dataclasses
import io
import itertools
import os
import pathlib
import re
import subprocess
import sys
import textwrap
import types

import pytest

from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.merge import merge_candidates
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.records import (
    Assignment,
    Category,
    Heard,
    Hits,
    Meeting,
    Module,
    Mutant,
    Observation,
    OpenGaps,
    Oracle,
    Region,
    Stage,
    Survivor,
    Target,
    TargetContext,
    TargetKind,
)
from pytest_llmgen.run.listening import listening
from pytest_llmgen.run.probing import watched, watched_last
from pytest_llmgen.run.values import describe

GOLDENS = pathlib.Path(__file__).parent.parent / "goldens" / "offline"
LINE_LIMIT = 20_000


class EndlessError(BaseException):
    pass


class InProcessProber:
    """Runs probes here; the code under test must be harmless."""

    def __init__(self, modules):
        self.sources = {module.name: module for module in modules}
        self.codes = {name: compile(module.source, module.path, "exec") for name, module in self.sources.items()}
        self.hit = {}
        self.count = 0

    def probe(self, probes, timeout=2.0):
        return [self.observe(probe) for probe in probes]

    def challenge(self, probes, expected, challenges, raised, enough):
        def differs(mutant, place):
            seen = self.observe(dataclasses.replace(probes[place], mutant=mutant))
            return shown_text(seen, raised) != expected[place]

        return [
            Meeting(tuple(itertools.islice((p for p in item.places if differs(item.mutant, p)), enough)), True)
            for item in challenges
        ]

    def observe(self, probe):
        self.count += 1
        saved = {name: sys.modules.pop(name, None) for name in self.sources}
        try:
            for name in self.sources:
                if name in probe.setup:
                    sys.modules[name] = made = types.ModuleType(name)
                    exec(self.code_of(name, probe.mutant), made.__dict__)
            with listening() as listener:
                seen = self.run(probe)
            return dataclasses.replace(seen, heard=tuple(Heard(*told) for told in listener.heard))
        finally:
            for name, module in saved.items():
                sys.modules.pop(name, None)
                if module is not None:
                    sys.modules[name] = module

    def code_of(self, name, mutant):
        module = self.sources[name]
        if mutant is None or mutant.path != module.path:
            return self.codes[name]
        source = module.source[: mutant.start] + mutant.replacement + module.source[mutant.end :]
        return compile(source, module.path, "exec")

    def run(self, probe):
        space = {}
        try:
            return self.run_in(space, probe)
        finally:
            if isinstance(patch := space.get("monkeypatch"), pytest.MonkeyPatch):
                patch.undo()  # a child would end with it; here the clock would stand still for all tests to come

    def run_in(self, space, probe):
        arcs, output = Tracer(probe.path), io.StringIO()
        try:
            with contextlib.redirect_stdout(output), arcs.limited():
                exec(probe.setup, space)
        except (Exception, EndlessError) as error:  # noqa: BLE001 (code under test raises anything)
            return Observation(probe.id, "setup-failed", error_type=name_of(error), error_message=str(error))
        before = watched(probe.watch, space, probe.unseen)
        result, failure = None, None
        output.seek(0)
        output.truncate()
        arcs.reset()
        try:
            with contextlib.redirect_stdout(output), arcs.limited():
                space["result"] = result = eval(probe.expression, space)
        except EndlessError:
            return Observation(probe.id, "timeout")
        except (Exception, SystemExit) as error:  # noqa: BLE001 (code under test raises anything)
            failure = error
        after = watched(probe.watch, space, probe.unseen) if failure is None else {}
        changed = {name: value for name, value in after.items() if value != before.get(name)}
        changed |= watched_last(probe.afterwards, space, probe.unseen)
        changed = {name: value for name, value in changed.items() if name in (probe.asserted or changed)}
        hits = Hits(frozenset(arcs.lines), frozenset(arcs.arcs))
        self.hit.setdefault(probe.path, set()).update(arcs.lines)
        if failure is not None:
            return Observation(
                probe.id, "raised", None, name_of(failure), str(failure), output.getvalue(), changed, hits
            )
        return Observation(probe.id, "returned", describe(result), None, "", output.getvalue(), changed, hits)


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
    accessor = ".setter" if f"{node.name}.setter" in decorators else ""
    return Target(
        module.path,
        module.name,
        (f"{owner}.{node.name}" if owner else node.name) + accessor,
        kind,
        first,
        node.end_lineno,
        node.lineno,
        is_async=isinstance(node, ast.AsyncFunctionDef),
        is_generator=any(isinstance(item, ast.Yield | ast.YieldFrom) for item in ast.walk(node)),
        decorators=decorators,
        signature=f"{node.name}({ast.unparse(node.args)})",
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


SHOP = """
from __future__ import annotations

import enum
from dataclasses import dataclass
from decimal import Decimal


class Colour(enum.Enum):
    RED = 1
    BLUE = 2


class CartFullError(Exception):
    pass


@dataclass
class Item:
    name: str
    price: Decimal
    count: int = 1

    @property
    def total(self) -> Decimal:
        return self.price * self.count

    def restock(self, count: int) -> None:
        if count <= 0:
            raise ValueError(f"count must be positive: {count}")
        self.count += count


class Cart:
    def __init__(self, owner: str, limit: int = 3):
        self.owner = owner
        self.limit = limit
        self.items: list[Item] = []

    def add(self, item: Item) -> None:
        if len(self.items) >= self.limit:
            raise CartFullError("cart is full")
        self.items.append(item)

    def total(self) -> Decimal:
        return sum((item.total for item in self.items), Decimal("0"))

    def __len__(self):
        return len(self.items)

    def __contains__(self, name: str) -> bool:
        return any(item.name == name for item in self.items)

    @classmethod
    def empty(cls) -> Cart:
        return cls("nobody")

    @staticmethod
    def label(colour: Colour) -> str:
        return "hot" if colour is Colour.RED else "cold"


class Label:
    def __init__(self, text: str):
        self._text = text

    @property
    def text(self) -> str:
        return self._text

    @text.setter
    def text(self, text: str) -> None:
        if not text:
            raise ValueError("a label needs a text")
        self._text = text.strip()


class GiftCart(Cart):
    def wrap(self, paper: str) -> str:
        return f"{self.owner} gets {paper}"
"""

PLAIN = """
import os
import random
from contextlib import contextmanager
from pathlib import Path


def clamp(value: int, low: int, high: int) -> int:
    if low > high:
        raise ValueError("low must not be above high")
    if value < low:
        return low
    return high if value > high else value


def grade(points):
    if points >= 90:
        return "A"
    if points >= 70:
        return "B"
    return "F"


def describe(order):
    if order["state"] == "paid":
        return "thank you"
    return "waiting for " + str(order["amount"])


def shout(text, suffix="!"):
    print(text.upper() + suffix)


async def fetch(name: str) -> str:
    return name * 2


async def stream(count: int):
    for number in range(count):
        yield number


def count_up(start: int):
    while True:
        yield start
        start += 1


def evens(stop: int):
    for number in range(stop):
        if number % 2 == 0:
            yield number


def sort_in_place(items: list[int]) -> None:
    items.sort()


def third(size: float) -> float:
    return size / 3


def first_line(path: Path) -> str:
    return path.read_text(encoding="utf-8").splitlines()[0]


@contextmanager
def opened(name: str):
    yield name.title()


def number_of_file() -> int:
    with open(os.devnull) as stream:
        return stream.fileno()


def dice(sides: int) -> int:
    return random.SystemRandom().randrange(10**12)


def pairs(names: list[str]):
    return zip(names, names[1:])
"""

DOCUMENTED = """
def double(number: int) -> int:
    \"\"\"Twice the number.

    >>> double(2)
    4
    >>> double(5)
    11
    >>> double("x" * 3)
    'xxxxxx'
    \"\"\"
    return number * 2


def invert(number: int) -> float:
    \"\"\"One through the number, say invert(4) == 0.25.\"\"\"
    if number == 0:
        raise ZeroDivisionError("nothing to invert")
    return 1 / number
"""


def run_pytest(folder, modules, candidates):
    for module in modules:
        (folder / module.path).write_text(module.source, encoding="utf-8")
    (folder / "test_it.py").write_text(file_of(candidates), encoding="utf-8")
    plugins = ["-p", "no:cacheprovider"]
    command = [
        sys.executable,
        "-m",
        "pytest",
        "-q",
        "-W",
        "error",
        "--strict-markers",
        *plugins,
        "test_it.py",
    ]
    environment = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def targets_by_name(replies):
    return {reply.assignment.target.qualname: reply for reply in replies}


@pytest.fixture(scope="module")
def shop():
    return module_of("shop", SHOP)


@pytest.fixture(scope="module")
def plain():
    return module_of("plain", PLAIN)


@pytest.fixture(scope="module")
def prober(shop, plain):
    return InProcessProber([shop, plain])


@pytest.fixture(scope="module")
def replies(shop, plain, prober):
    generator = OfflineGenerator(prober, 1, clock=lambda: 0.0)
    return list(generator.generate(assignments_of(shop, plain)))


@pytest.fixture(scope="module")
def sources(replies):
    return {
        name: "\n".join(candidate.source for candidate in reply.candidates)
        for name, reply in targets_by_name(replies).items()
    }


def test_generated_tests_pass_under_pytest_alone_and_merged_too(tmp_path, replies, shop, plain):
    candidates = [candidate for reply in replies for candidate in reply.candidates]
    result = run_pytest(tmp_path, [shop, plain], candidates)
    assert result.returncode == 0, result.stdout
    merged = merge_candidates(candidates, [reply.assignment.target for reply in replies])
    result = run_pytest(tmp_path, [shop, plain], merged)
    assert result.returncode == 0, result.stdout
    assert len(merged) < len(candidates)


def test_generated_text_is_laid_out_as_the_formatter_would(tmp_path, replies):
    candidates = [candidate for reply in replies for candidate in reply.candidates]
    merged = merge_candidates(candidates, [reply.assignment.target for reply in replies])
    for name, chosen in {"single.py": candidates, "merged.py": merged}.items():
        path = tmp_path / name
        path.write_text(file_of(chosen), encoding="utf-8")
        command = [sys.executable, "-m", "ruff", "format", "--isolated", "--line-length", "100", "--diff", str(path)]
        result = subprocess.run(command, capture_output=True, text=True, check=False)
        assert result.returncode == 0, result.stdout


def test_every_line_of_the_targets_is_reached(replies, prober, shop, plain):
    assert replies
    for module in (shop, plain):
        lines = {node.lineno for target in ast.walk(ast.parse(module.source)) for node in body_of(target)}
        assert lines - prober.hit[module.path] == set()


def body_of(node):
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return []
    return [item for item in ast.walk(node) if isinstance(item, ast.stmt) and item is not node]


def test_generated_text_is_the_golden_one(replies):
    candidates = [candidate for reply in replies for candidate in reply.candidates]
    merged = merge_candidates(candidates, [reply.assignment.target for reply in replies])
    for name, chosen in {"single.txt": candidates, "merged.txt": merged}.items():
        path = GOLDENS / name
        if os.environ.get("LLMGEN_REFRESH_GOLDENS") == "1":
            path.write_text(file_of(chosen), encoding="utf-8")
        assert file_of(chosen) == path.read_text(encoding="utf-8")


def test_two_runs_write_the_same_under_different_hash_seeds():
    program = (
        "import importlib.util, sys\n"
        f"spec = importlib.util.spec_from_file_location('helper', {__file__!r})\n"
        "helper = importlib.util.module_from_spec(spec)\n"
        "sys.modules['helper'] = helper\n"
        "spec.loader.exec_module(helper)\n"
        "print(helper.file_of(helper.candidates_of(helper.module_of('plain', helper.PLAIN))))\n"
    )
    texts = [
        subprocess.run(
            [sys.executable, "-c", program],
            env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)},
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    ]
    assert "def test_clamp" in texts[0]
    assert texts[0] == texts[1]


def test_every_candidate_says_its_category_and_that_it_records_behaviour(replies):
    for reply in replies:
        for candidate in reply.candidates:
            assert candidate.summary.startswith(f"{candidate.category.value.capitalize()}: ")
            assert candidate.summary.endswith("as the code is today.")
            assert candidate.oracle is Oracle.OBSERVED


def test_no_two_candidates_have_the_same_name(replies):
    names = [candidate.name for reply in replies for candidate in reply.candidates]
    assert len(names) == len(set(names))


def test_all_three_categories_are_found_where_there_are_failures(replies):
    found = {candidate.category for candidate in targets_by_name(replies)["clamp"].candidates}
    assert found == {Category.TYPICAL, Category.EDGE, Category.FAILURE}


def test_raised_errors_are_matched_with_their_whole_message(sources):
    assert 'pytest.raises(ValueError, match="^low must not be above high$")' in sources["clamp"]
    assert 'pytest.raises(CartFullError, match="^cart is full$")' in sources["Cart.add"]


def test_the_turning_points_of_comparisons_are_shown(sources):
    for points in (89, 90, 70):
        assert f"grade({points})" in sources["grade"]


def test_keys_that_the_body_asks_for_are_given(sources):
    assert "paid" in sources["describe"]
    assert "thank you" in sources["describe"]


def test_a_changed_argument_is_asserted(sources):
    assert "    sort_in_place(items)\n\n    assert items == [" in sources["sort_in_place"]


def test_output_is_asserted_through_capsys(sources):
    assert 'assert capsys.readouterr().out == "HELLO!\\n"' in sources["shout"]


def test_floats_are_compared_approximately(sources):
    assert "== pytest.approx(" in sources["third"]


def test_an_endless_generator_is_cut_and_a_finite_one_is_not(sources):
    assert "itertools.islice(count_up(" in sources["count_up"]
    assert "list(evens(" in sources["evens"]


def test_an_iterator_that_a_function_returns_is_listed(sources):
    assert "list(pairs([" in sources["pairs"]


def test_async_functions_and_generators_are_run(sources):
    assert 'asyncio.run(fetch("hello")) == "hellohello"' in sources["fetch"]
    assert "asyncio.run(collect(stream(" in sources["stream"]


def test_a_path_is_a_file_below_tmp_path(sources):
    assert "(tmp_path):" in sources["first_line"]
    assert 'assert first_line(data_file) == "first"' in sources["first_line"]


def test_a_context_manager_is_entered_with_a_with_statement(sources):
    assert '    with opened("hello") as value:\n        assert value == "Hello"\n' in sources["opened"]


def test_numbers_of_open_files_are_not_asserted(replies):
    reply = targets_by_name(replies)["number_of_file"]
    assert reply.candidates == ()
    assert reply.note == "nothing stable to assert was seen"


def test_random_results_are_not_asserted(replies):
    reply = targets_by_name(replies)["dice"]
    assert reply.candidates == ()
    assert reply.note == "nothing stable to assert was seen"


def test_objects_are_brought_into_a_state(sources):
    assert "cart.add(Item(" in sources["Cart.total"]
    assert "assert cart.items == [" in sources["Cart.add"]


def test_an_inherited_constructor_is_used(sources):
    assert 'gift_cart = GiftCart("Ann")' in sources["GiftCart.wrap"]


def test_a_property_is_set_by_an_assignment(sources):
    assert "    label.text = " in sources["Label.text.setter"]
    assert "    assert label.text == " in sources["Label.text"]
    assert (
        '    with pytest.raises(ValueError, match="^a label needs a text$"):\n        label.text = ""'
        in (sources["Label.text.setter"])
    )


def test_operators_are_asserted_as_conditions(sources):
    assert re.search('assert "[A-Za-z]+" in cart\\n', sources["Cart.__contains__"])
    assert re.search('assert "[A-Za-z]+" not in cart\\n', sources["Cart.__contains__"])


def test_enum_members_and_static_methods_are_called_through_the_class(sources):
    assert 'Cart.label(Colour.RED) == "hot"' in sources["Cart.label"]


def test_doctests_are_expectations_even_where_the_code_disagrees(tmp_path):
    module = module_of("documented", DOCUMENTED)
    written = candidates_of(module)
    by_oracle = {candidate.name: candidate.oracle for candidate in written}
    assert by_oracle["test_double_as_documented_for_5"] is Oracle.DOCTEST
    assert by_oracle["test_invert_as_documented_for_4"] is Oracle.DOCUMENTATION
    result = run_pytest(tmp_path, [module], written)
    failed = [line for line in result.stdout.splitlines() if line.startswith("FAILED")]
    assert ["test_double_as_documented_for_5" in line for line in failed] == [True]


BROKEN = """
def total(numbers):
    "total([1, 2]) returns 3  # of one and two"
    return sum(values)


def first(items):
    "first(['a', 'b']) => 'a'"
    return items.nothing


def last(items, default):
    "last([1]) is 1, and total(3) too"
    return items[-1]


def levels(n):
    "levels(1) = 3, and levels(n) = levels(n - 1) + 2"
    return [n, 3]
"""


def test_an_example_holds_where_the_code_breaks_down_but_not_where_it_is_a_formula_or_no_call_that_fits():
    written = candidates_of(module_of("broken", BROKEN))
    documented = [item.name for item in written if item.oracle is Oracle.DOCUMENTATION]
    assert documented == ["test_total_as_documented_for_1_2", "test_first_as_documented_for_a_b"]


def test_targets_without_tests_say_why():
    module = module_of(
        "hard",
        """
        import socket
        from abc import ABC, abstractmethod

        class Store(ABC):
            @abstractmethod
            def load(self, key: str) -> str: ...

            def both(self, key: str) -> str:
                return self.load(key) * 2

        class Service:
            def __init__(self, connection: socket.socket):
                self.connection = connection

            def ask(self, text: str) -> str:
                return text

        def hang(text: str) -> str:
            while True:
                pass

        def recurse(text: str) -> str:
            return recurse(text)
        """,
    )
    notes = {name: reply.note for name, reply in targets_by_name(replies_to(module)).items()}
    assert notes["Store.both"] == "Store is abstract or its constructor is not known"
    assert notes["Service.ask"] == "the constructor of Service needs connection"
    assert notes["hang"] == "every call ran into the time limit"
    assert notes["recurse"] == "nothing stable to assert was seen"


def test_a_module_that_cannot_be_read_has_a_note():
    target = Target("broken.py", "broken", "f", TargetKind.FUNCTION, 1, 2, 1)
    assignment = Assignment(
        target, Module("broken.py", "broken", ".", "def f(:"), TargetContext("from broken import f")
    )
    (reply,) = OfflineGenerator(InProcessProber([]), 1).generate([assignment])
    assert reply.note.startswith("its module cannot be read: ")


def mutant_of(module, before, after, unit):
    start = module.source.index(before)
    line = module.source[:start].count("\n") + 1
    region = Region(line, 1, line, 2)
    return Mutant(
        "m1", module.path, unit, unit, "op", start, start + len(before), before, after, after, region, line=line
    )


@pytest.mark.parametrize(
    ("before", "after", "unit", "shown"),
    [
        ("value < low", "value <= low", "clamp", None),
        ("points >= 70", "points > 70", "grade", "grade(70)"),
        ("low > high", "low >= high", "clamp", "clamp("),
        ("points >= 90", "points >= 91", "grade", "grade(90)"),
    ],
)
def test_a_gaps_round_finds_the_input_that_kills_a_survivor(plain, before, after, unit, shown):
    survivor = Survivor(mutant_of(plain, before, after, unit), "")
    assignments = assignments_of(plain, stage=Stage.GAPS, round=2, gaps=OpenGaps(survivors=(survivor,)))
    (chosen,) = [item for item in assignments if item.target.qualname == unit]
    (reply,) = OfflineGenerator(InProcessProber([plain]), 1, clock=lambda: 0.0).generate([chosen])
    if shown is None:  # an equivalent mutant
        assert reply.candidates == ()
        assert reply.note == "no input was found that closes an open gap"
    else:
        assert len(reply.candidates) == 1
        assert shown in reply.candidates[0].source


def test_a_gaps_round_never_repeats_a_kept_test(plain):
    line = plain.source[: plain.source.index('return "B"')].count("\n") + 1
    gaps = OpenGaps(lines=(line,))
    assignments = assignments_of(plain, stage=Stage.GAPS, round=2, gaps=gaps)
    (chosen,) = [item for item in assignments if item.target.qualname == "grade"]
    generator = OfflineGenerator(InProcessProber([plain]), 1, clock=lambda: 0.0)
    (first,) = generator.generate([chosen])
    assert '== "B"' in first.candidates[0].source
    (second,) = generator.generate([dataclasses.replace(chosen, kept=first.candidates)])
    assert second.candidates == ()


def test_the_search_ends_when_its_time_is_spent(plain):
    prober = InProcessProber([plain])
    ticks = iter(range(10_000))
    generator = OfflineGenerator(prober, 1, clock=lambda: next(ticks))
    list(generator.generate(assignments_of(plain, seconds=1.0)[:1]))
    limited = prober.count
    list(OfflineGenerator(prober, 1, clock=lambda: 0.0).generate(assignments_of(plain, seconds=1.0)[:1]))
    assert limited < prober.count - limited


def only(source, **changes):
    """The text of all tests for a module."""
    return file_of(candidates_of(module_of("zoo", source), **changes))


def test_a_method_that_is_a_context_manager_is_entered_and_left_by_an_error():
    text = only("""
        from contextlib import contextmanager

        class Draft:
            def __init__(self):
                self.depth = 0
                self.is_broken = False

            @contextmanager
            def nested(self):
                self.depth += 1
                try:
                    yield self
                except LookupError:
                    self.is_broken = True
                    raise
                finally:
                    self.depth += 10
    """)
    assert "with draft.nested() as result:\n        pass\n\n    assert draft.depth == 11" in text
    assert "assert result is draft" in text
    assert 'pytest.raises(LookupError, match="^boom$"), draft.nested():\n        raise LookupError("boom")' in text


def test_options_that_the_body_reads_from_its_keywords_are_given():
    text = only("""
        def joined(*parts, **options):
            mark = options.get("mark", "-")
            return mark.join(str(part) for part in parts)
    """)
    assert re.search(r"joined\(.*mark=\"", text)


def test_values_come_from_the_functions_that_a_function_calls():
    text = only("""
        LIMIT = "stop here"

        def _inner(text):
            return 1 if text == LIMIT else 2

        def outer(text):
            return _inner(text)
    """)
    assert 'outer("stop here") == 1' in text or '("stop here", 1' in text


def test_an_enum_member_is_compared_with_others():
    text = only("""
        import enum

        class Size(enum.Enum):
            SMALL = 1
            LARGE = 2

            def __lt__(self, other):
                if self.__class__ is other.__class__:
                    return self.value < other.value
                return NotImplemented
    """)
    assert re.search(r"size < Size\.[A-Z]+", text)


def test_durations_are_made_of_the_numbers_that_the_code_compares():
    text = only("""
        import datetime as dt

        def told(delta: dt.timedelta) -> str:
            return "long" if delta.total_seconds() >= 5400 else "short"
    """)
    assert "timedelta(seconds=5400)" in text


def test_an_iterable_that_is_read_once_is_given_as_an_iterator():
    text = only("""
        from collections.abc import Iterable

        def is_lazy(items: Iterable[int]) -> bool:
            return iter(items) is items
    """)
    assert "iter([" in text


def test_the_name_of_a_parameter_chooses_its_value():
    assert '("Ann", ' in only("def f(owner: str, separator: str) -> str:\n    return owner + separator\n")


PAY = """
    from __future__ import annotations
    from typing import Protocol

    class Gateway(Protocol):
        def charge(self, amount: int) -> bool: ...

    class Till:
        def __init__(self, gateway: Gateway):
            self.gateway = gateway

        def pay(self, amount: int) -> str:
            return "paid" if self.gateway.charge(amount) else "refused"
"""


def test_a_collaborator_that_cannot_be_built_is_replaced_by_a_fake():
    text = only(PAY)
    assert "gateway = Mock(spec=Gateway, charge=Mock(return_value=True))" in text
    assert "gateway = Mock(spec=Gateway, charge=Mock(return_value=False))" in text
    assert "till = Till(gateway)" in text


PROMISES = """
    def root(n: int) -> float:
        \'\'\'The root.

        Raises:
            ValueError: if n is negative.
        \'\'\'
        return abs(n) ** 0.5

    def label(n: int) -> str:
        return n

    def first(words: list[str]) -> str:
        \'\'\'The first word.

        :raises LookupError: words is empty
        \'\'\'
        return words[0]

    def share(part: int, total: int) -> float:
        \'\'\'A share.

        Raises
        ------
        ValueError
            total is zero
        \'\'\'
        if total == 0:
            raise ValueError("nothing to share")
        return part / total

    def found(text: str) -> str:
        for letter in text:
            if letter == "h":
                result = letter
        return result

    def loose(n: float, m: int) -> float:
        \'\'\'Loose.

        Raises:
            ValueError: if n and m are negative.
        \'\'\'
        return 1
"""


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("root", "    with pytest.raises(ValueError):\n        root(-1)"),
        ("label", "    assert isinstance(label("),
        ("first", "    with pytest.raises(LookupError):\n        first(words)"),
        ("share", "    with pytest.raises(ValueError):\n        share(3, 0)"),
        ("found", "    assert isinstance(found("),
        ("loose", ""),
    ],
)
def test_what_documentation_and_annotations_promise_is_tested(name, line):
    replies = {reply.assignment.target.name: reply for reply in replies_to(module_of("zoo", PROMISES))}
    told = [item.source for item in replies[name].candidates if item.oracle is Oracle.DOCUMENTATION]
    assert len(told) == (1 if line else 0)
    assert line in "".join(told)


def test_an_example_stands_without_what_only_other_examples_need():
    text = only("""
        def double(n: int) -> int:
            \'\'\'Twice as much.

            >>> n = 4
            >>> double(n)
            8
            >>> n = 5
            >>> double(n)
            10
            \'\'\'
            return 2 * n
    """)
    assert "    n = 5\n    assert double(n) == 10" in text
    assert text.count("    n = 4\n") == 1


@pytest.mark.parametrize(
    ("first", "base"),
    [
        ("from signing import Signer", "Signer"),
        ("import signing", "signing.Signer"),
        ("from signing import Signer as S", "S[str]"),
    ],
)
def test_a_class_is_made_as_its_base_in_a_module_that_nothing_is_asked_of(first, base):
    generic = "    def __class_getitem__(cls, _): return cls\n"
    made = f"class Signer:\n{generic}    def __init__(self, key: str): self.key = key\n"
    sign = f"class Late({base}):\n    def sign(self, n: int) -> str:\n        return f'{{self.key}}.{{n}}'\n"
    signing, leaf = module_of("signing", made), module_of("late_signing", f"{first}\n\n{sign}")
    generator = OfflineGenerator(InProcessProber([signing, leaf]), seed=1, project=lambda: (signing, leaf))
    (reply,) = generator.generate(assignments_of(leaf))
    assert not reply.note
    assert reply.candidates
