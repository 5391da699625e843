"""What a module keeps between calls: a test begins with a known value, shows what became of it and puts it back."""

import ast
import sys
import textwrap
import types

import pytest
from test_generate_offline_generator import InProcessProber, candidates_of, file_of, module_of
from test_generate_offline_outside import plan_for

from pytest_llmgen.generate.offline.keeping import kept_by
from pytest_llmgen.generate.offline.regexes import samples
from pytest_llmgen.generate.offline.situations import without_needless_names
from pytest_llmgen.generate.offline.tables import Table, entries_for, holdings_of
from pytest_llmgen.generate.offline.terms import Term, alike, written_like

REGISTRY = """
_handlers = {}
_last = 0


def register(name, handler):
    if name in _handlers:
        raise KeyError(name)
    _handlers[name] = handler


def names():
    return sorted(_handlers)


def number():
    global _last
    _last += 1
    return _last
"""


OWN = """
class A:
    items = []

    def __init__(self):
        self.items = []

    def add(self, x):
        self.items.append(x)
"""


def kept_in(source: str) -> dict[str, str]:
    return {kept.name: kept.start for kept in kept_by(ast.parse(textwrap.dedent(source)))}


def test_what_functions_fill_or_bind_anew_is_kept_and_what_they_read_is_not() -> None:
    source = REGISTRY + "LIMITS = [1, 2]\n\n\ndef most():\n    return max(LIMITS)\n"
    assert kept_in(source) == {"_handlers": "{}", "_last": "0"}


@pytest.mark.parametrize(
    "source",
    [
        "seen = []\n\ndef f(x):\n    seen = []\n    seen.append(x)\n",  # its own
        "seen = []\n\ndef f(seen):\n    seen.append(1)\n",  # an argument
        "count = 0\n\ndef f():\n    count = 1\n    return count\n",  # not declared global
        "import threading\nlock = threading.Lock()\n\ndef f():\n    global lock\n    lock = None\n",  # can't be written
        OWN,
    ],
)
def test_names_that_belong_to_a_call_or_an_object_are_not_kept(source: str) -> None:
    assert kept_in(source) == {}


def test_attributes_of_a_class_are_kept_where_methods_change_them_for_all_objects() -> None:
    source = """
    from collections import defaultdict
    from itertools import count

    class Jobs:
        made = 0
        _all = {}
        ids = count(1)
        by_owner = defaultdict(list)

        def __init__(self, owner):
            Jobs.made += 1
            self.by_owner[owner].append(next(self.ids))

        @classmethod
        def of(cls, name):
            cls._all[name] = cls(name)
    """
    expected = {"Jobs.made": "0", "Jobs._all": "{}", "Jobs.ids": "count(1)", "Jobs.by_owner": "defaultdict(list)"}
    assert kept_in(source) == expected


def test_a_kept_name_is_called_so_that_nothing_of_the_module_is_hidden() -> None:
    source = "_cache = {}\n_ = []\n\ndef cache(x):\n    _cache[x] = 1\n    _.append(x)\n"
    assert [kept.variable for kept in kept_by(ast.parse(source))] == ["kept_cache", "kept"]


def test_an_object_of_the_module_is_kept_with_what_functions_change_of_it() -> None:
    source = """
    class Settings:
        def __init__(self, debug=False):
            self.debug = debug
            self.seen = []

        def note(self, name):
            self.seen.append(name)

    settings = Settings(debug=True)
    other = Settings()

    def quiet(name):
        settings.debug = False
        settings.note(name)
        return other.debug
    """
    (kept,) = kept_by(ast.parse(textwrap.dedent(source)))
    assert (kept.name, kept.start, kept.attributes) == ("settings", "Settings(debug=True)", ("debug", "seen"))
    usual, *_ = plan_for(source).pools[-1]
    assert usual.before == ("settings = Settings(debug=True)", "monkeypatch.setattr('zoo.settings', settings)")
    assert usual.watched == ("settings.debug", "settings.seen")


