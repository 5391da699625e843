"""Property tests: which claims are made, on which values they hold, and which of them earn a test."""

from __future__ import annotations

import ast
import dataclasses
import random
import re
import sys
import types

import pytest
from test_generate_offline_generator import InProcessProber, assignments_of, module_of, mutant_of, targets_of

from pytest_llmgen.generate.offline.claims import Examples, _replaced, claims, may_claim
from pytest_llmgen.generate.offline.domains import RUNGS, by_annotation, by_value, plural
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.partners import answers, undoes
from pytest_llmgen.generate.offline.planning import partners_for, plan_of
from pytest_llmgen.generate.offline.search import Limits, Search
from pytest_llmgen.records import Observation, Oracle, TargetContext

KINDS = ["int", "str", "float", "bool", "bytes", "list[int]", "dict[str, int]", "list[list[str]]", "Sequence[float]"]


@pytest.mark.parametrize("annotation", KINDS)
def test_a_domain_has_a_strategy_and_samples_of_its_kind(annotation):
    for rung in range(RUNGS):
        domain = by_annotation(ast.parse(annotation, mode="eval").body, rung)
        space = {}
        exec("\n".join(domain.imports), space)
        eval(domain.source, space).validate()
        assert type(domain.sample(random.Random(1))).__name__ == domain.kind


@pytest.mark.parametrize(
    ("value", "source"),
    [
        ([1, 2], "st.lists(st.integers(-1000, 1000), max_size=6)"),
        ({"a": True}, "st.dictionaries(st.text(string.printable, max_size=12), st.booleans(), max_size=6)"),
    ],
)
def test_without_annotation_the_usual_value_tells_the_domain(value, source):
    assert by_value(value, 0).source == source


@pytest.mark.parametrize("value", [None, [], {}, [1, "a"], object()])
def test_what_tells_no_domain_has_none(value):
    assert by_value(value, 0) is None


@pytest.mark.parametrize(
    ("name", "other", "expected"),
    [
        ("decode_shift", "encode_shift", True),
        ("encode_shift", "decode_shift", False),
        ("roman_to_int", "int_to_roman", True),
        ("from_hex", "to_hex", True),
        ("loads", "dumps", True),
        ("parsePrice", "formatPrice", True),
        ("b58decode", "b58encode", True),
        ("from_string", "__str__", True),
        ("update", "__str__", False),
        ("decode_shift", "encode_cyclic", False),
        ("total", "count", False),
    ],
)
def test_names_tell_what_undoes_what(name, other, expected):
    assert undoes(name, other) is expected


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        ("integer from 0 to 20", "integers from 0 to 20"),
        ("ASCII text", "ASCII texts"),
        ("list of ASCII texts", "lists of ASCII texts"),
        ("lower-case word", "lower-case words"),
        ("truth value", "truth values"),
    ],
)
def test_domains_are_told_in_words(said, expected):
    assert plural(said) == expected


def test_a_property_replaces_as_many_examples_as_are_needed_less_beside_it():
    gains = {0: frozenset({"a"}), 1: frozenset({"b"}), 2: frozenset({"c", "line"})}
    examples = Examples(gains, [], frozenset())
    assert _replaced(frozenset({"a", "b", "c"}), examples) == 2


CODEC = '''
def encode_shift(text: str) -> str:
    """Shift every letter by five."""
    return "".join(chr((ord(letter) - 92) % 26 + 97) for letter in text)


def decode_shift(text: str) -> str:
    """Take text encoded with encode_shift and give it back."""
    return "".join(chr((ord(letter) - 102) % 26 + 97) for letter in text)
'''


class PatientProber(InProcessProber):
    """Runs the test itself without counting the lines of hypothesis."""

    def observe(self, probe):
        if probe.id != "confirm":
            return super().observe(probe)
        saved = {name: sys.modules.pop(name, None) for name in self.sources}
        for name in self.sources:
            sys.modules[name] = made = types.ModuleType(name)
            exec(self.codes[name], made.__dict__)
        space = {"__name__": "confirming"}
        try:
            exec(probe.setup, space)
            eval(probe.expression, space)
            return Observation(probe.id, "returned")
        except AssertionError as error:
            return Observation(probe.id, "raised", error_type="builtins.AssertionError", error_message=str(error))
        finally:
            sys.modules.update({name: module for name, module in saved.items() if module is not None})


