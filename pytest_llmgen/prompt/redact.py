"""Takes secrets, paths and user names out of a text, keeping its length and its lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

PLACEHOLDER = "REDACTED"
SHORTEST_SECRET = 6
"""Shorter values of the environment are words like ``true``: taking them out would ruin the code."""
SHORTEST_LITERAL = 8
"""A shorter literal, and one of this length without a digit, is only taken out where it stands beside its name."""
SHORTEST_TOKEN = 16
"""A literal named ``token`` without a digit is a parser's word more often than a secret."""
SHORTEST_USER = 3

_PATTERNS = tuple(
    re.compile(pattern)
    for pattern in (
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]{1,6000}?-----END [A-Z ]*PRIVATE KEY-----",
        r"(?<=PRIVATE KEY-----)(?:[\\nr\s\"'|\d]*[A-Za-z0-9+/=]{32,})+",  # one that is cut off
        r"\b(?:AKIA|ASIA|ABIA|ACCA)[0-9A-Z]{16}\b",  # AWS
        r"\bgh[pousr]_[0-9A-Za-z]{20,255}\b",  # GitHub
        r"\bgithub_pat_[0-9A-Za-z_]{20,255}\b",
        r"\bgl(?:pat|ptt|dt|rt|cbt|ft|soat|imt|agent|oas)-[0-9A-Za-z_.\-]{16,}",  # GitLab
        r"\bsk-ant-[0-9A-Za-z_\-]{10,}",  # Anthropic
        r"\bsk-(?:proj-|svcacct-|admin-)?[0-9A-Za-z_\-]{20,}",  # OpenAI and its like
        r"\b[rsp]k_(?:live|test)_[0-9A-Za-z]{10,}\b",  # Stripe
        r"\bwhsec_[0-9A-Za-z]{16,}\b",
        r"\bxox[abeoprs]-[0-9A-Za-z\-]{10,}",  # Slack
        r"\bxapp-[0-9]-[0-9A-Za-z\-]{10,}",
        r"\bAIza[0-9A-Za-z_\-]{35}",  # Google
        r"\bya29\.[0-9A-Za-z_\-]{20,}",
        r"\bnpm_[0-9A-Za-z]{36}\b",
        r"\bpypi-[0-9A-Za-z_\-]{16,}",
        r"\bhf_[0-9A-Za-z]{30,}\b",  # Hugging Face
        r"\bdop_v1_[0-9a-f]{64}\b",  # DigitalOcean
        r"\bSG\.[0-9A-Za-z_\-]{16,}\.[0-9A-Za-z_\-]{16,}",  # SendGrid
        r"\bhv[sb]\.[0-9A-Za-z_\-]{20,}",  # Vault
        r"\bdapi[0-9a-f]{32}\b",  # Databricks
        r"\beyJ[0-9A-Za-z_\-]{8,}\.eyJ[0-9A-Za-z_\-]{8,}\.[0-9A-Za-z_\-]*",  # JSON web token
        r"(?<=hooks\.slack\.com/services/)[0-9A-Za-z/]+",
        r"(?<=AccountKey=)[0-9A-Za-z+/=]{20,}",  # Azure
        r"(?i)(?<=\bbearer )[0-9a-z._~+/\-]{16,}=*",
    )
)
_URL_PASSWORD = re.compile(r"(?P<head>\b[A-Za-z][A-Za-z0-9+.\-]*://[^\s:/@'\"{}]+:)(?P<value>[^\s@/'\"{}]+)(?=@)")
_NAME = r"(?:passw(?:or)?d|passphrase|pwd|secret|api_?key|access_?key|private_?key|credential|token)"
_LITERAL = re.compile(
    rf"(?i)(?P<head>\b(?P<name>\w*{_NAME}\w*)['\"]?\]?\s*(?::\s*[\w\[\]|. ]+?)?\s*(?:(?<![=!<>])=(?!=)|:)\s*"
    r"[rbuf]{0,2}(?P<quote>\"\"\"|'''|\"|'))(?P<value>[^\s'\"]{4,})(?=(?P=quote))"
)
_SHELL = re.compile(
    r"(?m)(?P<head>\b[A-Z0-9_]*(?:PASSWORD|SECRET|TOKEN|API_KEY|ACCESS_KEY)[A-Z0-9_]*=)(?P<value>[^\s'\"]{6,})"
)
_SECRET_VARIABLE = re.compile(rf"(?i){_NAME}|auth(?!or)|cookie|dsn")
_NOT_SECRET = frozenset({"password", "passwd", "secret", "token", "api_key", "apikey", "bearer", "basic", "none"})
_COMMON_USERS = frozenset(
    {
        *("root", "user", "users", "admin", "runner", "test", "tester", "guest", "home", "dev", "app", "web", "build"),
        *("ubuntu", "debian", "node", "python", "git", "docker", "vscode", "jenkins", "circleci", "gitlab", "data"),
        *("runneradmin", "server", "service", "worker", "shop", "lib", "src", "tmp", "var", "opt", "default"),
    }
)


