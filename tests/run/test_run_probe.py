"""Probes observed by a real worker."""

import sys
from collections.abc import Iterator
from dataclasses import replace

import pytest

from pytest_llmgen.generate.offline.clock import later
from pytest_llmgen.generate.offline.showing import shown_text
from pytest_llmgen.records import Challenge, Hits, Meeting, Module, Mutant, Observation, Probe, Region
from pytest_llmgen.run.executor import Executor
from pytest_llmgen.settings import defaults

SHOP = """\
class Cart:
    def __init__(self):
        self.items = []

    def add(self, item):
        if not item:
            raise ValueError("nothing")
        self.items.append(item)
        print("added", item)
        return len(self.items)

async def fetch():
    return 0.1 + 0.2

import datetime

def hour():
    return datetime.datetime.now().hour

import dataclasses

@dataclasses.dataclass
class Size:
    width: int
    height: int = 1
"""
USE = "from shop import Cart\ncart = Cart()\nprint('set up')\nmine = [1]"
DENIED = Mutant(
    *("m", "shop.py", "Cart.add", "Cart.add", "negate", SHOP.index("not item"), SHOP.index("not item") + 8),
    *("not item", "item", "item", Region(6, 12, 6, 20)),
    line=6,
)
PROBES = (
    Probe("returned", USE, "cart.add('x')", ("cart.items", "mine", "unknown"), "shop.py"),
    Probe("raised", USE, "cart.add('')", ("cart.items",), "shop.py"),
    Probe("setup", "import nothing_like_this", "1"),
    Probe("syntax", "", "1 +"),
    Probe("async", "import asyncio\nfrom shop import fetch", "asyncio.run(fetch())", path="shop.py"),
    Probe("changed", "a = {}", "a.setdefault(1, 2)", ("a",)),
    Probe("hangs", "", "[0 for _ in iter(int, 1)]"),
    Probe("leaves", "import os", "os._exit(0)"),
    Probe("exits", "import sys", "sys.exit(4)"),
    Probe("pollutes", "import shop", "setattr(shop, 'Cart', None)", alone=True),
    Probe("after", "from shop import Cart", "Cart is None"),
    Probe("alone", "from shop import Cart", "Cart is None", alone=True),
    Probe("mutated", "from shop import Cart", "Cart().add('')", mutant=DENIED),
    Probe("mutated too", "from shop import Cart", "Cart().add('x')", mutant=DENIED),
    Probe("endless", "from shop import Cart", "list(iter(int, 1))", mutant=DENIED),
    Probe("behind the endless", "from shop import Cart", "Cart().add('')", mutant=DENIED),
    Probe("unchanged again", "from shop import Cart", "Cart().add('x')"),
    Probe("made", "from shop import Size", "Size(3)"),
    Probe("copied", "import dataclasses\nfrom shop import Size", "dataclasses.replace(Size(3), height=2)"),
    *later(Probe("", "from shop import hour", "hour()"), "hour"),
)


RAISED = frozenset({"ValueError"})
MET = (
    Probe("adds", "from shop import Cart\ncart = Cart()", "cart.add('x')", ("cart.items",)),
    Probe("denies", "from shop import Cart", "Cart().add('')"),
    Probe("adds again", "from shop import Cart", "Cart().add('y')"),
    Probe("tells", "from shop import Cart", "Cart().items"),
    Probe("never the same", "import os", "os.getpid()"),
)
ENDLESS = replace(DENIED, id="e", replacement="[0 for _ in iter(int, 1)]")
AT_IMPORT = replace(DENIED, id="i", needs_import=True)
CHALLENGES = (
    Challenge(None, (0, 1, 2, 3, 4)),
    Challenge(DENIED, (3, 0, 1, 2)),
    Challenge(ENDLESS, (3, 0, 1)),
    Challenge(AT_IMPORT, (0, 1)),
    Challenge(DENIED, (3,)),
)


