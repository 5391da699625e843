from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_llmgen.extract.context import Project, context_of_target, read_project
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.records import Fixture, Module, TargetContext

CART = '''
"""Carts of a shop.

More words.
"""

from __future__ import annotations

import json
import attrs
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from . import tax
from .money import Money, parse as parse_money
from shop import Voucher
if TYPE_CHECKING:
    from shop.kinds import Kind


class Base:
    def check(self, value):
        """Refuse what is negative."""
        return value


@dataclass
class Cart(Base):
    """Items and their prices."""

    LIMIT = 10
    currency: str
    items: list[Money] = field(default_factory=list)

    def __init__(self, currency: str = "EUR"):
        self.currency = currency

    def total(self, voucher: Voucher | None, kind: "Kind" = None) -> Money:
        """Sum of all items."""
        self.check(1)
        self._add()
        tax.rate(1)
        Cart.make()
        json.dumps({})
        return parse_money("1")

    def _add(self): return None

    @classmethod
    def make(cls) -> Cart: return cls()

    @property
    def size(self) -> int: return len(self.items)

    @size.setter
    def size(self, value): self.items = [None] * value


def checkout(cart: Cart):
    if cart.size:
        print("before")
        total = cart.total(None)
        print("after")
    return total


def other():
    return checkout(Cart())
'''
FILES = {
    "shop/__init__.py": "from .vouchers import Voucher\n",
    "shop/cart.py": CART,
    "shop/money.py": '''
class Money:
    """An amount."""
    amount: int
def parse(text: str) -> Money:
    """Read an amount.

    Long words.
    """
    return Money()
''',
    "shop/tax.py": "async def rate(x, *, y=1) -> float:\n    return 0.2\n",
    "shop/kinds.py": "import enum\nclass Kind(enum.Enum):\n    RED = 1\n    BLUE = 2\n",
    "shop/vouchers.py": "class Voucher:\n    code: str\n    def use(self): return 1\n",
    "shop/broken.py": "def f(:\n",
    "shop/secret.py": "from shop.cart import other\ndef key(): return other()\n",
    "tests/conftest.py": '''
import pytest
from collections.abc import Iterator
@pytest.fixture
def cart(): return 1
@pytest.fixture(scope="session", name="db")
def make_db() -> Iterator[Database]:
    """A database in memory.

    Emptied.
    """
    yield 1
@pytest.fixture(autouse=True)
def _quiet(): return None
def helper(): return 1
''',
    "tests/unit/conftest.py": "import pytest\n@pytest.fixture\ndef deep(): return 1\n",
    "conftest.py": "import pytest\n@pytest.fixture()\ndef cart() -> int:\n    '''Hidden.'''\n    return 1\n",
    "tests/test_cart.py": """
from shop.cart import Cart, checkout
def test_total_of_an_empty_cart():
    assert Cart().total(None) == 0
class TestCart:
    def test_make(self):
        assert Cart.make().total
def test_long_total():
    cart = Cart()
    assert cart.total(None) == 0
    assert cart.total(None) == 0
""",
    "tests/test_money.py": "def test_short(): assert 1\ndef test_longer_one():\n    assert 1 + 1\n",
    "tests/test_zzz.py": "def test_z(): assert 1\n",
    "tests/test_broken.py": "def test_(:\n",
    "tests/llmgen/test_llmgen_shop_cart.py": "def test_total_generated(): assert Cart().total\n",
    "tests/llmgen/conftest.py": "def x(): return 1\n",
}


def no_versions(names: Iterable[str]) -> Mapping[str, tuple[str, str]]:
    return {name: (f"{name}-dist", "1.2") for name in names}


def write(root: Path, files: Mapping[str, str]) -> Path:
    for path, text in files.items():
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return root


def modules_of(root: Path, *targets: str) -> tuple[Module, ...]:
    return find_modules(
        root,
        targets=targets,
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=("tests",),
        output_dir="tests/llmgen",
    )


def read(root: Path, *targets: str, **more: tuple[str, ...]) -> tuple[tuple[Module, ...], Project]:
    modules = modules_of(root, *targets)
    return modules, read_project(root, modules, ["tests"], versions=no_versions, **more)