def claimed(source, name, before, after, *, is_open=True):
    """The property tests for a function with one mutant, and what the open mutants leave of them."""
    plain = module_of("codec", source)
    module = dataclasses.replace(plain, targets=tuple(targets_of(plain)))
    modules = {module.name: module}
    assignment = next(item for item in assignments_of(module) if item.target.name == name)
    mutant = mutant_of(module, before, after, name)
    plan = plan_of(assignment, modules)
    partners = partners_for(assignment, modules)
    examples = Examples({0: frozenset({mutant.id})}, [mutant], frozenset({mutant.id} if is_open else ()))
    prober = PatientProber([module])
    base = tuple(pool[0] for pool in plan.pools)
    finds = Search(prober, plan.callee, plan.pools, random.Random(1), Limits(lambda: 0.0, None)).run(plan.seeds)
    return claims(prober, assignment, plan.callee, base, finds.everything, examples, partners, set())


def test_a_round_trip_that_kills_what_no_example_kills_becomes_a_test():
    (candidate,) = claimed(CODEC, "decode_shift", "- 102", "- 103")
    assert candidate.oracle is Oracle.PROPERTY
    assert (
        candidate.source
        == """\
@given(text=st.text(string.ascii_lowercase, min_size=1, max_size=12))
@settings(FIXED)
def test_decode_shift_undoes_encode_shift(text):
    \"\"\"Typical: decode_shift gives back what encode_shift was given.

    For lower-case words, as the code is today.
    \"\"\"
    assert decode_shift(encode_shift(text)) == text
"""
    )
    assert candidate.helpers[0].startswith("FIXED = settings(\n    derandomize=True,")
    assert "from codec import encode_shift" in candidate.imports
    assert "import string" in candidate.imports


def test_a_property_that_kills_only_what_examples_kill_becomes_none():
    assert claimed(CODEC, "decode_shift", "- 102", "- 103", is_open=False) == []


def test_a_pair_that_hardly_ever_goes_back_and_forth_is_suspected():
    (candidate,) = claimed(CODEC.replace("- 102", "- 101"), "decode_shift", "- 101", "- 103")
    assert candidate.oracle is Oracle.PROPERTY
    assert "as their names say" in candidate.summary
    assert candidate.source.endswith("    assert decode_shift(encode_shift(text)) == text\n")
    assert "hypothesis" not in "".join(candidate.imports)


@pytest.mark.parametrize(
    ("setting", "has_hypothesis", "expected"),
    [("auto", True, True), ("auto", False, False), ("on", False, True), ("off", True, False)],
)
def test_property_tests_are_written_where_the_project_has_hypothesis_or_asks_for_them(
    setting, has_hypothesis, expected
):
    assert may_claim(setting, TargetContext("import codec", has_hypothesis=has_hypothesis)) is expected


PAIR = """
def format_rows(items: list[int]) -> str:
    return ",".join(str(item) for item in sorted(set(items)))


def parse_rows(text: str) -> list[int]:
    return [int(part) for part in text.split(",") if part]
"""


def test_a_pair_that_goes_back_and_forth_for_some_values_is_not():
    assert claimed(PAIR, "parse_rows", "int(part)", "part") == []


ORDER = """
def merged(items: list[int]) -> list[int]:
    return [each for each in sorted(items) if each > -30]


def rare(number: int) -> int:
    return -1 if number == 17 else abs(number)
"""


def test_a_property_of_lists_is_claimed_for_any_items_and_order():
    (candidate,) = claimed(ORDER, "merged", "sorted(items)", "items")
    assert "def test_merged_does_not_depend_on_order(items):" in candidate.source
    assert "    assert merged(sorted(items)) == merged(items)\n" in candidate.source


def test_a_claim_that_a_sample_breaks_is_not_made():
    assert all("never_negative" not in each.name for each in claimed(ORDER, "rare", "abs(number)", "-abs(number)"))


PAIRS = """
from dataclasses import dataclass


@dataclass(frozen=True)
class Size:
    width: int
    height: int

    @classmethod
    def parse(cls, text: str) -> "Size":
        width, height = text.split("x")
        return cls(int(width), int(height))

    def __str__(self) -> str:
        return f"{self.width}x{self.height}"


class Cipher:
    def __init__(self, shift: int = 3):
        self.shift = shift

    def encode(self, text: "str | bytes") -> bytes:
        data = text.encode() if isinstance(text, str) else text
        return bytes((byte + self.shift) % 256 for byte in data)

    def decode(self, data: bytes) -> bytes:
        return bytes((byte - self.shift) % 256 for byte in data)


def normalize_name(text: str) -> str:
    return " ".join(text.split()).lower()
"""


