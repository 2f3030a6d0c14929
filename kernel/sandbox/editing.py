"""Replacing files that a sandboxed command may be changing: whole or not at all, never through a
link, and only what the writer has seen.

Blocking: call it from a thread.
"""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Callable

from blake3 import blake3

from kernel.sandbox.errors import FileChangedError, NotAFileError

ABSENT = "absent"
"""The version of a file that is not there."""
HASHED_BYTES = 32 << 20
_CHUNK = 1 << 20
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


def version_of(descriptor: int) -> str:
    """What tells this content from any other: its hash; of a huge file its place, size and time."""
    found = os.fstat(descriptor)
    if found.st_size > HASHED_BYTES:
        return f"s-{found.st_ino:x}-{found.st_size:x}-{found.st_mtime_ns:x}-{found.st_ctime_ns:x}"
    digest, offset = blake3(), 0
    while part := os.pread(descriptor, _CHUNK, offset):
        digest.update(part)
        offset += len(part)
    return digest.hexdigest()[:40]


def version_of_bytes(data: bytes) -> str:
    """The version that a file with this content has."""
    return blake3(data).hexdigest()[:40]


def replace_in(
    folder: int,
    name: str,
    data: bytes,
    *,
    expected: str | None,
    own: Callable[[int], None],
    part: str,
) -> int | None:
    """Put `data` in the place of `name` in an open folder; answers the size it had, if it was.

    `expected` is the version the writer saw (`ABSENT` for none, None for whatever is there); a file
    that has another one is left as it is and `FileChangedError` says so. `part` names the copy on
    its way, which an interrupted write may leave and the next one takes away. A write that was
    done already is done.
    """
    before, version, mode = _look(folder, name)
    if version == version_of_bytes(data):
        return before
    if expected is not None and version != expected:
        raise FileChangedError
    _write_part(folder, part, data, mode, own)
    try:
        if version == ABSENT:
            _appear(folder, part, name)
        else:
            os.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    finally:
        _forget(folder, part)
    return before


def remove_from(folder: int, name: str, *, expected: str | None) -> int | None:
    """Take a file away if it is still what its remover saw; answers the size it had."""
    before, version, _mode = _look(folder, name)
    if version == ABSENT:
        return None
    if expected is not None and version != expected:
        raise FileChangedError
    os.unlink(name, dir_fd=folder)
    return before


def _look(folder: int, name: str) -> tuple[int | None, str, int]:
    """Size, version and mode of what stands there; a link, pipe or folder is no file to replace."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
    except FileNotFoundError:
        return None, ABSENT, 0o644
    if not stat.S_ISREG(found.st_mode):
        raise NotAFileError
    descriptor = os.open(name, _FILE, dir_fd=folder)
    try:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise NotAFileError
        return found.st_size, version_of(descriptor), stat.S_IMODE(found.st_mode) & 0o777
    finally:
        os.close(descriptor)


def _write_part(folder: int, part: str, data: bytes, mode: int, own: Callable[[int], None]) -> None:
    _forget(folder, part)
    descriptor = os.open(part, _NEW, 0o600, dir_fd=folder)
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
        file.flush()
        own(descriptor)
        os.fchmod(descriptor, mode)
        os.fsync(descriptor)


def _appear(folder: int, part: str, name: str) -> None:
    """A new name; one that somebody else made meanwhile is theirs."""
    try:
        os.link(part, name, src_dir_fd=folder, dst_dir_fd=folder)
    except FileExistsError:
        raise FileChangedError from None


def _forget(folder: int, part: str) -> None:
    with contextlib.suppress(FileNotFoundError):
        os.unlink(part, dir_fd=folder)