def test_a_test_says_what_became_of_the_module_and_leaves_it_as_it_was(monkeypatch: pytest.MonkeyPatch) -> None:
    module = module_of("zoo", REGISTRY)
    zoo = types.ModuleType("zoo")
    exec(REGISTRY, vars(zoo))
    monkeypatch.setitem(sys.modules, "zoo", zoo)
    tests = file_of(candidates_of(module))
    assert 'monkeypatch.setattr("zoo._handlers", handlers)' in tests
    assert "assert handlers == " in tests
    assert "raises(KeyError" in tests
    assert "assert zoo._last == " in tests
    for order in (1, -1):  # each begins with what it needs, whichever ran before
        space: dict[str, object] = {}
        exec(compile(tests, "tests", "exec"), space)
        for name in [name for name in space if name.startswith("test_")][::order]:
            function = space[name]
            assert callable(function)
            marks = {mark.name for mark in getattr(function, "pytestmark", [])}
            if "parametrize" not in marks:
                with pytest.MonkeyPatch.context() as patch:
                    function(*([patch] if "monkeypatch" in function.__code__.co_varnames[:1] else []))
    assert (vars(zoo)["_handlers"], vars(zoo)["_last"]) == ({}, 0)


def test_a_function_that_only_reads_what_import_has_filled_sees_that_first() -> None:
    usual, *others = plan_for(
        REGISTRY + "\nregister('a', 1)\n\n\ndef has(name):\n    return name in _handlers\n"
    ).pools[-1]
    assert usual.before == ()
    assert usual.fixtures == ()
    assert "handlers = {'hello': 3}" in [line for term in others for line in term.before]


def test_a_variable_that_the_code_sets_has_a_value_before_and_is_looked_at() -> None:
    source = """
    import os

    def set_mode(mode):
        os.environ["MODE"] = mode
    """
    usual, *_ = plan_for(source).pools[-1]
    assert usual.before == ("monkeypatch.setenv('MODE', 'before')",)
    assert usual.watched == ("os.environ.get('MODE')",)


def test_objects_do_not_come_from_what_leaves_them_behind() -> None:
    source = """
    class Book:
        _open = {}

        def __init__(self, name):
            self.name = name

        @classmethod
        def open(cls, name):
            return cls._open.setdefault(name, cls(name))

        def title(self):
            return self.name.title()
    """
    assert all("open(" not in term.source for term in plan_for(source).pools[0])


def test_a_stand_in_that_no_check_mentions_needs_no_name() -> None:
    lines = ["items = {}", "monkeypatch.setattr('zoo.items', items)"]
    assert without_needless_names(lines, ["add(1)"]) == ["monkeypatch.setattr('zoo.items', {})"]
    assert without_needless_names(lines, ["assert items == {}"]) == lines


RULES = """
import re

RULES = [(r"(quiz)$", "zes"), (r"^(ox)$", "en")]
SIZES = {"small": 1}


def irregular(word, end):
    RULES.insert(0, (f"^({word})$", end))


irregular("child", "ren")


def plural(word):
    for rule, end in RULES:
        if re.search(rule, word):
            return word + end
    return word + "s"


def size(name):
    return SIZES[name]
"""


def test_entries_of_a_table_are_those_that_it_has_when_imported() -> None:
    module = module_of("zoo", RULES)
    held = holdings_of(InProcessProber([module]), module)
    assert held.tables == (Table("RULES", ("^(child)$", "(quiz)$", "^(ox)$")),)


def test_a_table_of_patterns_gives_texts_that_they_match_and_others_their_entries() -> None:
    tables = (Table("RULES", ("^(child)$",)), Table("SIZES", ("small", 7)))
    nodes = ast.parse(textwrap.dedent(RULES)).body
    plural, size = nodes[-2:]
    assert [term.source for term in entries_for(tables, [plural])] == ["'child'"]
    assert [term.source for term in entries_for(tables, [size])] == ["'small'", "7"]


def test_each_entry_of_a_table_is_tried() -> None:
    tests = file_of(candidates_of(module_of("zoo", RULES)))
    assert "children" in tests
    assert "quizzes" in tests


def test_any_letter_is_one_of_a_word() -> None:
    assert samples("[^aeiou]y$")[0] == "by"


def test_several_arguments_do_not_become_one() -> None:
    assert written_like(Term("1, 2"), "(1, 3)") == "1, 3"
    assert written_like(Term("(1, 2)"), "(1, 3)") == "(1, 3)"
    assert alike(Term("(1, 2), 3"), ((1, 2), 4)).source == "(1, 2), 4"