@pytest.mark.parametrize(
    ("name", "before", "after", "expected"),
    [
        ("parse", "int(width)", "int(height)", "    assert Size.parse(str(size)) == size"),
        ("decode", "byte - self.shift", "byte + self.shift", "    assert cipher.decode(cipher.encode(text)) == text"),
    ],
)
def test_what_names_promise_of_methods_becomes_a_test_that_stays(monkeypatch, name, before, after, expected):
    monkeypatch.setattr("pytest_llmgen.generate.offline.claims._SOME", 1)
    (candidate,) = claimed(PAIRS, name, before, after, is_open=False)
    assert expected in candidate.source
    assert candidate.shows == "property"


def test_objects_of_a_record_come_from_its_constructor():
    found = claimed(PAIRS, "parse", "int(width)", "int(height)")
    assert "@given(size=st.builds(Size, st.integers(-1000, 1000), st.integers(-1000, 1000)))" in found[0].source
    assert "For Size objects, as the code is today." in found[0].source


def test_of_several_types_the_one_is_taken_that_comes_back():
    (candidate,) = claimed(PAIRS, "decode", "byte - self.shift", "byte + self.shift")
    assert "@given(text=st.binary(max_size=12))" in candidate.source


def test_who_tidies_up_is_expected_to_change_nothing_the_second_time(monkeypatch):
    monkeypatch.setattr("pytest_llmgen.generate.offline.claims._SOME", 1)
    mutant = ("text.split()).lower()", "text.split()).swapcase()")
    (candidate,) = claimed(PAIRS, "normalize_name", *mutant, is_open=False)
    assert candidate.name == "test_normalize_name_changes_nothing_the_second_time"


def test_what_the_inverse_gives_is_a_value_for_the_target():
    plain = module_of("codec", PAIRS)
    module = dataclasses.replace(plain, targets=tuple(targets_of(plain)))
    assignment = next(item for item in assignments_of(module) if item.target.name == "parse")
    plan, partners = plan_of(assignment, {"codec": module}), partners_for(assignment, {"codec": module})
    found = answers(InProcessProber([module]), plan.callee, partners)
    assert found
    assert all(place == 0 and re.fullmatch(r"'-?[0-9]+x-?[0-9]+'", term.source) for place, term in found)


SIGNER = """
class Signer:
    def __init__(self, key: str = "k") -> None:
        self.key = key

    def get_signature(self, text: str) -> str:
        return f"{self.key}{len(text)}{text[::-1]}"

    def sign(self, text: str) -> str:
        return f"{text}.{self.get_signature(text)}"

    def verify(self, text: str, sig: str) -> bool:
        return sig == self.get_signature(text)

    def unsign(self, data: str) -> str:
        text, _, sig = data.rpartition(".")
        if not self.verify(text, sig):
            raise ValueError("does not match")
        return text

    def size(self, signed_text: str) -> int:
        return len(self.unsign(signed_text))
"""


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("verify", 'signer.verify("hello world", "k11dlrow olleh") is True'),
        ("unsign", 'signer.unsign("hello world.k11dlrow olleh") == "hello world"'),
        ("size", 'signer.size("hello world.k11dlrow olleh") == 11'),
    ],
)
def test_what_another_method_gives_is_taken_where_the_names_say_so(name, shown):
    plain = module_of("signer", SIGNER)
    module = dataclasses.replace(plain, targets=tuple(targets_of(plain)))
    assignment = next(item for item in assignments_of(module) if item.target.name == name)
    generator = OfflineGenerator(InProcessProber([module]), seed=1, clock=lambda: 0.0)
    (reply,) = generator.generate([assignment])
    assert any(shown in candidate.source for candidate in reply.candidates), [c.source for c in reply.candidates]


def test_objects_that_compare_by_identity_make_nobody_suspect_their_class():
    source = PAIRS.replace("@dataclass(frozen=True)\n", "@dataclass(frozen=True, eq=False)\n")
    assert claimed(source, "parse", "int(width)", "int(height)") == []
