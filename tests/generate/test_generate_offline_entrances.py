"""Private functions are reached by the public ones that call them."""

import dataclasses

from test_generate_offline_generator import InProcessProber, assignments_of, module_of, targets_of

from pytest_llmgen.extract.targets import parse_module
from pytest_llmgen.generate.offline.entrances import entrances
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.merge import merge_candidates
from pytest_llmgen.records import Candidate, Category, OpenGaps, Oracle, Origin

SOURCE = """
class Table:
    def __init__(self):
        self._rows = []

    def add(self, row):
        self.__check(row)
        self._rows.append(row)

    def __check(self, row):
        if row == "":
            raise ValueError("a row must not be empty")

    def _width(self):
        return max(map(self._length, self._rows), default=0)

    def _length(self, row):
        return len(str(row))

    def line(self):
        return self._width() * "-"


def _half(number):
    return number // 2


def quarter(number):
    return _half(_half(number))
"""


def module():
    made = module_of("tables", SOURCE)
    return dataclasses.replace(made, targets=tuple(targets_of(made)))


def found_for(name):
    made = module()
    target = next(each for each in made.targets if each.qualname == name)
    return [each.qualname for each in entrances(target, made)]


def test_the_public_callers_of_a_private_function_are_found_through_private_ones():
    assert found_for("Table._length") == ["Table.line"]
    assert found_for("Table.__check") == ["Table.add"]
    assert found_for("_half") == ["quarter"]
    assert found_for("quarter") == []


def test_what_cannot_be_called_by_name_is_tested_by_its_caller():
    made = module()
    assignment = next(each for each in assignments_of(made) if each.target.qualname == "Table.__check")
    open_lines = dataclasses.replace(assignment.gaps, lines=(10, 11))
    (reply,) = OfflineGenerator(InProcessProber([made]), 1, clock=lambda: 0.0).generate(
        [dataclasses.replace(assignment, gaps=open_lines)]
    )
    sources = "\n".join(candidate.source for candidate in reply.candidates)
    assert 'pytest.raises(ValueError, match="^a row must not be empty$")' in sources
    assert 'table.add("")' in sources
    assert {candidate.target for candidate in reply.candidates} == {assignment.target.key}


def test_that_a_private_function_gives_nothing_is_no_test_of_it():
    made = module_of(
        "notes", "def _check(text):\n    if not text:\n        raise ValueError('a note must not be empty')\n"
    )
    (reply,) = OfflineGenerator(InProcessProber([made]), 1, clock=lambda: 0.0).generate(assignments_of(made))
    assert ["raises_ValueError" in candidate.name for candidate in reply.candidates] == [True]


CALLED = """
class Scale:
    def __init__(self, by=1):
        self.by = by

    def __call__(self, amount):
        return amount * self.by
"""


def test_the_column_of_a_called_object_has_the_name_of_the_parameter():
    targets = targets_of(module_of("m", CALLED))
    body = 'def test_{0}():\n    """Typical: x."""\n    scale = Scale()\n    assert scale({0}) == {0}\n'
    known = (targets[1].key, "test_x", Category.TYPICAL, Origin.OFFLINE, Oracle.OBSERVED)
    candidates = [Candidate(f"m#{n}", *known, body.format(n), "Typical: x.") for n in (3, 5)]
    (table,) = merge_candidates(candidates, targets)
    assert '("amount", "expected")' in table.source


def test_what_is_registered_for_a_type_is_called_by_the_function_that_chooses():
    made = module_of(
        "zoo",
        """
        from functools import singledispatch

        @singledispatch
        def shown(value):
            return str(value)

        @shown.register
        def _(value: float):
            return f"{value:.2f}"

        @shown.register
        def _(value: list):
            return ", ".join(map(str, value))
        """,
    )
    whole = parse_module(made.path, made.name, made.import_root, made.source).targets
    registered = [each for each in whole if "register" in str(each.decorators)]
    (plain, *_) = assignments_of(made)
    wanted = [dataclasses.replace(plain, target=each, gaps=OpenGaps(lines=(each.end_line,))) for each in registered]
    replies = list(OfflineGenerator(InProcessProber([made]), 1, clock=lambda: 0.0).generate(wanted))
    calls = ["".join(each.source for each in reply.candidates) for reply in replies]
    assert "shown(1.5) == " in calls[0]
    assert "shown([" in calls[1]
    assert not any(" _(" in text for text in calls)