@pytest.fixture(scope="module", autouse=True)
def _quick_start() -> Iterator[None]:
    """Workers without the installed plugins start in a third of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        yield


@pytest.fixture(scope="module")
def answers() -> list[Meeting]:
    return []


@pytest.fixture(scope="module")
def seen(
    _quick_start: None, tmp_path_factory: pytest.TempPathFactory, answers: list[Meeting]
) -> Iterator[dict[str, Observation]]:
    root = tmp_path_factory.mktemp("project")
    (root / "shop.py").write_text(SHOP)
    with Executor(
        root,
        defaults(root, workers=1),
        args=(),
        sys_path=[str(root), *sys.path],
        invocation_dir=root,
        modules=[Module("shop.py", "shop", ".", SHOP)],
    ) as runner:
        observations = runner.probe(PROBES, 1.0)
        assert [o.probe_id for o in observations] == [p.id for p in PROBES]
        met = runner.challenge(MET, [shown_text(o, RAISED) for o in runner.probe(MET)], CHALLENGES, RAISED, 2)
        answers.extend(met)
        yield {o.probe_id: o for o in observations}


@pytest.mark.parametrize(
    ("name", "outcome", "error_type"),
    [
        ("returned", "returned", None),
        ("raised", "raised", "builtins.ValueError"),
        ("setup", "setup-failed", "builtins.ModuleNotFoundError"),
        ("syntax", "setup-failed", "builtins.SyntaxError"),
        ("async", "returned", None),
        ("hangs", "timeout", None),
        ("leaves", "crashed", None),
        ("exits", "raised", "builtins.SystemExit"),
        ("mutated", "returned", None),
        ("mutated too", "raised", "builtins.ValueError"),
        ("endless", "timeout", None),
        ("behind the endless", "crashed", None),
        ("unchanged again", "returned", None),
    ],
)
def test_each_probe_has_its_outcome(
    seen: dict[str, Observation], name: str, outcome: str, error_type: str | None
) -> None:
    assert (seen[name].outcome, seen[name].error_type) == (outcome, error_type)


def test_a_probe_tells_value_output_lines_and_what_changed(seen: dict[str, Observation]) -> None:
    observation = seen["returned"]
    assert observation.value is not None
    assert observation.value.source == "1"
    assert observation.output == "added x\n"
    assert {name: value.source for name, value in observation.changed.items()} == {"cart.items": "['x']"}
    assert observation.hits == Hits(frozenset({6, 8, 9, 10}), frozenset({(6, 8)}))


def test_an_error_tells_its_message_and_branch(seen: dict[str, Observation]) -> None:
    assert seen["raised"].error_message == "nothing"
    assert seen["raised"].hits == Hits(frozenset({6, 7}), frozenset({(6, 7)}))
    assert not seen["raised"].changed


def test_a_float_that_no_one_would_write_is_approximate(seen: dict[str, Observation]) -> None:
    value = seen["async"].value
    assert value is not None
    assert (value.source, value.is_approximate) == ("0.30000000000000004", True)


def test_a_changed_argument_is_seen(seen: dict[str, Observation]) -> None:
    assert seen["changed"].changed["a"].source == "{1: 2}"


def test_an_object_that_a_call_makes_is_shown_by_its_parts_not_by_the_call(seen: dict[str, Observation]) -> None:
    made, copied = seen["made"], seen["copied"]
    assert made.value is not None
    assert made.value.source is None
    assert [(name, each.source) for name, each in made.changed.items()] == [
        ("result.width", "3"),
        ("result.height", "1"),
    ]
    assert copied.value is not None
    assert copied.value.source == "Size(width=3, height=2)"


@pytest.mark.parametrize(("name", "hour"), [("hour@0", "0"), ("hour@23", "23")])
def test_the_clock_of_a_worker_stands_where_it_is_asked_to(seen: dict[str, Observation], name: str, hour: str) -> None:
    value = seen[name].value
    assert value is not None
    assert value.source == hour


@pytest.mark.parametrize("name", ["after", "alone"])
def test_a_probe_alone_leaves_nothing_to_the_next(seen: dict[str, Observation], name: str) -> None:
    value = seen[name].value
    assert value is not None
    assert value.source == "False"


@pytest.mark.parametrize(
    ("number", "places"),
    [
        pytest.param(0, (4,), id="unchanged code differs only where a probe is never the same twice"),
        pytest.param(1, (0, 1), id="a mutant meets no more once enough have shown it"),
        pytest.param(2, (0,), id="a hang shows a mutant and is the last that it meets"),
        pytest.param(3, (), id="a mutant of what runs at import is left to others"),
        pytest.param(4, (), id="a probe that does not run the change shows nothing"),
    ],
)
@pytest.mark.usefixtures("seen")
def test_a_mutant_meets_probes_and_those_that_differ_are_named(
    answers: list[Meeting], number: int, places: tuple[int, ...]
) -> None:
    assert answers[number].differing == places
    assert answers[number].all_same == (number == 4)
