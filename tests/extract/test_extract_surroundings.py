from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent

import pytest

from pytest_llmgen.extract.context import context_of_target, read_project
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.records import TargetContext

FILES = {
    "app/__init__.py": "",
    "app/errors.py": """
        class Refused(Exception):
            \"\"\"No.\"\"\"
        class Unused(Exception): ...
    """,
    "app/kinds.py": """
        import enum
        class Colour(enum.Enum):
            RED = 1
            BLUE = 2
    """,
    "app/ports.py": """
        from abc import ABC, abstractmethod
        from collections.abc import Callable
        from typing import Protocol
        class Clock(Protocol):
            def now(self) -> float: ...
        class Fixed:
            def now(self) -> float: return 1.0
        class Store(ABC):
            @abstractmethod
            def put(self, key): raise NotImplementedError
        class Memory(Store):
            def put(self, key): self.key = key
        class Reply:
            body: "Body"
        class Body:
            text: str
        Transport = Callable[[str], Reply]
    """,
    "app/service.py": """
        from app import errors
        from app.errors import Refused
        from app.kinds import Colour
        from app.ports import Clock, Store, Transport
        LIMIT = 3
        TABLE = {"a": 1}
        class Service:
            def __init__(self, transport: Transport, clock: Clock, store: Store):
                self.last: Colour | None = None
            def get(self, key: str) -> int:
                \"\"\"One value.

                Raises:
                    Refused: too long.
                \"\"\"
                if len(key) > LIMIT:
                    raise Refused(key)
                return TABLE[key] if self.last is Colour.RED else helper()
        def helper(): raise errors.Refused
    """,
}


def context(root: Path, key: str, files: Mapping[str, str] = FILES) -> TargetContext:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(dedent(text))
    modules = find_modules(
        root, targets=(), exclude=(), cov_source=(), configured_source=(), test_paths=("tests",), output_dir="t"
    )
    project = read_project(root, modules, ["tests"], versions=lambda _names: {})
    ((target, module),) = [(target, module) for module in modules for target in module.targets if target.key == key]
    return context_of_target(target, module, project)


def heads(texts: tuple[str, ...]) -> list[str]:
    return [text.partition("\n")[0].removeprefix("# ") for text in texts]


@pytest.fixture(scope="module")
def get(tmp_path_factory: pytest.TempPathFactory) -> TargetContext:
    return context(tmp_path_factory.mktemp("app"), "app/service.py::Service.get")


def test_a_methods_types_are_those_of_its_constructor_then_what_these_are_made_of_then_documented_errors(
    get: TargetContext,
) -> None:
    assert heads(get.types) == [
        "from app.ports import Transport",
        "from app.ports import Clock",
        "from app.ports import Store",
        "from app.kinds import Colour",
        "from app.ports import Reply",
        "from app.ports import Fixed",
        "from app.ports import Memory",
        "from app.errors import Refused",
    ]


def test_an_alias_is_shown_as_it_is_written(get: TargetContext) -> None:
    assert get.types[0] == "# from app.ports import Transport\nTransport = Callable[[str], Reply]"


def test_members_of_an_enum_are_shown(get: TargetContext) -> None:
    assert get.types[3].endswith("class Colour(enum.Enum):\n    RED = 1\n    BLUE = 2")


def test_what_the_body_names_is_shown_with_its_value_or_outline(get: TargetContext) -> None:
    assert heads(get.uses) == [
        "from app.service import LIMIT",
        "from app.errors import Refused",
        "from app.service import TABLE",
        "from app.kinds import Colour",
    ]
    assert get.uses[0].endswith("LIMIT = 3")


def test_an_exception_is_found_through_its_module(tmp_path: Path) -> None:
    assert heads(context(tmp_path, "app/service.py::helper").uses) == ["from app.errors import Refused"]


def test_types_that_name_each_other_end(tmp_path: Path) -> None:
    files = {
        "a.py": "class A:\n    b: 'B'\nclass B:\n    a: A\ndef f(a: A): return a\nX = list['X']\ndef g(x: X): ...\n"
    }
    files["a.py"] = files["a.py"].replace("def g(x: X): ...", "def g(x: X): return x")
    assert heads(context(tmp_path, "a.py::f", files).types) == ["from a import A", "from a import B"]
    assert heads(context(tmp_path, "a.py::g", files).types) == ["from a import X"]


def test_a_value_of_many_lines_is_cut(tmp_path: Path) -> None:
    long = f"T = [{', '.join(map(str, range(200)))}]\ndef f(): return T\n"
    (text,) = context(tmp_path, "a.py::f", {"a.py": long}).uses
    assert len(text) < 200
