from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pytest

from pytest_llmgen.errors import LlmgenError
from pytest_llmgen.extract.layout import dotted_name, is_excluded, is_test_path
from pytest_llmgen.extract.sources import find_modules
from pytest_llmgen.records import Module

CODE = "def f():\n    return 1\n"

TEST = "def test_f():\n    assert True\n"


def write(root: Path, *paths: str, text: str = "") -> Path:
    for path in paths:
        file = root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text or (TEST if is_test_path(path) else CODE))
    return root


def find(
    root: Path,
    *,
    targets: Sequence[str] = (),
    exclude: Sequence[str] = (),
    cov_source: Sequence[str] = (),
    configured_source: Sequence[str] = (),
    test_paths: Sequence[str] = (),
) -> tuple[Module, ...]:
    return find_modules(
        root,
        targets=targets,
        exclude=exclude,
        cov_source=cov_source,
        configured_source=configured_source,
        test_paths=test_paths,
        output_dir="tests/llmgen",
    )


def paths(modules: Sequence[Module]) -> list[str]:
    return [module.path for module in modules]


def places(modules: Sequence[Module]) -> dict[str, tuple[str, str]]:
    return {module.path: (module.name, module.import_root) for module in modules}


def error(root: Path, target: str, **changes: Sequence[str]) -> LlmgenError:
    with pytest.raises(LlmgenError) as caught:
        find(root, targets=[target], **changes)
    return caught.value


