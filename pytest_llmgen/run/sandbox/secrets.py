"""What generated code must not read, by name: the one list, which docs/explanation/sandbox.md shows."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import suppress
from fnmatch import translate
from pathlib import Path

IN_PROJECT = (
    *(".env", ".env.*", ".envrc", "*.env", ".git", ".hg", ".svn", ".jj", ".git-credentials"),
    *(".netrc", "_netrc", ".pypirc", ".npmrc", ".yarnrc.yml", ".pgpass", ".my.cnf", ".htpasswd", ".boto", ".s3cfg"),
    *(".ssh", ".aws", ".azure", ".gnupg", ".kube", ".docker", ".config/gcloud", ".terraformrc", ".vault-token"),
    *("credentials.json", "client_secret*.json", "service-account*.json", "service_account*.json"),
    *("secrets.toml", "secrets.yaml", "secrets.yml", "secrets.json", "*.tfstate", "*.tfvars", "*.kdbx"),
    *("id_rsa", "id_dsa", "id_ecdsa", "id_ed25519", "*.p12", "*.pfx", "*.jks", "*.keystore", "*.ppk"),
)
"""Names anywhere in the project, and in folders that it imports from."""

_NAMES = frozenset(name for name in IN_PROJECT if "*" not in name)
_PATTERN = re.compile("|".join(translate(name) for name in IN_PROJECT if name not in _NAMES))

KEYS = ("*.pem", "*.key")
"""Hidden only where a private key is in them: certificates are no secret, and many suites bring their own."""
_KEY = re.compile("|".join(map(translate, KEYS)))
PRIVATE_KEY = b"PRIVATE KEY"
KEY_BYTES = 1 << 16

IN_HOME = (
    *(".ssh", ".aws", ".gnupg", ".kube", ".docker", ".azure", ".netrc", ".pypirc", ".npmrc", ".git-credentials"),
    *(".password-store", ".config", ".local/share/keyrings", ".claude", ".claude.json", ".mozilla", ".pki", ".pgpass"),
    *(".bash_history", ".python_history", ".zsh_history", ".vault-token", ".cargo/credentials", ".gem/credentials"),
    *(".cargo/credentials.toml", ".m2/settings.xml", ".terraform.d", ".cache", ".gitconfig", ".codex", ".gemini"),
)
"""Of a home folder that can't be hidden as a whole, as the project or the installation is all of it."""

IN_SYSTEM = (
    *("/etc/shadow", "/etc/shadow-", "/etc/gshadow", "/etc/gshadow-", "/etc/sudoers", "/etc/sudoers.d"),
    *("/etc/security/opasswd", "/etc/ssh", "/etc/ssl/private", "/etc/pki/tls/private", "/etc/letsencrypt"),
    *("/etc/krb5.keytab", "/etc/kubernetes", "/etc/rancher", "/etc/docker", "/etc/wireguard", "/etc/openvpn"),
    *("/etc/ppp", "/etc/NetworkManager", "/etc/netplan", "/etc/pip.conf", "/etc/gitconfig", "/etc/cron.d"),
    *("/etc/ipsec.secrets", "/etc/swanctl", "/etc/cloud", "/etc/environment", "/etc/netrc"),
)
"""Of the folders of the system."""

NOT_SEARCHED = frozenset(("node_modules", "__pycache__", ".tox", ".nox", ".mypy_cache", ".ruff_cache"))


def is_secret(folder: str, name: str) -> bool:
    """Whether a file or folder is hidden for its name; a virtual environment called ``.env`` is not."""
    if name in _NAMES or _PATTERN.match(name):
        return not os.path.lexists(f"{folder}/{name}/pyvenv.cfg")
    return _KEY.match(name) is not None and _holds_private_key(f"{folder}/{name}")


def secrets_below(root: Path, opened: frozenset[str] = frozenset()) -> Iterator[str]:
    """Paths of what is hidden below a folder; what is opened, and what is in it, is left out."""
    for folder, folders, files in os.walk(root):
        found = [name for name in (*folders, *files) if is_secret(folder, name)]
        yield from (path for name in found if (path := f"{folder}/{name}") not in opened)
        left_out = {*found, *NOT_SEARCHED}
        folders[:] = [n for n in folders if n not in left_out and not os.path.lexists(f"{folder}/{n}/pyvenv.cfg")]


def _holds_private_key(path: str) -> bool:
    with suppress(OSError), open(path, "rb") as stream:  # noqa: PTH123 (called for many files)
        return PRIVATE_KEY in stream.read(KEY_BYTES)
    return False
