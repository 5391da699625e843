"""Files for code that takes a path: in ``tmp_path``, with something in the format that the code reads."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence

from pytest_llmgen.generate.offline.code import dotted
from pytest_llmgen.generate.offline.terms import Term

_OPENING = {
    *("open", "io.open", "codecs.open", "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize"),
    *("os.stat", "os.makedirs", "os.mkdir", "os.listdir", "os.remove", "os.unlink", "os.scandir", "os.walk"),
    *("Path", "pathlib.Path", "shutil.copy", "shutil.copyfile", "shutil.rmtree", "shutil.move"),
}
_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "json": ("json", ('{"name": "Ann", "count": 3}', "[1, 2, 3]", "{broken")),
    "csv": ("csv", ("name,count\nAnn,3\nBob,5\n", "name,count\n")),
    "configparser": ("ini", ("[section]\nname = Ann\ncount = 3\n", "no section\n")),
    "tomllib": ("toml", ('name = "Ann"\n\n[table]\ncount = 3\n', "name = \n")),
    "tomli": ("toml", ('name = "Ann"\n\n[table]\ncount = 3\n', "name = \n")),
    "yaml": ("yaml", ("name: Ann\ncount: 3\n", "a: [\n")),
}
_PLAIN = ("txt", ("first\nsecond\n", "one line", "  padded  \n\n# comment\nname = Ann\n"))
NAME = "data_file"


def takes_path(name: str, nodes: Iterable[ast.AST]) -> bool:
    """Whether something under that name is opened, or asked of the file system."""
    calls = (item for node in nodes for item in ast.walk(node) if isinstance(item, ast.Call))
    return any(
        dotted(call.func) in _OPENING and any(dotted(argument) == name for argument in call.args[:2]) for call in calls
    )


def file_terms(tree: ast.AST, *, as_text: bool) -> list[Term]:
    """Paths of files that hold something, of an empty one, of one that is not there, and of a folder.

    ``tree`` is the module: what it imports tells the format.
    """
    ending, contents = _format_of(tree)
    found = [_file(ending, content, rank, as_text) for rank, content in enumerate(contents)]
    empty = _file(ending, "", 0, as_text)
    missing = _path(f"tmp_path / 'missing.{ending}'", as_text, (), "missing file")
    inside = _path(f"tmp_path / 'folder' / 'new.{ending}'", as_text, (), "file in a missing folder")
    return [*found[:1], empty, missing, *found[1:], inside, _path("tmp_path", as_text, (), "folder")]


def _format_of(tree: ast.AST) -> tuple[str, tuple[str, ...]]:
    imported = [
        name
        for node in ast.walk(tree)
        for name in (
            [each.name for each in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else []
        )
    ]
    return next((_FORMATS[name] for name in imported if name in _FORMATS), _PLAIN)


def _file(ending: str, content: str, rank: int, as_text: bool) -> Term:
    before = (f"{NAME} = tmp_path / 'data.{ending}'", f"{NAME}.write_text({content!r}, encoding='utf-8')")
    label = "empty file" if not content else f"other file {rank}" if rank else ""
    return _path(NAME, as_text, before, label)


def _path(source: str, as_text: bool, before: Sequence[str], label: str) -> Term:
    watched = (f"{NAME}.read_text(encoding='utf-8')",) if before else ()
    text = f"str({source})" if as_text else source
    return Term(text, (), bool(label), ("tmp_path",), tuple(before), watched=watched, label=label)
