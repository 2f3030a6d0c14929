"""Where gateways are found: one socket each in a directory that only we may enter.

Socket paths have room for 107 bytes only (unix(7)), data directories are longer at times; so the
directory is opened and its sockets are addressed through `/proc/self/fd`.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import secrets
import socket
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings

_SUFFIX = ".sock"


def directory() -> Path:
    """Where the sockets of this installation lie; made on demand, private."""
    path = Path(settings.DATA_DIR) / "run" / "gateways"
    path.mkdir(parents=True, exist_ok=True, mode=0o700)
    return path


def names() -> list[str]:
    """The sockets that are there; some may belong to gateways that are gone."""
    with contextlib.suppress(FileNotFoundError):
        return sorted(path.name for path in directory().glob(f"*{_SUFFIX}"))
    return []


def ranked(key: str) -> list[str]:
    """The sockets in the order in which calls with this key try them (highest random weight):
    the same gateway serves the same key as long as it lives."""

    def weight(name: str) -> bytes:
        return hashlib.sha256(f"{key}|{name}".encode()).digest()

    return sorted(names(), key=weight)


@contextlib.contextmanager
def addressed(name: str) -> Iterator[str]:
    """A path to one socket that is short enough for connect and bind."""
    opened = os.open(directory(), os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        yield f"/proc/self/fd/{opened}/{name}"
    finally:
        os.close(opened)


async def dial(name: str) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """Connect to one gateway; a socket whose owner is gone raises `OSError`."""
    with addressed(name) as path:
        return await asyncio.open_unix_connection(path)


def bind() -> tuple[str, socket.socket]:
    """A new listening socket with a name of its own."""
    name = f"{os.getpid()}-{secrets.token_hex(4)}{_SUFFIX}"
    listening = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    with addressed(name) as path:
        listening.bind(path)
    (directory() / name).chmod(0o600)
    listening.listen(128)
    listening.settimeout(0)
    return name, listening


def remove(name: str) -> None:
    """Forget a socket."""
    with contextlib.suppress(FileNotFoundError):
        (directory() / name).unlink()


def any_alive() -> bool:
    """Whether somebody listens on one of the sockets."""
    return any(_answers(name) for name in names())


def sweep() -> None:
    """Remove the sockets of gateways that died without doing so themselves."""
    for name in names():
        if not _answers(name):
            remove(name)


def _answers(name: str) -> bool:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as trial, addressed(name) as path:
        trial.settimeout(1)
        try:
            trial.connect(path)
        except (ConnectionRefusedError, FileNotFoundError):
            return False
        except OSError:
            return True
    return True
