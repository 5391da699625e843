"""Objects of classes whose constructor refuses most values, and defaults that only mark that nothing was given."""

from test_generate_offline_generator import InProcessProber, assignments_of, module_of

from pytest_llmgen.generate.offline.construction import is_choosy, maker_of
from pytest_llmgen.generate.offline.generator import OfflineGenerator
from pytest_llmgen.generate.offline.planning import plan_of
from pytest_llmgen.generate.offline.terms import from_source

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
