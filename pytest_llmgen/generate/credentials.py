"""Whether the SDK would find credentials, in its own order, without importing it."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

_IDENTITY = ("ANTHROPIC_IDENTITY_TOKEN", "ANTHROPIC_IDENTITY_TOKEN_FILE")
_FEDERATION = ("ANTHROPIC_FEDERATION_RULE_ID", "ANTHROPIC_ORGANIZATION_ID")


def has_credentials(env: Mapping[str, str], home: Path | None = None) -> bool:
    """Whether a key, a token, a profile or a workload identity is there.

    ``ANTHROPIC_BASE_URL`` alone is not one.  ``home`` is where the profiles of this person are looked for
    (default: from ``env``).
    """
    if any(env.get(name) for name in ("ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "ANTHROPIC_PROFILE")):
        return True
    if _has_header(env.get("ANTHROPIC_CUSTOM_HEADERS", "")):
        return True
    if any(env.get(name) for name in _IDENTITY) and all(env.get(name) for name in _FEDERATION):
        return True
    return _has_profile(_config_dir(env, home))


def _has_header(headers: str) -> bool:
    names = {line.partition(":")[0].strip().lower() for line in headers.split("\n") if line.partition(":")[2].strip()}
    return bool(names & {"x-api-key", "authorization"})


def _config_dir(env: Mapping[str, str], home: Path | None) -> Path | None:
    if given := env.get("ANTHROPIC_CONFIG_DIR"):
        return Path(given)
    if sys.platform == "win32" and (roaming := env.get("APPDATA")):
        return Path(roaming) / "Anthropic"
    home = home or (Path(env["HOME"]) if env.get("HOME") else None)
    return home / ".config" / "anthropic" if home else None


def _has_profile(folder: Path | None) -> bool:
    if folder is None:
        return False
    try:
        pointer = folder / "active_config"
        name = pointer.read_text(encoding="utf-8").strip() if pointer.is_file() else ""
        name = name or "default"
        return "/" not in name and "\\" not in name and (folder / "configs" / f"{name}.json").is_file()
    except (OSError, ValueError):
        return False
