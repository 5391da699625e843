"""Short texts of classes and functions: what a writer of tests must know to use them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from pytest_llmgen.extract.targets import Function, signature_of, text_of

_CONSTRUCTORS = frozenset({"__init__", "__post_init__", "__new__"})
_CONSTRUCTOR_LINES = 20
_MEMBERS = 60
_WIDTH = 120


def outline_class(node: ast.ClassDef) -> str:
    """A class without the bodies of its methods, but with its fields and (in short) its constructor."""
    bases = ", ".join([text_of(base) for base in node.bases] + [text_of(keyword) for keyword in node.keywords])
    head = [f"@{shorten(text_of(decorator))}" for decorator in node.decorator_list]
    head.append(f"class {node.name}({bases}):" if bases else f"class {node.name}:")
    summary = first_line(ast.get_docstring(node))
    body = [f'"""{summary}"""'] if summary else []
    members = [line for statement in node.body for line in _member(statement)]
    body += members[:_MEMBERS] + ["..."] * (len(members) > _MEMBERS or not members)
    return "\n".join([*head, *(f"    {line}" for line in body)])


def _member(statement: ast.stmt) -> Iterator[str]:
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        yield shorten(text_of(statement).replace("\n", " "))
    elif isinstance(statement, Function):
        yield from (f"@{shorten(text_of(decorator))}" for decorator in statement.decorator_list)
        word = "async def" if isinstance(statement, ast.AsyncFunctionDef) else "def"
        if statement.name in _CONSTRUCTORS:
            yield f"{word} {signature_of(statement)}:"
            yield from (f"    {line}" for line in _trimmed(statement))
        else:
            yield f"{word} {signature_of(statement)}: ..."
    elif isinstance(statement, ast.ClassDef):
        yield f"class {statement.name}: ..."


def _trimmed(node: Function) -> list[str]:
    has_words = ast.get_docstring(node, clean=False) is not None
    lines = [line for statement in node.body[has_words:] for line in text_of(statement).split("\n")]
    return lines[:_CONSTRUCTOR_LINES] + ["..."] * (len(lines) > _CONSTRUCTOR_LINES or not lines)


def describe_function(module: str, qualname: str, node: Function) -> str:
    """``shop.cart.Cart.total(self) -> Money  # The sum of all items.``."""
    owner = qualname.removesuffix(node.name)
    word = "async " if isinstance(node, ast.AsyncFunctionDef) else ""
    return _with_words(f"{word}{module}.{owner}{signature_of(node)}", ast.get_docstring(node))


def describe_class(module: str, qualname: str, node: ast.ClassDef) -> str:
    """``shop.cart.Cart(currency='EUR')  # Items and their prices.``, by the class's own constructor."""
    constructors = [each for each in node.body if isinstance(each, Function) and each.name == "__init__"]
    arguments = text_of(constructors[-1].args).removeprefix("self").removeprefix(", ") if constructors else "..."
    return _with_words(f"class {module}.{qualname}({arguments})", ast.get_docstring(node))


def _with_words(text: str, docstring: str | None) -> str:
    words = first_line(docstring)
    return f"{text}  # {words}" if words else text


def first_line(docstring: str | None) -> str:
    """The first line of a docstring, cut to a sensible width."""
    return shorten((docstring or "").strip().partition("\n")[0])


def first_paragraph(docstring: str | None) -> str:
    """The lines of a docstring before its first empty one."""
    return (docstring or "").strip().partition("\n\n")[0]


def shorten(text: str) -> str:
    """A text cut to a sensible width."""
    return text if len(text) <= _WIDTH else text[: _WIDTH - 3] + "..."
