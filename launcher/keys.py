"""Generated secrets: one file each, 0600, in a directory only its owner may enter."""

from __future__ import annotations

import base64
import os
import secrets
from collections.abc import Callable
from pathlib import Path


def keys_directory(data_dir: Path) -> Path:
    """Makes `D/keys` (0700) when it is missing and returns it."""
    path = data_dir / "keys"
    path.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.chmod(0o700)
    return path


def password() -> str:
    """Makes a password of 192 random bits that needs no quoting in a URL."""
    return secrets.token_urlsafe(24)


def master_key() -> str:
    """Makes 32 random bytes in base64: the key that encrypts stored secrets."""
    return base64.b64encode(secrets.token_bytes(32)).decode()


def stored(path: Path, make: Callable[[], str] = password) -> str:
    """Returns the secret kept at `path`; makes it on first use, whole or not at all."""
    if not path.exists():
        write_secret(path, make())
    path.chmod(0o600)
    return path.read_text().strip()


def write_secret(path: Path, text: str) -> None:
    """Writes a 0600 file in one step, so that a crash never leaves half a key."""
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text + "\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError:
        draft.unlink(missing_ok=True)
        raise
