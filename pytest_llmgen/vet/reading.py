"""Python's own rules of names, for reading a candidate: variables of functions, annotations that are texts."""

from __future__ import annotations

import ast

Function = ast.FunctionDef | ast.AsyncFunctionDef


def note_locals(node: ast.AST, known: frozenset[str], found: dict[int, frozenset[str]]) -> None:
    """Python's rule: what a function assigns is its own everywhere in it, but for imports and ``global``."""
    if isinstance(node, ast.Name):
        found[id(node)] = known
    if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        for outside in (*node.decorator_list, node.args, *([node.returns] if node.returns else [])):
            note_locals(outside, known, found)
        own, others = _variables(node)
        inner = (known - others) | own
        for statement in node.body:
            note_locals(statement, inner, found)
        return
    for each in ast.iter_child_nodes(node):
        note_locals(each, known, found)


def _variables(function: Function) -> tuple[frozenset[str], frozenset[str]]:
    """Names that a function assigns, and those that it imports or takes from outside."""
    own = {arg.arg for arg in ast.walk(function.args) if isinstance(arg, ast.arg)}
    others: set[str] = set()
    waiting: list[ast.AST] = list(function.body)
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            others |= {alias.asname or alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.Global | ast.Nonlocal):
            others |= set(node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        is_scope = isinstance(
            node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda | ast.ListComp | ast.SetComp
            | ast.DictComp | ast.GeneratorExp,
        )  # fmt: skip
        waiting += [] if is_scope else list(ast.iter_child_nodes(node))
    return frozenset(own - others), frozenset(others)


def with_annotations(tree: ast.Module) -> ast.Module:
    """Annotations that are texts become what they say: ``get_type_hints`` and others run them."""
    for node in ast.walk(tree):
        for name in ("annotation", "returns"):
            said = getattr(node, name, None)
            if isinstance(said, ast.AST):
                setattr(node, name, _Texts().visit(said))
    return tree


class _Texts(ast.NodeTransformer):
    def visit_Subscript(self, node: ast.Subscript) -> ast.AST:
        """A literal's texts stay what they are."""
        name = node.value.attr if isinstance(node.value, ast.Attribute) else getattr(node.value, "id", "")
        return node if name == "Literal" else self.generic_visit(node)

    def visit_Constant(self, node: ast.Constant) -> ast.AST:
        """A text as code; one that is none stays."""
        if not isinstance(node.value, str):
            return node
        try:
            inner = ast.parse(node.value, mode="eval").body
        except (SyntaxError, ValueError):
            return node
        for each in ast.walk(inner):
            ast.copy_location(each, node)
        return inner
