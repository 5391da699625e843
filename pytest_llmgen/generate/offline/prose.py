"""Examples in running text: calls with the result that is said of them, and inputs and outputs told by name."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Sequence

from pytest_llmgen.generate.offline.code import Parameter, ParameterKind
from pytest_llmgen.generate.offline.docs import Example, is_literal

_MAX_TEXT = 300
"""Letters of a call, and of a result."""
_MODAL = r"(?:should|will|would|must|shall)"
_SAID = re.compile(
    r"[`'\"]*\s*(?:#|//)?\s*(?:"
    r"(?P<sign>={1,3}>|-{1,2}>|~>|===?|[➞→⇒⟶⟹↦➜➔►⇨]|=(?!=))"
    rf"|(?:{_MODAL}\s+)?(?:returns?|gives?|yields?|equals?|produces?|outputs?|evaluates?\s+to|results?\s+in)\b:?"
    rf"|(?:{_MODAL}\s+be|is(?:\s+equal\s+to)?)\b"
    r"|(?<=[#/])"
    r")\s*[`]*",
    re.IGNORECASE,
)
"""From a call to its result."""
_FORMULA = "="
_OPENING = re.compile(
    r"\s*(?:[-*+>•]|\d+[.)])?\s*(?:for|e\.?g\.?|ex(?:ample)?s?(?:\s*\d+)?|i\.e\.|result|assert|print)?[:,]?\s*[`(]*",
    re.IGNORECASE,
)
"""What may stand before a call that has its line for itself."""
_END = re.compile(
    r"[`*]*\s*(?:$|\n|#|//|\(|--|—|➞|\.(?:\s|$)|[;)]|,?\s*(?:since|because|as|but)\b"
    r"|,(?!\s*(?:[-\d'\"\[({]|(?:when|if|while|where|unless|provided)\b)))"
)
"""What may follow a result: anything else may be a part of it, or a condition."""
_ATOM = re.compile(r"[-+]?\d[\d_]*(?:\.\d+)?(?:e[-+]?\d+)?(?![\w/])|[A-Za-z]+\b", re.IGNORECASE)
_WORDS = {"true": "True", "false": "False", "none": "None", "null": "None", "nil": "None"}
_CLOSING = {"[": "]", "(": ")", "{": "}", "'": "'", '"': '"'}
_INPUT = re.compile(r"\b(?:inputs?|for|given|if|when|with)\b:?\s*`*", re.IGNORECASE)
_OUTPUT = re.compile(
    r"`*[\s,;.]*(?:[^.\n]{0,60}?\bthe\s+)?(?:(?:then|the|your|its|expected|function|code|program|method|it)\s+)*"
    rf"(?:(?:outputs?|results?|answer|return\s+value)\b\s*(?:(?:{_MODAL}\s+be|is)\b|=|:|->|=>)?"
    rf"|(?:{_MODAL}\s+)?returns?\b:?|={{1,3}}>|-{{1,2}}>|[➞→⇒])\s*`*",
    re.IGNORECASE,
)
_BETWEEN = re.compile(r"`*\s*(?:,|and\b|,\s*and\b)?\s*`*", re.IGNORECASE)
_NAMED = re.compile(r"[`\"*]*(?P<name>[A-Za-z_]\w*)[`\"*]*\s*(?:=|:|is\b)\s*`*")


def told_of(docstring: str | None, name: str, parameters: Sequence[Parameter] = ()) -> list[Example]:
    """Calls of ``name`` with literal arguments in running text, with the literal said to be their result.

    With ``parameters`` also inputs told by name: "for x = 1 the output should be 2", "Input: [1] Output: 2".
    """
    text = _without_doctests(docstring or "")
    found = [*_calls(text, name), *(_told_by_name(text, name, parameters) if parameters else ())]
    return list({(item.expression, item.want): item for item in found}.values())


def _without_doctests(text: str) -> str:
    """The text with nothing where an interpreter's session stands."""
    kept, is_session = [], False
    for line in text.splitlines():
        is_session = line.lstrip().startswith(">>>") or (is_session and bool(line.strip()))
        kept.append("" if is_session else line)
    return "\n".join(kept)


