"""Files for code that takes a path: in ``tmp_path``, with something in the format that the code reads."""

from __future__ import annotations

import ast
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import islice

from pytest_llmgen.generate.offline.answers import document_for
from pytest_llmgen.generate.offline.code import FunctionNode, Parameter, dotted
from pytest_llmgen.generate.offline.terms import Term
from pytest_llmgen.generate.offline.usage import BY_NAME
from pytest_llmgen.generate.offline.uses import use_of_calls

_OPENING = {
    *("open", "io.open", "codecs.open", "os.path.exists", "os.path.isfile", "os.path.isdir", "os.path.getsize"),
    *("os.stat", "os.makedirs", "os.mkdir", "os.listdir", "os.remove", "os.unlink", "os.scandir", "os.walk"),
    *("Path", "pathlib.Path", "shutil.copy", "shutil.copyfile", "shutil.rmtree", "shutil.move"),
}
_MADE, _LISTED = {"os.makedirs", "os.mkdir"}, {"os.listdir", "os.scandir", "os.walk"}
_FOLDER_METHODS = {"mkdir", "iterdir", "rglob", "glob", "walk"}
"""Of what these are asked is a folder."""
_PATH_MAKERS = frozenset({"join", "abspath", "realpath", "normpath", "expanduser", "expandvars", "fspath"})
"""Functions of ``os`` and ``os.path`` whose result is the path that they are given, in another form or a part of it."""
_FORMATS: dict[str, tuple[str, tuple[str, ...]]] = {
    "json": ("json", ('{"name": "Ann", "count": 3}', "[1, 2, 3]", "{broken")),
    "csv": ("csv", ("name,count\nAnn,3\nBob,5\n", "name,count\n")),
    "configparser": ("ini", ("[section]\nname = Ann\ncount = 3\n", "no section\n")),
    "tomllib": ("toml", ('name = "Ann"\n\n[table]\ncount = 3\n', "name = \n")),
    "tomli": ("toml", ('name = "Ann"\n\n[table]\ncount = 3\n', "name = \n")),
    "yaml": ("yaml", ("name: Ann\ncount: 3\n", "a: [\n")),
}
_SETTINGS = "# comment\n\n  name = Ann  \ncount = 3\n"
_PLAIN = ("txt", ("first\nsecond\n", "one line", _SETTINGS))
_LABELS = {
    **dict.fromkeys(("{broken", "name = \n", "a: [\n"), "broken file"),
    "[1, 2, 3]": "list",
    "name,count\n": "header only",
    "no section\n": "no section",
    "one line": "one line",
    _SETTINGS: "settings",
}
NAME = "data_file"
_LONGEST_WORD, _MOST_WORDS, _MOST_KEYS = 30, 8, 6
_NO_WORDS = {"r", "w", "a", "rb", "wb", "utf-8", "utf8", "strict", "ignore", "replace"}
"""What files are opened with."""
_READING = ("json.loads", "json.load", "yaml.safe_load", "tomllib.loads", "tomllib.load", "loads", "load")


_ASKED = frozenset({
    "exists", "is_dir", "is_file", "is_symlink", "iterdir", "joinpath", "lstat", "mkdir", "read_bytes", "read_text",
    "rglob", "rmdir", "samefile", "stat", "touch", "unlink", "with_name", "with_stem", "with_suffix", "write_bytes",
    "write_text",
})  # fmt: skip
"""Methods of a path that hardly anything else has."""
_PATHS = frozenset({"Path", "pathlib.Path", "PathLike", "os.PathLike", "PathLike[str]", "os.PathLike[str]"})


def paths_among(items: Iterable[Parameter], nodes: Sequence[ast.AST], tree: ast.AST) -> dict[str, list[Term]]:
    """Files for those parameters that are paths: by their annotation, or by what ``nodes`` do with them."""
    as_text = {
        item.name: not is_path(item.annotation) and item.name not in _used_as_paths(nodes)
        for item in items
        if is_path(item.annotation) or takes_path(item.name, nodes)
    }
    if not as_text:
        return {}
    words, keys = _words(nodes), _keys(nodes)
    documents = _documents(nodes, tree) if _format_of(tree)[0] == "json" else []
    return {
        name: file_terms(tree, is_text, words, keys, documents, _folder_of(name, nodes))
        for name, is_text in as_text.items()
    }


