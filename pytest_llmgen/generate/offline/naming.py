"""Names and sentences: what a test is called and what its docstring says."""

from __future__ import annotations

import ast
import keyword
import re

from pytest_llmgen.generate.offline.aftermath import AFTERMATH
from pytest_llmgen.generate.offline.calls import Callee, Input
from pytest_llmgen.generate.offline.closures import CALLED
from pytest_llmgen.generate.offline.terms import OMITTED, Term, snake_case

_MAX_WORDS = 4
_MAX_NAME = 88
_MAX_TOLD = 30
_HUGE = 10**6
_TELLING = re.compile(
    r"(empty|blank|zero|negative|huge|no|not|new|after|with|without|default|one|two|three|many)_|(punctuation|symbols)$"
)
_OPTION = ("with_", "without_")
_CHARACTERS = ("punctuation", "symbols")
_JOINTS = {"and", "or", "of", "for", "is", "when", "with", "without", "after", "at", "not", "no"}
_COUNTS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MAKERS = {"__init__", "__new__", "__post_init__"}
_DUNDERS = {"__init__": "new", "__eq__": "equality", "__len__": "length", "__contains__": "containment"}


def words(text: str) -> str:
    """A text as part of a name: lower case words joined by underscores."""
    parts = re.sub(r"[^0-9A-Za-z]+", "_", text).strip("_").lower().split("_")[:_MAX_WORDS]
    while len(parts) > 1 and len("_".join(parts)) > _MAX_TOLD:
        parts.pop()
    return "_".join(parts)[:_MAX_TOLD].strip("_")


def stem(qualname: str) -> str:
    """What a test's name starts with: the function, or class and method."""
    owner = qualname.rpartition(".")[0]
    prefix = snake_case(owner.rpartition(".")[2]).removesuffix("_object") + "_" if owner else ""
    return f"test_{prefix}{spoken(qualname).replace(' ', '_')}"


def spoken(qualname: str) -> str:
    """The last part of a name as it stands in a sentence."""
    name = qualname.rpartition(".")[2]
    return _DUNDERS.get(name, name.strip("_"))


def subject(qualname: str) -> str:
    """What a sentence is about: the function, or the class whose object is made."""
    owner, _, name = qualname.rpartition(".")
    return owner.rpartition(".")[2] if owner and name in _MAKERS else spoken(qualname)


def condition(callee: Callee, row: Input, base: Input) -> str:
    """What is special about an input, as words joined by underscores."""
    pairs = list(zip(callee.places, row, strict=True))
    told = [
        (place, term, usual)
        for (place, term), usual in zip(pairs, base, strict=True)
        if term != usual and place != AFTERMATH
    ]
    if len(told) > 1:
        told = [item for item in told if item[1].steps or item[0] != callee.receiver] or told
    if not told:
        told = [
            (*pair, OMITTED)
            for pair in pairs
            if pair[0] not in {callee.receiver, *callee.further} and not pair[1].is_omitted
        ]
        told = told[:1]
    parts = list(dict.fromkeys(part for item in told[:2] if (part := _part(callee, *item))))
    options = [part for part in parts if part.startswith(_OPTION)]
    if options and not any(is_telling(part) for part in parts if part not in options):
        parts = [options[0], *(part.removeprefix("with_") for part in options[1:])]  # values say less than options
    return "_and_".join(parts)


def joined(told: str, joint: str) -> str:
    """The words for an input behind a name: ``_of_empty_text``, but ``_after_add`` and ``_with_currency``."""
    return f"_{told}" if told.startswith(("after_", *_OPTION)) else f"_{joint}_{told}" if told else ""


def _part(callee: Callee, place: str, term: Term, usual: Term) -> str:
    if place == callee.receiver:
        return _describe_object(callee, place, term, usual)
    text, is_flag = describe(place, term), term.source in {"True", "False"}
    if is_flag:
        return f"{'with' if term.source == 'True' else 'without'}_{words(place)}"
    is_option = any(item.name == place and item.has_default for item in callee.parameters)
    if is_option and not term.is_omitted and (not is_telling(text) or text.endswith(_CHARACTERS)):
        return f"with_{words(place)}"
    is_later = place != next((name for name in callee.places if name != callee.receiver), place)
    is_text = term.source[:1] in {"'", '"'} and words(place) not in text
    return f"{words(place)}_{text}" if is_later and is_text else text


def _describe_object(callee: Callee, place: str, term: Term, usual: Term) -> str:
    if term.steps:
        return describe(place, term)
    if term.label:
        return words(term.label)
    node, other = ast.parse(term.source, mode="eval").body, ast.parse(usual.source, mode="eval").body
    if term.source == usual.source or not isinstance(node, ast.Call) or not isinstance(other, ast.Call):
        return f"new_{place}"
    usual_words = {word.arg: ast.unparse(word.value) for word in other.keywords}
    for word in node.keywords:
        if usual_words.get(word.arg) != ast.unparse(word.value):
            return _describe_node(words(word.arg or place), word.value)
    names = (*callee.made_of, *[place] * len(node.args))
    for item, old, name in zip(node.args, other.args, names, strict=False):
        if ast.unparse(item) != ast.unparse(old):
            return _describe_node(words(name), item)
    return f"other_{place}"