def context(root: Path, name: str, *targets: str, **more: tuple[str, ...]) -> TargetContext:
    modules, project = read(root, *targets, **more)
    pairs = [(target, module) for module in modules for target in module.targets if target.key == name]
    ((target, module),) = pairs
    return context_of_target(target, module, project)


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return write(tmp_path, FILES)


def test_a_method_is_imported_by_its_class_and_knows_its_module(shop: Path) -> None:
    found = context(shop, "shop/cart.py::Cart.total")
    assert found.import_line == "from shop.cart import Cart"
    assert found.module_doc == "Carts of a shop."
    assert found.module_imports[3] == "from dataclasses import dataclass, field"
    assert "from .money import Money, parse as parse_money" in found.module_imports
    assert found.module_imports[-1] == "from shop.kinds import Kind"
    assert context(shop, "shop/cart.py::checkout").import_line == "from shop.cart import checkout"


def test_the_class_is_outlined_with_fields_constructor_and_signatures(shop: Path) -> None:
    assert context(shop, "shop/cart.py::Cart.size.setter").class_outline == dedent('''\
        @dataclass
        class Cart(Base):
            """Items and their prices."""
            LIMIT = 10
            currency: str
            items: list[Money] = field(default_factory=list)
            def __init__(self, currency: str='EUR'):
                self.currency = currency
            def total(self, voucher: Voucher | None, kind: 'Kind'=None) -> Money: ...
            def _add(self): ...
            @classmethod
            def make(cls) -> Cart: ...
            @property
            def size(self) -> int: ...
            @size.setter
            def size(self, value): ...''')
    assert context(shop, "shop/cart.py::other").class_outline == ""


def test_a_long_constructor_is_cut(tmp_path: Path) -> None:
    body = "".join(f"        self.x{n} = {n}\n" for n in range(50))
    write(tmp_path, {"a.py": f"class A:\n    def __init__(self):\n{body}    def m(self): return 1\n"})
    outline = context(tmp_path, "a.py::A.m").class_outline
    assert "self.x19 = 19\n        ...\n    def m(self): ..." in outline
    assert "x20" not in outline


def test_callees_are_found_through_imports_modules_classes_and_bases(shop: Path) -> None:
    assert context(shop, "shop/cart.py::Cart.total").callees == (
        "shop.cart.Base.check(self, value)  # Refuse what is negative.",
        "shop.cart.Cart._add(self)",
        "async shop.tax.rate(x, *, y=1) -> float",
        "shop.cart.Cart.make(cls) -> Cart",
        "shop.money.parse(text: str) -> Money  # Read an amount.",
    )
    assert context(shop, "shop/cart.py::other").callees == (
        "shop.cart.checkout(cart: Cart)",
        "class shop.cart.Cart(currency: str='EUR')  # Items and their prices.",
    )


def test_types_of_the_signature_are_shown_through_quotes_and_re_exports(shop: Path) -> None:
    assert context(shop, "shop/cart.py::Cart.total").types == (
        "# from shop.vouchers import Voucher\nclass Voucher:\n    code: str\n    def use(self): ...",
        "# from shop.kinds import Kind\nclass Kind(enum.Enum):\n    RED = 1\n    BLUE = 2",
        '# from shop.money import Money\nclass Money:\n    """An amount."""\n    amount: int',
    )


def test_callers_are_short_excerpts(shop: Path) -> None:
    assert context(shop, "shop/cart.py::Cart.total").callers == (
        '# shop/cart.py, checkout\nprint("before")\ntotal = cart.total(None)\nprint("after")',
    )
    assert [caller.split("\n")[0] for caller in context(shop, "shop/cart.py::other").callers] == [
        "# shop/secret.py, key"
    ]
    assert "if cart.size:" in context(shop, "shop/cart.py::Cart.size").callers[0]
    assert "checkout(Cart())" in "".join(context(shop, "shop/cart.py::Cart.__init__").callers)
    assert context(shop, "shop/vouchers.py::Voucher.use").callers == ()


def test_the_rest_of_the_project_is_known_when_one_function_is_the_target(shop: Path) -> None:
    found = context(shop, "shop/money.py::parse", "shop/money.py::parse")
    assert [caller.split("\n")[0] for caller in found.callers] == ["# shop/cart.py, Cart.total"]