def _words(nodes: Iterable[ast.AST]) -> list[str]:
    """Short texts of the code: what it looks for in a line, maybe."""
    values = (item.value for node in nodes for item in ast.walk(node) if isinstance(item, ast.Constant))
    texts = (value for value in values if isinstance(value, str) and value.strip() and len(value) <= _LONGEST_WORD)
    return [text for text in dict.fromkeys(texts) if text.isprintable() and text not in _NO_WORDS][:_MOST_WORDS]


def _keys(nodes: Iterable[ast.AST]) -> list[str]:
    """Keys that the code reads: columns of a table, maybe, or entries of a document."""
    found = []
    for node in nodes:
        for item in ast.walk(node):
            match item:
                case ast.Subscript(slice=ast.Constant(value=str() as key), ctx=ast.Load()):
                    found.append(key)
                case ast.Call(func=ast.Attribute(attr="get"), args=[ast.Constant(value=str() as key), *_]):
                    found.append(key)
    return [key for key in dict.fromkeys(found) if key.isidentifier()][:_MOST_KEYS]


def _documents(nodes: Sequence[ast.AST], tree: ast.AST) -> list[str]:
    """What is read of a document, with values that the code can take apart, as JSON."""
    members = dict(_members(tree))
    uses = [use_of_calls(name, node) for node in nodes if isinstance(node, FunctionNode) for name in _READING]
    return [json.dumps(document_for(use, BY_NAME, members)) for use in uses if use.is_structured]


def _members(tree: ast.AST) -> Iterator[tuple[str, object]]:
    """The first value of each enum of the module."""
    for node in ast.walk(tree):
        if isinstance(node, ast.ClassDef) and any("Enum" in dotted(base) for base in node.bases):
            values = (each.value for each in node.body if isinstance(each, ast.Assign))
            yield from ((node.name, each.value) for each in islice(values, 1) if isinstance(each, ast.Constant))


def _of_keys(ending: str, keys: Sequence[str]) -> list[str]:
    """A file with what is read from it: once whole, once with an empty first entry."""
    values = {key: "A-1" if rank == 0 else str(rank + 2) for rank, key in enumerate(keys)}
    if ending == "csv":
        row, other = ",".join(values.values()), ",".join(f"{value}0" for value in values.values())
        return [f"{','.join(keys)}\n{row}\n{other}\n", f"{','.join(keys)}\n{',' * (len(keys) - 1)}\n"]
    if ending == "json":
        return [json.dumps(values), json.dumps([values]), json.dumps(dict.fromkeys(keys, 3))]
    return []


def is_path(annotation: ast.expr | None) -> bool:
    """``Path``, ``str | Path``, ``Optional[Path]``."""
    match annotation:
        case ast.BinOp(left, ast.BitOr(), right):
            return is_path(left) or is_path(right)
        case ast.Subscript(value, inner) if dotted(value).rpartition(".")[2] in ("Optional", "Union"):
            return any(map(is_path, inner.elts if isinstance(inner, ast.Tuple) else [inner]))
        case None:
            return False
    return ast.unparse(annotation) in _PATHS


def takes_path(name: str, nodes: Iterable[ast.AST]) -> bool:
    """Whether something under that name is opened, or asked of the file system."""
    nodes = list(nodes)
    return any(dotted(call.func) in _OPENING for call in _calls_with(name, nodes)) or name in _used_as_paths(nodes)


