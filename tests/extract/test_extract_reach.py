"""Which files may see what a module made when it was imported."""

import pytest

from pytest_llmgen.extract.reach import files_that_reach, started_by

TEXTS = {
    "src/shop/__init__.py": "from .cart import *\n",
    "src/shop/cart.py": "from . import prices\n",
    "src/shop/prices.py": "TAX = 2\n",
    "src/other.py": "import json\n",
    "tests/conftest.py": "import pytest\n",
    "tests/test_direct.py": "from shop.prices import TAX\n",
    "tests/test_package.py": "import shop\n",
    "tests/test_by_name.py": "import importlib\nimportlib.import_module('shop.prices')\n",
    "tests/test_inside.py": "def test():\n    from shop import cart\n",
    "tests/test_other.py": "import other\n",
    "tests/deep/conftest.py": "import shop\n",
    "tests/deep/test_by_conftest.py": "def test(): pass\n",
    "tests/test_broken.py": "def (\n",
}
REACHING = frozenset(files_that_reach("src/shop/prices.py", TEXTS))


@pytest.mark.parametrize(
    "path",
    [
        "tests/test_direct.py",
        "tests/test_package.py",
        "tests/test_by_name.py",
        "tests/test_inside.py",
        "tests/deep/test_by_conftest.py",
        "src/shop/__init__.py",
    ],
)
def test_a_file_that_imports_the_module_in_any_way_reaches_it(path):
    assert path in REACHING


@pytest.mark.parametrize("path", ["tests/test_other.py", "src/other.py", "tests/conftest.py"])
def test_a_file_that_does_not_is_left_out(path):
    assert path not in REACHING


def test_a_file_that_is_no_python_reaches_nothing():
    assert "tests/test_broken.py" not in REACHING


@pytest.mark.parametrize(
    ("value", "names"),
    [
        ("site.settings", {"site", "settings"}),
        ("shop.app:create", {"shop", "app", "create"}),
        ("tests", set()),
        ("--cov=shop.app", set()),
        ("/usr/lib.d", set()),
        ("3.11", set()),
    ],
)
def test_settings_name_what_is_imported_before_the_tests(value, names):
    assert started_by([value]) == names


def test_what_a_plugin_imports_is_reached_from_every_file_and_so_is_what_that_imports():
    assert files_that_reach("src/shop/prices.py", TEXTS, {"cart"}) == set(TEXTS)
    assert files_that_reach("src/other.py", TEXTS, {"cart"}) < set(TEXTS)
