"""Runs in the environment of pytest-gremlins: prints its mutants of a file as edits, by the number in their ids."""

import ast
import json
import sys
from pathlib import Path

from pytest_gremlins.instrumentation.transformer import transform_source

path = sys.argv[1]
source = Path(path).read_text(encoding="utf-8")
gremlins, _ = transform_source(source, path)
edits = {}
for gremlin in gremlins:
    old, new = gremlin.original_node, ast.unparse(gremlin.mutated_node)
    place = (old.lineno, old.col_offset, old.end_lineno, old.end_col_offset)
    text = new if isinstance(gremlin.mutated_node, ast.stmt) else f"({new})"
    edits[gremlin.gremlin_id.rpartition("_g")[2]] = (place, text)
print(json.dumps(edits))