def _folder_of(name: str, nodes: Iterable[ast.AST]) -> str:
    """What is done with a path that must be a folder: ``made``, ``listed``, or empty where it need be none."""
    nodes = list(nodes)
    called = {dotted(call.func) for call in _calls_with(name, nodes)}
    asked = {
        item.attr
        for node in nodes
        for item in ast.walk(node)
        if isinstance(item, ast.Attribute) and dotted(item.value) == name
    }
    if called & _MADE or "mkdir" in asked:
        return "made"
    return "listed" if called & _LISTED or asked & _FOLDER_METHODS else ""


def _calls_with(name: str, nodes: Iterable[ast.AST]) -> Iterator[ast.Call]:
    """Calls that are given what is under that name, or a path that was made of it."""
    items = [item for node in nodes for item in ast.walk(node)]
    known = {name}
    for item in items:
        match item:
            case ast.Assign(targets=[ast.Name(id=made)], value=ast.Call() as value) if _is_of(value, known):
                known.add(made)
    for item in items:
        if isinstance(item, ast.Call) and any(_is_of(argument, known) for argument in item.args[:2]):
            yield item


def _is_of(node: ast.expr, known: set[str]) -> bool:
    """Whether an expression is one of the names, or a path that is made of one."""
    match node:
        case ast.Call(func=function, args=args):
            head, _, last = dotted(function).rpartition(".")
            return head in {"os", "os.path"} and last in _PATH_MAKERS and any(_is_of(each, known) for each in args[:1])
    return bool(dotted(node)) and dotted(node) in known


def _used_as_paths(nodes: Iterable[ast.AST]) -> set[str]:
    """Names of which something is asked that only a path answers."""
    calls = (item.func for node in nodes for item in ast.walk(node) if isinstance(item, ast.Call))
    return {dotted(each.value) for each in calls if isinstance(each, ast.Attribute) and each.attr in _ASKED}


def file_terms(
    tree: ast.AST,
    as_text: bool,
    words: Sequence[str] = (),
    keys: Sequence[str] = (),
    documents: Sequence[str] = (),
    folder: str = "",
) -> list[Term]:
    """Paths of files that hold something, of an empty one, of one that is not there, and of folders.

    These come first where the path must be a ``folder``: an empty one where the code makes it, else one with a file.

    ``tree`` is the module: what it imports tells the format; ``words`` are lines of one more file of plain text,
    ``keys`` are read from what a file of tables or documents holds, ``documents`` are whole ones.
    """
    ending, contents = _format_of(tree)
    contents = (*documents, *(_of_keys(ending, keys) if keys else ()), *contents)
    if words and (ending, contents) == _PLAIN:
        contents = (*contents, "".join(f"{word}\n" for word in words))
    found = [_file(ending, content, rank, as_text) for rank, content in enumerate(contents)]
    empty = _file(ending, "", 0, as_text)
    missing = _path(f"tmp_path / 'missing.{ending}'", as_text, (), "missing file")
    inside = _path(f"tmp_path / 'folder' / 'new.{ending}'", as_text, (), "file in a missing folder")
    folders = [
        _path("tmp_path", as_text, (), "folder"),
        _path("tmp_path", as_text, found[0].before, "folder with a file"),
    ]
    if folder:
        inner = _path("tmp_path / 'folder'", as_text, (), "missing folder")
        first, second = folders if folder == "made" else folders[::-1]
        return [replace(first, label="", is_edge=False), second, inner, *found[:1]]
    return [*found[:1], empty, missing, *found[1:], inside, *folders]


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
    label = "empty file" if not content else _label(content) if rank else ""
    return _path(NAME, as_text, before, label)


def _label(content: str) -> str:
    is_blank = content.splitlines()[-1].strip(",") == ""
    return (
        "blank row"
        if is_blank
        else "list of entries"
        if content.startswith("[{")
        else _LABELS.get(content, "words of the code")
    )


def _path(source: str, as_text: bool, before: Sequence[str], label: str) -> Term:
    watched = (f"{NAME}.read_text(encoding='utf-8')",) if before else ()
    text = f"str({source})" if as_text else source
    return Term(text, (), bool(label), ("tmp_path",), tuple(before), watched=watched, label=label)