@dataclass(frozen=True, slots=True)
class Private:
    """What is private on this machine, longest first, as :func:`private` finds it."""

    values: tuple[str, ...] = ()  # secrets, replaced wherever they stand
    paths: tuple[str, ...] = ()  # folders whose names say who and where
    users: tuple[str, ...] = ()

    def __call__(self, text: str) -> str:
        """The text without them and without anything that looks like a secret."""
        return redact(text, self)


def private(
    env: Mapping[str, str], paths: Iterable[str] = (), users: Iterable[str] = (), literals: Iterable[str] = ()
) -> Private:
    """What to keep private: values of secret-named variables, folders, names of people, and literals of the code.

    A name that is also a common word stays: code is full of ``root`` and ``user``.
    """
    values = {
        v for k, v in env.items() if _SECRET_VARIABLE.search(k) and len(v) >= SHORTEST_SECRET and not _is_plain(v)
    }
    folders = {path.rstrip("/\\") for path in paths}
    names = {u for u in users if len(u) >= SHORTEST_USER and u.lower() not in _COMMON_USERS}
    return Private(
        _longest_first(values | set(literals)), _longest_first(f for f in folders if len(f) > 1), _longest_first(names)
    )


def literals_in(source: str) -> set[str]:
    """Values that a source gives to secret names: a failing test may print them without the name.

    Values that may as well be words of the code are left out: replaced everywhere, they would ruin it.
    """
    named = (m["value"] for m in _LITERAL.finditer(source) if _replace_literal(m) != m[0])
    others = (m["value"] for pattern in (_URL_PASSWORD, _SHELL) for m in pattern.finditer(source))
    return {value for value in (*named, *others) if _is_telling(value)}


def _is_telling(value: str) -> bool:
    is_long = len(value) >= SHORTEST_TOKEN
    return not _is_plain(value) and (is_long or (len(value) >= SHORTEST_LITERAL and bool(re.search(r"\d", value))))


def redact(text: str, known: Private | None = None) -> str:
    """The text with every secret replaced by a placeholder of the same length; lines stay lines."""
    known = known or Private()
    for value in known.values:
        text = text.replace(value, _placeholder(value))
    for pattern in _PATTERNS:
        text = pattern.sub(lambda match: _placeholder(match[0]), text)
    text = _URL_PASSWORD.sub(_replace_value, text)
    text = _LITERAL.sub(_replace_literal, text)
    text = _SHELL.sub(_replace_value, text)
    for path in known.paths:
        text = re.sub(rf"(?<![\w/]){re.escape(path)}(?![\w.-])", lambda match: _folder(match[0]), text)
    for user in known.users:
        text = re.sub(
            rf"(?<=[/\\]){re.escape(user)}(?=[/\\])|\b{re.escape(user)}(?=@)", lambda m: "x" * len(m[0]), text
        )
    return text


def _longest_first(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(set(texts), key=lambda text: (-len(text), text)))


def _is_plain(value: str) -> bool:
    """Whether a variable's value is a path or a word that code also uses."""
    return value.startswith(("/", "./", "~")) or value.isdigit() or value.lower() in _NOT_SECRET


def _placeholder(secret: str) -> str:
    lines = secret.split("\n")
    return "\n".join((PLACEHOLDER + "x" * len(line))[: len(line)] for line in lines)


def _folder(path: str) -> str:
    """A path of the same length that keeps how it begins, so that it still reads as a path."""
    head = re.match(r"(?:[A-Za-z]:)?[/\\]?", path)
    start = head[0] if head else ""
    return start + "x" * (len(path) - len(start))


def _replace_value(match: re.Match[str]) -> str:
    return match["head"] + _placeholder(match["value"])


def _replace_literal(match: re.Match[str]) -> str:
    name, value = match["name"].lower(), match["value"]
    if value.lower() in _NOT_SECRET or value.lower() == name or re.search(r"[{}<>%$]", value):
        return match[0]
    return match[0] if "token" in name and _is_parsers_word(value) else _replace_value(match)


def _is_parsers_word(value: str) -> bool:
    """Whether a literal named ``token`` is what parsers and highlighters mean by that word."""
    if re.fullmatch(r"#[0-9A-Fa-f]{3,8}|[a-z]+(?:[-_.][a-z]+)*", value):
        return True
    return not re.search(r"\d", value) and len(value) < SHORTEST_TOKEN
