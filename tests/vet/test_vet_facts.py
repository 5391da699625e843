"""What is gathered about a project."""

import pytest

from pytest_llmgen.records import Module
from pytest_llmgen.vet.facts import gather


@pytest.fixture
def facts(tmp_path):
    files = {
        "src/shop/__init__.py": "",
        "src/shop/cart.py": "import coverage\nfrom .money import Money\n\ndef total(): ...\n",
        "src/shop/money.py": "from shop.cart import *\n",
        "src/shop/broken.py": "def (:",
        "src/shop/late.py": "def __getattr__(name): ...\n",
        "src/plain/tool.py": "try:\n    import json\nexcept ImportError as problem:\n    json = None\n",
        "src/fast.cpython-311.so": "",
        "src/.venv/lib.py": "",
        "notes/x.py": "",
    }
    for name, text in files.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    modules = [
        Module("src/shop/cart.py", "shop.cart", "src", files["src/shop/cart.py"]),
        Module("src/plain/tool.py", "plain.tool", "src", files["src/plain/tool.py"]),
    ]
    return gather(tmp_path, modules, fixtures=["cart"], tests=["import hypothesis", "not python("])


def test_modules_beside_those_in_scope_are_known_too(facts):
    assert set(facts.modules) == {
        "shop", "shop.cart", "shop.money", "shop.broken", "shop.late", "plain", "plain.tool", "fast",
    }  # fmt: skip
    assert facts.project == {"shop", "plain", "fast"}


def test_names_know_where_they_come_from(facts):
    assert facts.modules["shop.cart"].names == {"coverage": "coverage", "Money": "shop.money.Money", "total": ""}
    assert set(facts.modules["plain.tool"].names) == {"json", "problem"}


def test_modules_whose_names_cannot_be_read_may_have_any(facts):
    is_open = {name for name, module in facts.modules.items() if module.is_open}
    assert is_open == {"shop.money", "shop.broken", "shop.late", "fast"}


def test_what_the_project_and_its_tests_import_may_be_imported(facts):
    assert facts.dependencies >= {"coverage", "hypothesis"}
    assert "anthropic" not in facts.dependencies


def test_fixtures_are_pytests_and_the_projects(facts):
    assert facts.fixtures >= {"tmp_path", "monkeypatch", "cart"}