def test_excluded_files_are_never_shown(shop: Path) -> None:
    found = context(shop, "shop/cart.py::other", "shop/cart.py", exclude=("secret.py", "tests/test_cart.py"))
    assert found.callers == ()
    assert not any("Cart" in example for example in found.examples)


def test_examples_are_short_tests_that_mention_the_name(shop: Path) -> None:
    first, second = context(shop, "shop/cart.py::Cart.total").examples
    assert first == "def test_total_of_an_empty_cart():\n    assert Cart().total(None) == 0"
    assert second.startswith("def test_long_total")
    assert context(shop, "shop/cart.py::Cart.make").examples == ("def test_make(self):\n    assert Cart.make().total",)
    assert "Cart()" in context(shop, "shop/cart.py::Cart.__init__").examples[0]


def test_without_a_mention_the_shortest_test_of_the_nearest_file_is_the_example(shop: Path) -> None:
    assert context(shop, "shop/money.py::parse").examples == ("def test_short(): assert 1",)


def test_fixtures_are_those_that_generated_tests_can_reach(shop: Path) -> None:
    found = context(shop, "shop/cart.py::other").fixtures
    assert tuple(replace(each, stand_in=()) for each in found) == (
        Fixture("cart", "function", "", "", "tests/conftest.py"),
        Fixture("db", "session", "A database in memory.", "Database", "tests/conftest.py"),
    )


def test_versions_are_those_of_what_the_module_imports_from_outside(shop: Path) -> None:
    assert context(shop, "shop/cart.py::other").versions == (("attrs-dist", "1.2"),)
    assert context(shop, "shop/tax.py::rate").versions == ()


def test_versions_of_this_environment_are_looked_up(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "import pytest, nowhere\ndef f(): return 1\n"})
    (module,) = modules_of(root)
    project = read_project(root, [module], [])
    assert context_of_target(module.targets[0], module, project).versions == (("pytest", pytest.__version__),)


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, None),
        ({"pytest.ini": "[pytest]\nasyncio_mode = auto\n"}, "asyncio"),
        ({"pytest.ini": "[pytest]\n# asyncio_mode = auto\n"}, None),
        ({"tests/test_a.py": "import pytest\n@pytest.mark.anyio\nasync def test_a(): assert 1\n"}, "anyio"),
        ({"tests/test_a.py": "pytestmark = pytest.mark.asyncio\n"}, "asyncio"),
    ],
)
def test_the_plugin_for_async_tests_is_the_one_that_the_project_uses(
    tmp_path: Path, files: dict[str, str], expected: str | None
) -> None:
    root = write(tmp_path, {"a.py": "async def f(): return 1\n", **files})
    assert context(root, "a.py::f").async_plugin == expected


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({}, False),
        ({"pyproject.toml": '[dependency-groups]\ntest = ["pytest", "hypothesis>=6"]\n'}, True),
        ({"pyproject.toml": '[tool.poetry.group.dev.dependencies]\nhypothesis = "^6.1"\n'}, True),
        ({"pyproject.toml": '[tool.pytest.ini_options]\naddopts = "-p no:hypothesispytest"\n'}, False),
        ({"pyproject.toml": 'dependencies = ["hypothesis-jsonschema"]\n'}, False),
        ({"requirements-dev.txt": "pytest\nhypothesis[numpy] ; python_version > '3'\n"}, True),
        ({"requirements/test.txt": "# hypothesis\npytest\n"}, False),
        ({"tests/test_a.py": "from hypothesis import given\n"}, True),
        ({"tests/test_llmgen_a.py": "from hypothesis import given\n\n\n@pytest.mark.llm_generated()\n"}, False),
    ],
)
def test_a_project_has_hypothesis_where_it_declares_or_imports_it(
    tmp_path: Path, files: dict[str, str], expected: bool
) -> None:
    root = write(tmp_path, {"a.py": "def f(): return 1\n", **files})
    assert context(root, "a.py::f").has_hypothesis is expected


def test_imports_in_circles_and_bases_in_circles_end(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "a.py": "from b import x\nclass A(A2):\n    def m(self): return self.n()\nclass A2(A): y = 1\n"
            "def f(v: x): return x()\n",
            "b.py": "from a import x\n",
        },
    )
    assert context(root, "a.py::f").callees == ()
    assert context(root, "a.py::A.m").callees == ()