def test_a_flat_package_is_found_without_its_surroundings(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/cart.py", "shop/build/__init__.py", "shop/tests/__init__.py")
    write(tmp_path, "shop/tests/helper.py", "shop/test_inner.py", "shop/cart_test.py", "tests/test_a.py", "conftest.py")
    write(tmp_path, "setup.py", "noxfile.py", "docs/conf.py", "build/lib/shop/__init__.py", "dist/x.py", ".tox/a.py")
    write(tmp_path, "venvish/pyvenv.cfg", "venvish/lib/site.py", "node_modules/x/y.py", "shop/__pycache__/z.py")
    assert places(find(tmp_path)) == {
        "shop/__init__.py": ("shop", "."),
        "shop/build/__init__.py": ("shop.build", "."),
        "shop/cart.py": ("shop.cart", "."),
    }


def test_a_src_layout_is_found_with_namespace_packages(tmp_path: Path) -> None:
    write(tmp_path, "src/acme/shop/__init__.py", "src/acme/shop/cart.py", "src/acme/loose.py", "src/single.py")
    write(tmp_path, "tools/__init__.py", "script.py")
    assert places(find(tmp_path)) == {
        "src/acme/loose.py": ("acme.loose", "src"),
        "src/acme/shop/__init__.py": ("acme.shop", "src"),
        "src/acme/shop/cart.py": ("acme.shop.cart", "src"),
        "src/single.py": ("single", "src"),
    }


def test_single_modules_are_found(tmp_path: Path) -> None:
    write(tmp_path, "one.py", "two.py", "test.py", "test_one.py", "scripts/tool.py", "not-a-name.py")
    assert places(find(tmp_path)) == {"one.py": ("one", "."), "two.py": ("two", ".")}


def test_folders_without_init_count_where_there_is_nothing_else(tmp_path: Path) -> None:
    write(tmp_path, "app/main.py", "app/deep/part.py", "tests/test_main.py")
    assert places(find(tmp_path)) == {
        "app/deep/part.py": ("app.deep.part", "."),
        "app/main.py": ("app.main", "."),
    }


def test_a_folder_without_init_inside_of_a_package_counts(tmp_path: Path) -> None:
    write(tmp_path, "pkg/__init__.py", "pkg/inner/part.py", "loose/part.py")
    assert paths(find(tmp_path)) == ["pkg/__init__.py", "pkg/inner/part.py"]


def test_a_flat_namespace_package_is_known_by_how_the_project_imports_it(tmp_path: Path) -> None:
    write(tmp_path, "acme/cloud/shop/__init__.py", "acme/cloud/shop/cart.py", "backend/web/__init__.py")
    write(tmp_path, "tests/test_a.py", text="import web\nfrom acme.cloud.shop.cart import f\n")
    assert places(find(tmp_path)) == {
        "acme/cloud/shop/__init__.py": ("acme.cloud.shop", "."),
        "acme/cloud/shop/cart.py": ("acme.cloud.shop.cart", "."),
        "backend/web/__init__.py": ("web", "backend"),
    }


def test_modules_are_named_as_seen_from_pythonpath(tmp_path: Path) -> None:
    write(tmp_path, "lib/loose.py", "lib/deep/part.py", "lib/pkg/__init__.py")
    found = find_modules(
        tmp_path,
        targets=["lib"],
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=(),
        output_dir="tests/llmgen",
        python_path=[".", "./lib/"],
    )
    assert places(found) == {
        "lib/deep/part.py": ("deep.part", "lib"),
        "lib/loose.py": ("loose", "lib"),
        "lib/pkg/__init__.py": ("pkg", "lib"),
    }


def test_an_empty_project_has_no_modules(tmp_path: Path) -> None:
    assert find(tmp_path) == ()


def test_the_source_of_cov_comes_before_configuration_and_both_before_everything(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "a/x.py", "b/__init__.py", "c.py")
    assert paths(find(tmp_path, cov_source=["a"], configured_source=["b"])) == ["a/__init__.py", "a/x.py"]
    assert paths(find(tmp_path, configured_source=["b"])) == ["b/__init__.py"]
    assert paths(find(tmp_path, cov_source=["a.x", "c"])) == ["a/x.py", "c.py"]
    assert paths(find(tmp_path, cov_source=["elsewhere"])) == paths(find(tmp_path))
    assert paths(find(tmp_path, cov_source=["."])) == paths(find(tmp_path))


def test_package_names_are_found_in_src(tmp_path: Path) -> None:
    write(tmp_path, "src/acme/__init__.py", "src/acme/part/__init__.py", "src/acme/part/x.py", "src/other.py")
    assert paths(find(tmp_path, cov_source=["acme.part"])) == ["src/acme/part/__init__.py", "src/acme/part/x.py"]
    assert paths(find(tmp_path, cov_source=["src"], configured_source=["acme"])) == paths(find(tmp_path))


def test_tests_are_never_sources_even_where_coverage_measures_them(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "checks/check_a.py", "tests/helper.py")
    assert paths(find(tmp_path, cov_source=["."], test_paths=["checks"])) == ["a/__init__.py"]
    assert paths(find(tmp_path, cov_source=["a", "tests/helper.py"])) == ["a/__init__.py"]


@pytest.mark.parametrize("test_path", [".", "src", "./src", "src/pkg"])
def test_sources_named_as_test_paths_for_doctests_stay_sources(tmp_path: Path, test_path: str) -> None:
    write(tmp_path, "src/pkg/__init__.py", "tests/test_a.py")
    assert paths(find(tmp_path, test_paths=[test_path, "tests"])) == ["src/pkg/__init__.py"]


def test_test_paths_may_be_globs_and_absolute(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "part1/checks/x.py", "part2/y.py")
    found = find(tmp_path, cov_source=["."], test_paths=["part1/*", str(tmp_path / "part2")])
    assert paths(found) == ["a/__init__.py"]


def test_excluded_files_are_left_alone(tmp_path: Path) -> None:
    write(tmp_path, "a/__init__.py", "a/gen_x.py", "a/old/__init__.py", "a/old/y.py", "b.py")
    assert paths(find(tmp_path, exclude=["gen_*.py", "a/old"])) == ["a/__init__.py", "b.py"]
    assert paths(find(tmp_path, cov_source=["b"], exclude=["a/*"])) == ["b.py"]
    assert paths(find(tmp_path, cov_source=["b.py", "a/gen_x.py"], exclude=["gen_*.py"])) == ["b.py"]
    wrong = error(tmp_path, "a/old/y.py", exclude=["a/old/*"])
    assert wrong.slug == "target-excluded"


def test_a_target_is_a_file_a_folder_or_a_name(tmp_path: Path) -> None:
    text = "def f(): return 1\ndef g(): return 2\nclass C:\n    def m(self): return 3\n    def n(self): return 4\n"
    write(tmp_path, "a/__init__.py", "a/x.py", "b.py", text=text)
    assert paths(find(tmp_path, targets=["b.py", "a"])) == ["a/__init__.py", "a/x.py", "b.py"]
    assert paths(find(tmp_path, targets=[str(tmp_path / "b.py")])) == ["b.py"]
    (module,) = find(tmp_path, targets=["b.py::C", "b.py::g"])
    assert [target.qualname for target in module.targets] == ["g", "C.m", "C.n"]
    (module,) = find(tmp_path, targets=["b.py::C.m", "./b.py"])
    assert len(module.targets) == 4


def test_a_property_stands_for_its_setter_and_a_name_for_all_its_definitions(tmp_path: Path) -> None:
    text = "class C:\n @property\n def p(self): return 1\n @p.setter\n def p(self, v): x = v\n"
    write(tmp_path, "a.py", text=text + "if x:\n def f(): return 1\nelse:\n def f(): return 2\n")
    (module,) = find(tmp_path, targets=["a.py::C.p", "a.py::f"])
    assert [target.qualname for target in module.targets] == ["C.p", "C.p.setter", "f#1", "f"]


def test_an_unknown_path_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/cart.py")
    assert "did you mean shop/cart.py" in str(error(tmp_path, "shop/card.py"))
    assert "did you mean shop/cart.py" in str(error(tmp_path, "cart.py"))
    assert error(tmp_path, "shop/card.py").slug == "target-not-found"
    assert "relative to" in error(tmp_path, "zzz").fix


def test_an_unknown_name_names_the_nearest(tmp_path: Path) -> None:
    write(tmp_path, "a.py", text="class Cart:\n    def total(self): return 1\n")
    assert error(tmp_path, "a.py::Cart.totl").fix.startswith("did you mean Cart.total")
    assert error(tmp_path, "a.py::total").fix == "did you mean Cart.total?"
    assert error(tmp_path, "a.py::Card").fix.startswith("did you mean Cart")
    assert error(tmp_path, "a.py::zzz").slug == "target-unknown-name"


def test_targets_outside_tests_and_other_files_are_refused(tmp_path: Path) -> None:
    root = write(tmp_path / "project", "a.py", "test_a.py", "notes.txt").resolve()
    write(tmp_path, "out.py")
    assert error(root, "../out.py").slug == "target-outside-root"
    assert error(root, "test_a.py").slug == "target-is-a-test"
    assert error(root, "notes.txt").slug == "target-not-python"


def test_a_name_in_a_folder_is_refused(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/cart.py")
    assert "a name needs a file, and shop is a folder" in str(error(tmp_path, "shop::f"))
    assert error(tmp_path, "::f").slug == "target-needs-file"


def test_broken_files_have_an_error_and_do_not_stop_the_others(tmp_path: Path) -> None:
    write(tmp_path, "good.py")
    write(tmp_path, "broken.py", text="def f(:\n")
    (tmp_path / "nul.py").write_bytes(b"x = 1\0\n")
    (tmp_path / "bytes.py").write_bytes(b"x = '\xff'\n")
    (tmp_path / "cookie.py").write_bytes(b"# coding: nonsense\nx = 1\n")
    (tmp_path / "latin.py").write_bytes(b"# coding: latin-1\ndef f(): return '\xe9'\n")
    (tmp_path / "bom.py").write_bytes(b"\xef\xbb\xbfdef f(): return 1\r\n")
    found = {module.path: module for module in find(tmp_path)}
    failed = {path for path, module in found.items() if module.error}
    assert failed == {"broken.py", "nul.py", "bytes.py", "cookie.py"}
    assert found["latin.py"].source.endswith("return '\u00e9'\n")
    assert found["bom.py"].source == "def f(): return 1\n"
    (module,) = find(tmp_path, targets=["broken.py::f"])
    assert module.error is not None
    assert module.error.startswith("line 1")


def test_loops_of_links_and_links_to_the_outside_are_not_followed(tmp_path: Path) -> None:
    root = write(tmp_path / "project", "pkg/__init__.py")
    write(tmp_path, "outside/x.py")
    (root / "pkg" / "loop").symlink_to(root / "pkg")
    (root / "self").symlink_to(root / "self")
    (root / "pkg" / "out").symlink_to(tmp_path / "outside")
    (root / "pkg" / "y.py").symlink_to(tmp_path / "outside" / "x.py")
    (root / "pkg" / "gone.py").symlink_to(tmp_path / "missing.py")
    (tmp_path / "link").symlink_to(root)
    assert paths(find(tmp_path / "link")) == ["pkg/__init__.py"]
    assert error(root, "self").slug == "target-not-found"
    assert error(root, "pkg/y.py").slug == "target-outside-root"
    assert paths(find(root, targets=["pkg/loop"])) == ["pkg/__init__.py"]


@pytest.mark.parametrize(
    ("path", "packages", "expected"),
    [
        ("a.py", [], ("a", ".")),
        ("__init__.py", [], ("__init__", ".")),
        ("backend/shop/cart.py", ["backend/shop"], ("shop.cart", "backend")),
        ("packages/one/src/one/x.py", ["packages/one/src/one"], ("one.x", "packages/one/src")),
        ("src/src/x.py", ["src/src"], ("src.x", "src")),
        ("backend/shop/data/x.py", ["backend/shop"], ("shop.data.x", "backend")),
        ("src/shop/data/x.py", ["src/shop"], ("shop.data.x", "src")),
        ("a/b/x.py", [], ("a.b.x", ".")),
    ],
)
def test_modules_are_named_as_tests_import_them(path: str, packages: list[str], expected: tuple[str, str]) -> None:
    assert dotted_name(path, packages.__contains__) == expected


@pytest.mark.parametrize(
    ("path", "globs", "expected"),
    [
        ("a/b.py", ["a"], True),
        ("a/b.py", ["a/"], True),
        ("a/b.py", ["./a/*.py"], True),
        ("a/b.py", ["**/b.py"], True),
        ("b.py", ["**/b.py"], True),
        ("a/b.py", ["b"], False),
        ("a/b.py", ["/a"], False),
        ("a/b.py", [], False),
    ],
)
def test_globs_name_paths_folders_and_last_parts(path: str, globs: list[str], expected: bool) -> None:
    assert is_excluded(path, globs) is expected


def test_tests_are_known_by_name_folder_and_testpaths() -> None:
    assert all(map(is_test_path, ["test_a.py", "x/a_test.py", "conftest.py", "a/tests/helper.py", "tests.py"]))
    assert not any(map(is_test_path, ["a.py", "testing/a.py", "latest.py", "shop/testing.py"]))
    assert is_test_path("checks/a.py", ["checks/"])


@pytest.mark.parametrize(
    "text",
    [
        "def test_it(): pass\n",
        "import unittest\nclass It(unittest.TestCase): pass\n",
        "class TestIt(Shared): pass\n".replace("Shared", "SharedTests"),
        "from pytest import fixture\n",
        "from shared import *\n",
        "if True:\n    async def test_it(): pass\n",
        "class It:\n    def test_it(self): pass\n",
        "test_all = make(1)\n",
    ],
)
def test_a_file_that_is_named_like_a_test_and_serves_tests_is_none_of_the_sources(tmp_path: Path, text: str) -> None:
    write(tmp_path, "shop/__init__.py", "shop/cart.py")
    write(tmp_path, "shop/price_test.py", text=text)
    assert paths(find(tmp_path)) == ["shop/__init__.py", "shop/cart.py"]


@pytest.mark.parametrize("text", [CODE, "import os\ntest_mode = False\nclass Tester: pass\n", "def broken(:\n"])
def test_product_code_is_in_scope_however_its_file_is_named(tmp_path: Path, text: str) -> None:
    write(tmp_path, "shop/__init__.py")
    write(tmp_path, "shop/price_test.py", "shop/test_bench.py", text=text)
    assert paths(find(tmp_path)) == ["shop/__init__.py", "shop/price_test.py", "shop/test_bench.py"]


def test_python_files_says_which_files_are_tests(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "shop/cart.py")
    write(tmp_path, "shop/tests.py", "shop/check_cart.py", text=TEST)
    names = ["tests.py", "check_*.py"]
    found = find_modules(
        tmp_path,
        targets=(),
        exclude=(),
        cov_source=(),
        configured_source=(),
        test_paths=(),
        output_dir="tests/llmgen",
        python_files=names,
    )
    assert paths(found) == ["shop/__init__.py", "shop/cart.py"]


def test_code_that_only_a_symbolic_link_makes_importable_is_named_as_not_measured(tmp_path: Path) -> None:
    write(tmp_path, "shop/__init__.py", "lib/real.py", "other/pkg/__init__.py", "shop/cart.py")
    (tmp_path / "shop/mod.py").symlink_to("../lib/real.py")
    (tmp_path / "shop/cart_again.py").symlink_to("cart.py")
    found = {module.path: module.error for module in find(tmp_path)}
    assert found["shop/cart.py"] is None
    assert "shop/cart_again.py" not in found
    assert "lib/real.py" in (found["shop/mod.py"] or "")
    assert "shop/mod.py" in (found["lib/real.py"] or "")
