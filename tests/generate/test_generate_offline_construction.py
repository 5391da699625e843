"""Objects of classes whose constructor refuses most values, and defaults that only mark that nothing was given."""

import random
from dataclasses import replace

from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.construction import is_choosy, maker_of, sound_bases
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.search import Limits, Search, probe_of
from pytest_llmgen.generate.offline.terms import MOVING_CLOCK, from_source
from pytest_llmgen.generate.offline.world import survey

SOURCE = """
_nothing = object()


class Route:
    def __init__(self, path):
        parts = path.split("/")
        if parts.pop(0) != "":
            raise ValueError("a route begins with /")
        self.parts = parts

    def find(self, doc, default=_nothing):
        for part in self.parts:
            if part in doc:
                doc = doc[part]
            elif default is _nothing:
                raise KeyError(part)
            else:
                return default
        return doc
"""
MODULE = module_of("routes", SOURCE)
FIND = next(each for each in assignments_of(MODULE) if each.target.qualname == "Route.find")


def test_objects_are_made_of_what_a_search_of_the_constructor_finds():
    (reply,) = OfflineGenerator(InProcessProber([MODULE]), 0).generate([FIND])
    text = "\n".join(each.source for each in reply.candidates)
    assert 'Route("/' in text or "Route('/" in text
    assert "KeyError" in text


def test_few_objects_that_come_into_being_are_a_reason_to_look_for_others():
    terms = [from_source(f"Route({text!r})") for text in ("hello", "a", "", "/a")]
    assert is_choosy(terms, terms[2:3])
    assert not is_choosy(terms, terms[:3])
    assert not is_choosy(terms[:1], terms[:1])


def test_the_constructor_of_a_class_is_a_target_also_where_only_a_method_is_asked_for():
    maker = maker_of(plan_of(FIND, {MODULE.name: MODULE}), MODULE)
    assert maker is not None
    assert (maker.qualname, maker.def_line) == ("Route.__init__", 5)


def test_a_mark_that_nothing_was_given_is_replaced_by_plain_values():
    plan = plan_of(FIND, {MODULE.name: MODULE})
    sources = [term.source for term in plan.pools[plan.callee.places.index("default")]]
    assert "None" in sources
    assert not any(source.startswith("lambda") for source in sources)


SHELF = module_of(
    "shelves",
    """
class Shelf:
    def __init__(self, size=2, **options):
        self.size = size
        self.colour = options.pop("colour", None)
        if options:
            raise TypeError("unexpected keyword arguments: " + ", ".join(options))

    def __hash__(self):
        return hash(self.size)

    def changed(self, **parts):
        return {"size": self.size, **parts}
""",
)


def texts_of(name):
    asked = next(each for each in assignments_of(SHELF) if each.target.qualname == name)
    (reply,) = OfflineGenerator(InProcessProber([SHELF]), 0).generate([asked])
    return "\n".join(each.source for each in reply.candidates), reply.note


def test_the_hash_of_an_object_is_that_of_one_made_in_the_same_way():
    text, _ = texts_of("Shelf.__hash__")
    assert "hash(shelf) == hash(Shelf(" in text


def test_an_option_that_nobody_knows_is_given_too():
    text, _ = texts_of("Shelf.__init__")
    assert "unexpected keyword arguments: unknown" in text


def test_a_method_may_take_nothing_but_options():
    text, note = texts_of("Shelf.changed")
    assert "shelf.changed(" in text, note


SPOOL = module_of(
    "spools",
    """
class Base:
    def __init__(self, size=5, dir=None):
        self._size = size


class Spool(Base):
    def __init__(self, *args, **kwargs):
        self._text, self._at, self.closed = b"", 0, False
        super().__init__(*args, **kwargs)

    def write(self, s):
        if not isinstance(s, bytes):
            raise TypeError("bytes expected")
        self._text += s
        self._at = len(self._text)

    def seek(self, pos):
        self._at = pos

    def readline(self):
        if self.closed:
            raise ValueError("it is closed")
        line = self._text[self._at :].split(b"\\n")[0]
        self._at += len(line) + 1
        return line

    @property
    def rest(self):
        return self.readline()

    @property
    def place(self):
        return self._at

    def close(self):
        self.closed = True


class Several:
    def __init__(self, *files):
        if not all(callable(getattr(each, "read", None)) for each in files):
            raise TypeError("these are no files")
        self._files = files

    def read(self):
        return [each.read() for each in self._files]
""",
)