def _calls(text: str, name: str) -> Iterator[Example]:
    for match in re.finditer(rf"(?<![\w.]){re.escape(name)}\(", text):
        rest = text[match.start() :][:_MAX_TEXT]
        call = next((rest[: end.end()] for end in re.finditer(r"\)", rest) if _is_plain_call(rest[: end.end()])), "")
        if not call:
            continue
        line = text[: match.start()].rpartition("\n")[2]
        said = _SAID.match(text, match.start() + len(call))
        want = result_at(text, said.end()) if said else ""
        is_formula = said is not None and said["sign"] == _FORMULA
        is_aside = not _OPENING.fullmatch(line)
        yield Example((), _in_one_line(call), want=want, is_prose=True, is_formula=is_formula, is_aside=is_aside)


def _told_by_name(text: str, name: str, parameters: Sequence[Parameter]) -> Iterator[Example]:
    plain = [item for item in parameters if item.kind in {ParameterKind.POSITIONAL, ParameterKind.PLAIN}]
    for match in _INPUT.finditer(text):
        given, end = _given(text, match.end(), [item.name for item in plain], match[0].lower().startswith("input"))
        said = _OUTPUT.match(text, end) if given else None
        want = result_at(text, said.end()) if said else ""
        if want and all(item.name in given for item in parameters if item.is_required):
            words = ", ".join(f"{key}={value}" for key, value in given.items() if value)
            call = ", ".join(given[item.name] for item in plain) if len(given) == len(plain) else words
            yield Example((), f"{name}({call})", want=want, is_prose=True)


def _given(text: str, at: int, names: list[str], may_be_bare: bool) -> tuple[dict[str, str], int]:
    """Parameters with their values from a place on, and where that ends; without names those in order."""
    found: dict[str, str] = {}
    end = at
    while len(found) < len(names):
        between = _BETWEEN.match(text, end) if found else None
        start = between.end() if between else end
        named = _NAMED.match(text, start)
        if named and named["name"] in names:
            key, start = named["name"], named.end()
        elif may_be_bare and not (named and found):
            key = names[len(found)]
        else:
            break
        value = _literal_at(text, start)
        if not value or key in found:
            break
        found[key], end = value[0], value[1]
    return found, end


def result_at(text: str, at: int) -> str:
    """The literal that stands there, if it ends what is said; ``true`` and ``null`` are read as Python's."""
    value = _literal_at(text, at)
    return value[0] if value and _END.match(text, value[1]) else ""


def _literal_at(text: str, at: int) -> tuple[str, int] | None:
    """The literal at a place as one line, and where it ends."""
    prefix = re.compile(r"[bru]{0,2}(?=['\"])", re.IGNORECASE).match(text, at)
    start = prefix.end() if prefix else at
    closing = _CLOSING.get(text[start : start + 1])
    if closing is None:
        atom = _ATOM.match(text, at)
        value = _WORDS.get(atom[0].lower(), atom[0]) if atom else ""
        return (value, atom.end()) if atom and is_literal(value) else None
    end = text.find(closing, start + 1)
    while 0 <= end < at + _MAX_TEXT:
        value = _in_one_line(text[at : end + 1])
        if is_literal(value):
            return value, end + 1
        end = text.find(closing, end + 1)
    return None


def _in_one_line(text: str) -> str:
    if "\n" not in text:
        return text
    try:
        return ast.unparse(ast.parse(text.strip(), mode="eval"))
    except SyntaxError:
        return text


def _is_plain_call(text: str) -> bool:
    try:
        node = ast.parse(text, mode="eval").body
    except (SyntaxError, ValueError):
        return False
    return isinstance(node, ast.Call) and all(
        is_literal(ast.unparse(item)) for item in (*node.args, *(word.value for word in node.keywords))
    )
