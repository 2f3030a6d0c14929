"""Opening a path beneath a directory without ever leaving it, whoever swaps links meanwhile.

Source: openat2(2), RESOLVE_BENEATH (Linux 5.6). Where it is missing, a walk that follows no link.
"""

from __future__ import annotations

import ctypes
import errno
import os
import struct
from pathlib import PurePosixPath

from kernel.sandbox.errors import PathEscapesError

_SYS_OPENAT2 = 437  # the same on every architecture
_RESOLVE_NO_MAGICLINKS = 0x02
_RESOLVE_BENEATH = 0x08
_ATTEMPTS = 16
_ESCAPES = (errno.EXDEV, errno.ELOOP)

_libc = ctypes.CDLL(None, use_errno=True)


def open_beneath(root: int, path: PurePosixPath, flags: int, mode: int = 0) -> int:
    """A descriptor for `path` below the directory `root`; close-on-exec.

    Links are followed as long as they stay below. Raises `PathEscapesError` for a path that
    leaves, else what open(2) would raise.
    """
    if path.is_absolute():
        raise PathEscapesError
    flags |= os.O_CLOEXEC
    try:
        return _openat2(root, path, flags, mode)
    except OSError as error:
        if error.errno in _ESCAPES:
            raise PathEscapesError from error
        if error.errno not in (errno.ENOSYS, errno.EPERM):
            raise
    return open_without_links(root, path, flags, mode)


def open_without_links(root: int, path: PurePosixPath, flags: int, mode: int = 0) -> int:
    """The fallback: every component by descriptor, no link and no `..` anywhere."""
    if path.is_absolute() or ".." in path.parts:
        raise PathEscapesError
    current = os.dup(root)
    try:
        for name in path.parts[:-1]:
            below = _open_plain(name, os.O_PATH | os.O_DIRECTORY, 0, current)
            os.close(current)
            current = below
        return _open_plain(path.name or ".", flags, mode, current)
    finally:
        os.close(current)


def _open_plain(name: str, flags: int, mode: int, directory: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW | os.O_CLOEXEC, mode, dir_fd=directory)
    except OSError as error:
        if error.errno == errno.ELOOP or _is_link(name, directory):
            raise PathEscapesError from error
        raise


def _is_link(name: str, directory: int) -> bool:
    """O_DIRECTORY with O_NOFOLLOW answers ENOTDIR for a link, as for a file."""
    try:
        os.readlink(name, dir_fd=directory)
    except OSError:
        return False
    return True


def _openat2(root: int, path: PurePosixPath, flags: int, mode: int) -> int:
    how = struct.pack("<QQQ", flags, mode, _RESOLVE_BENEATH | _RESOLVE_NO_MAGICLINKS)
    number = errno.EAGAIN
    for _ in range(_ATTEMPTS):
        descriptor = int(_libc.syscall(_SYS_OPENAT2, root, os.fsencode(path), how, len(how)))
        if descriptor >= 0:
            return descriptor
        number = ctypes.get_errno()
        if number != errno.EAGAIN:  # a rename in between: the kernel asks to try again
            break
    raise OSError(number, os.strerror(number), str(path))