def plan_for(name):
    asked = next(each for each in assignments_of(SPOOL) if each.target.qualname == name)
    return plan_of(asked, {SPOOL.name: SPOOL})


def test_a_file_is_written_wound_back_and_closed_before_it_is_read():
    objects = [(term.source, term.steps) for term in plan_for("Spool.readline").pools[0]]
    assert ("Spool()", (".write(b'first\\nsecond\\n')", ".seek(0)")) in objects
    assert ("Spool()", (".close()",)) in objects


def test_a_constructor_that_hands_on_what_it_is_given_takes_what_its_base_takes():
    sources = [term.source for term in plan_for("Spool.readline").pools[0]]
    assert "Spool(10)" in sources
    assert not any("dir=" in source for source in sources)


def test_what_is_asked_for_by_name_tells_what_an_argument_is():
    sources = [term.source for term in plan_for("Several.read").pools[0]]
    assert sources[0] == "Several(io.StringIO('first\\nsecond\\n'), io.StringIO('third'))"
    assert "Several(io.BytesIO(b'abc'))" in sources


def test_a_property_that_changes_its_object_is_not_looked_at():
    plan, looks = plan_for("Spool.readline"), ("spool.rest", "spool.place")
    callee = replace(plan.callee, looks=looks, active=looks)
    search = Search(InProcessProber([SPOOL]), callee, plan.pools, random.Random(1), Limits(lambda: 0.0, None))
    assert search.run(()).unseen == ("spool.rest",)


STORE = module_of(
    "stores",
    """
import time


class Store:
    def __init__(self, life, timer=time.monotonic):
        self._life = life
        self._timer = timer
        self._kept = {}

    def put(self, key, item):
        until = self._life(item) + self._timer() + 0
        if not until > 0:
            raise ValueError("it is over")
        self._kept[key] = (item, until)

    def get(self, key):
        item, until = self._kept[key]
        if self._timer() > until:
            raise KeyError(key)
        return item
""",
)


def test_objects_that_bear_a_step_are_the_base_of_further_ones():
    terms = [from_source(text) for text in ("Store(1)", "Store(2)")]
    stepped = [replace(term, steps=(f".put({n})",)) for term in terms for n in range(3)]
    assert sound_bases([*terms, *stepped], [*terms, stepped[-1]]) == terms[1:]
    assert sound_bases([*terms, *stepped], [*terms, *stepped]) == []


def test_a_clock_that_is_handed_over_goes_on_and_nobody_looks_at_the_object_meanwhile():
    asked = next(each for each in assignments_of(STORE) if each.target.qualname == "Store.get")
    plan = plan_of(asked, {STORE.name: STORE})
    moving = next(term for term in plan.pools[0] if MOVING_CLOCK.source in term.source)
    row = (moving, *(pool[0] for pool in plan.pools[1:]))
    callee = replace(plan.callee, looks=("store.size",))
    assert probe_of(callee, row, "x")[0].watch == ()
    assert "store.size" in probe_of(callee, (plan.pools[0][0], *row[1:]), "x")[0].watch


def test_two_functions_are_given_together():
    asked = next(each for each in assignments_of(STORE) if each.target.qualname == "Store.get")
    sources = {term.source for term in plan_of(asked, {STORE.name: STORE}).pools[0]}
    assert "Store(lambda value: 1, timer=itertools.count(step=100).__next__)" in sources


def test_an_error_is_known_by_its_real_name():
    module = module_of("disks", 'def save(text):\n    raise IOError("the disk is full")\n')
    assert survey(module, {}).raised == {"OSError"}


DAYS = module_of(
    "days",
    """
from datetime import datetime


def day_of(value: datetime) -> str:
    if value.tzinfo is not None:
        return "zoned"
    return str(value.day)


def text_of(value: datetime) -> str:
    try:
        return str(value.day)
    except AttributeError:
        return str(value)
""",
)


def values_for(name):
    asked = next(each for each in assignments_of(DAYS) if each.target.qualname == name)
    return [term.source for term in plan_of(asked, {DAYS.name: DAYS}).pools[0]]


def test_a_moment_has_a_time_zone_where_the_code_asks_for_it():
    assert "datetime(2024, 1, 31, 12, 30, tzinfo=timezone.utc)" in values_for("day_of")
    assert not any("timezone" in source for source in values_for("text_of"))


def test_values_of_other_types_are_given_where_the_code_goes_on_with_them():
    assert "'hello'" in values_for("text_of")
    assert "'hello'" not in values_for("day_of")