def is_telling(told: str) -> bool:
    """Whether words for an input say more than which one it is: ``empty_text``, but not ``hello``."""
    return bool(_TELLING.match(told))


def describe(place: str, term: Term) -> str:
    """One argument in words: ``empty_text``, ``negative_count``, ``two_items``."""
    name = words(place)
    if term.is_omitted:
        return f"default_{name}"
    if term.steps:
        return "after_" + "_and_".join(dict.fromkeys(words(re.split(r"[( =]", step)[0]) for step in term.steps))
    if term.label and words(term.label):
        return words(term.label)
    node = ast.parse(_value_of_option(term.source), mode="eval").body
    if place == CALLED and isinstance(node, ast.Call):
        return _describe_node("value", node.args[0]) if node.args else "no_value"
    return _describe_node(name, node)


def _value_of_option(source: str) -> str:
    """``3`` for ``limit=3``, which stands among the further options of a call."""
    return re.sub(r"^\w+=(?!=)", "", source)


def _describe_node(name: str, node: ast.expr) -> str:  # noqa: C901, PLR0911 (one case a line)
    match node:
        case ast.Constant(value=None):
            return f"no_{name}"
        case ast.Constant(value=bool() as value):
            return name if value else f"not_{name}"
        case ast.Constant(value=int() | float() as number):
            return _describe_number(name, number)
        case ast.UnaryOp(op=ast.USub()):
            return f"negative_{name}"
        case ast.Constant(value=str() | bytes() as text):
            return _describe_text(name, text if isinstance(text, str) else text.decode("latin-1"))
        case ast.List(elts=items) | ast.Set(elts=items) | ast.Tuple(elts=items):
            return f"empty_{name}" if not items else _counted(name, len(items))
        case ast.Dict(keys=keys):
            return f"empty_{name}" if not keys else _counted(name, len(keys))
        case ast.Attribute(attr=attr):
            return words(attr)
        case ast.Call(args=[ast.Constant(value=str() as text)]) if text.startswith("-") or not text.strip("0."):
            return f"negative_{name}" if text.startswith("-") else f"zero_{name}"
        case ast.Call(args=[], keywords=[_, *_] as given):
            return _describe_named(name, given)
        case ast.Call(func=function, args=args) if args:
            plain = "_".join(words(ast.unparse(item)) for item in args[:3] if isinstance(item, ast.Constant))
            return f"{name}_{plain}".strip("_") if plain else f"{name}_{words(ast.unparse(function))}"
        case _:
            return name


def _describe_named(name: str, given: list[ast.keyword]) -> str:
    """``delay_5400_seconds`` for ``timedelta(seconds=5400)``."""
    if any(isinstance(word.value, ast.UnaryOp) for word in given):
        return f"negative_{name}"
    told = [f"{ast.unparse(word.value)}_{word.arg}" for word in given[:2] if isinstance(word.value, ast.Constant)]
    return f"{name}_{words('_'.join(told))}".strip("_")


def _describe_number(name: str, number: float) -> str:
    if number == 0:
        return f"zero_{name}"
    return f"huge_{name}" if abs(number) >= _HUGE else f"{name}_{words(str(number))}"


def _describe_text(name: str, text: str) -> str:
    if not text:
        return f"empty_{name}"
    if not text.strip():
        return f"blank_{name}"
    plain = words(text)
    if not plain:
        return "punctuation" if text.isascii() else "symbols"
    if plain.isdigit():
        return f"{name}_{plain}"
    padded = "padded_" if text != text.strip() else ""
    return padded + plain


def _counted(name: str, count: int) -> str:
    number = _COUNTS[count] if count < len(_COUNTS) else "many"
    if name.endswith("s") and not name.endswith("ss"):
        return f"{number}_{name[:-1] if count == 1 else name}"
    return f"{name}_of_{number}"


def _cut(name: str) -> str:
    """A name of readable length, which does not end in the middle of what it says."""
    if len(name) <= _MAX_NAME:
        return name
    head, joint, _ = name.rpartition("_and_")
    if joint:
        return _cut(head)
    parts = name[:_MAX_NAME].rpartition("_")[0].split("_")
    while len(parts) > 1 and parts[-1] in _JOINTS:
        parts.pop()
    return "_".join(parts)


def unique_name(wanted: str, taken: set[str]) -> str:
    """The name, cut to a readable length and counted on where it is already taken."""
    name = _cut(wanted)
    name = name if not keyword.iskeyword(name) else f"{name}_"
    result, count = name, 2
    while result in taken:
        result, count = f"{name}_{count}", count + 1
    taken.add(result)
    return result