def test_equal_dotted_names_are_kept_apart(tmp_path: Path) -> None:
    root = write(tmp_path, {"one/p/__init__.py": "", "two/p/__init__.py": ""})
    write(root, {"one/p/m.py": "'One.'\ndef f(): return 1\n", "two/p/m.py": "'Two.'\ndef f(): return 1\n"})
    assert context(root, "one/p/m.py::f").module_doc == "One."
    assert context(root, "two/p/m.py::f").module_doc == "Two."


def test_a_project_without_tests_has_a_context(tmp_path: Path) -> None:
    root = write(tmp_path, {"a.py": "def f(): return 1\n"})
    assert context(root, "a.py::f") == TargetContext(import_line="from a import f")


def test_a_redefined_function_and_a_function_in_a_class_in_a_class_are_imported_by_their_first_name(
    tmp_path: Path,
) -> None:
    root = write(
        tmp_path,
        {"a.py": "def f(): return 1\ndef f(): return 2\nclass O:\n    class I:\n        def m(self): return 1\n"},
    )
    assert context(root, "a.py::f#1").import_line == "from a import f"
    found = context(root, "a.py::O.I.m")
    assert found.import_line == "from a import O"
    assert found.class_outline.startswith("class I:")


def test_sources_named_as_test_paths_for_doctests_are_not_taken_for_tests(shop: Path) -> None:
    modules = modules_of(shop, "shop/money.py")
    project = read_project(shop, modules, ["shop", "tests"], versions=no_versions)
    assert {file.path.partition("/")[0] for file in project.tests} == {"tests"}
    assert "shop/cart.py" in {module.path for module in project.modules}


def test_types_are_found_through_their_module_and_broken_annotations_are_passed_over(tmp_path: Path) -> None:
    kinds = "class Kind:\n    class Deep:\n        x = 1\n    y: int\nclass Own:\n    def m(self, o: Own): return o\n"
    text = "import kinds\ndef f(a: kinds.Kind, b: 'not ( valid', c: kinds, *d: int) -> 'list[kinds.Kind]': return g()\n"
    root = write(tmp_path, {"kinds.py": kinds, "a.py": text})
    assert context(root, "a.py::f").types == ("# from kinds import Kind\nclass Kind:\n    class Deep: ...\n    y: int",)
    assert context(root, "kinds.py::Own.m").types == ()


def test_calls_of_modules_and_of_unknown_methods_are_no_callees(tmp_path: Path) -> None:
    text = "import b, b.c\ndef f(x): return b(), b.nothing(), b.g(), x.y.z(), x[0](), b.K.m(), b.K.gone()\n"
    root = write(tmp_path, {"a.py": text, "b.py": "def g(): return 1\nclass K:\n    def m(self): return 1\n"})
    assert context(root, "a.py::f").callees == ("b.g()",)


def test_what_is_nested_too_deeply_to_be_written_is_left_out(tmp_path: Path) -> None:
    deep = "+".join(["1"] * 600)
    root = write(
        tmp_path, {"a.py": f"def f(x={deep}): return 1\nclass A:\n    y = {deep}\n    def m(self): return 1\n"}
    )
    assert context(root, "a.py::A.m").class_outline == "class A:\n    ...\n    def m(self): ..."
    (module,) = modules_of(root)
    assert module.targets[0].signature == "f(...)"


def test_tests_of_unittest_are_examples_after_plain_ones(tmp_path: Path) -> None:
    cases = "class Checks(unittest.TestCase):\n    def test_a(self): f()\nclass Other:\n    def test_b(self): f()\n"
    plain = "def test_plain_and_longer():\n    assert f() == 1\n"
    root = write(tmp_path, {"a.py": "def f(): return 1\n", "test_a.py": cases, "test_b.py": plain})
    assert context(root, "a.py::f").examples == (plain.strip(), "def test_a(self): f()")


def test_the_conftest_nearest_to_the_generated_tests_wins(tmp_path: Path) -> None:
    fixture = "import pytest\n@pytest.fixture\ndef cart(): return 1\n"
    root = write(tmp_path, {"a.py": "x = 1\n", "conftest.py": fixture, "checks/conftest.py": fixture})
    project = read_project(root, modules_of(root), [], output_dir="./checks/llmgen", versions=no_versions)
    assert [each.path for each in project.fixtures] == ["checks/conftest.py"]
