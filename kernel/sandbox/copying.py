"""Copying a tree that somebody may be changing: what is read never lies outside its root.

Blocking: call it from a thread. Links are copied as links; pipes, sockets and devices are left out.
"""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Collection
from pathlib import Path, PurePosixPath

from kernel.sandbox.beneath import open_beneath
from kernel.sandbox.errors import PathEscapesError, TreeTooLargeError

FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
_CHUNK = 1 << 20
# Removed, swapped for a link, or closed to us since it was listed.
GONE = (FileNotFoundError, NotADirectoryError, PermissionError, PathEscapesError)


def copy_beneath(
    root: Path,
    inside: PurePosixPath,
    target: Path,
    *,
    max_bytes: int,
    leave_out: Collection[str] = (),
) -> None:
    """Copy the directory `inside` of `root` to `target`, which must not exist.

    What vanishes meanwhile, or may not be read, is left out. Raises `PathEscapesError` when
    `inside` leads out of the root, `TreeTooLargeError` above `max_bytes` of content, and
    `OSError` as the system does.
    """
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        base = open_beneath(top, inside, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        os.close(top)
    try:
        target.mkdir(mode=0o700)
        _Copy(base, target, max_bytes, frozenset(leave_out)).run()
    finally:
        os.close(base)


class _Copy:
    def __init__(self, base: int, target: Path, left: int, leave_out: frozenset[str]) -> None:
        self._base, self._target, self._left = base, target, left
        self._leave_out = leave_out

    def run(self) -> None:
        waiting, made = [PurePosixPath()], []
        try:
            while waiting:
                folder = waiting.pop()
                made.append((folder, self._folder(folder, waiting)))
        except OSError as error:
            if error.errno == errno.ENAMETOOLONG:
                raise TreeTooLargeError from error
            raise
        # Last and deepest first: a folder that may not be written takes nothing.
        for folder, found in reversed(made):
            if found is not None:
                _keep(self._target / folder, found)

    def _folder(self, folder: PurePosixPath, waiting: list[PurePosixPath]) -> os.stat_result | None:
        """Copy what is directly in a folder; the folders in it are left waiting."""
        try:
            descriptor = open_beneath(self._base, folder, FOLDER)
        except GONE:
            return None
        try:
            with os.scandir(descriptor) as entries:
                names = [entry.name for entry in entries if entry.name not in self._leave_out]
            for name in names:
                with contextlib.suppress(*GONE):
                    if self._entry(descriptor, folder / name):
                        waiting.append(folder / name)
            return os.fstat(descriptor)
        finally:
            os.close(descriptor)

    def _entry(self, descriptor: int, path: PurePosixPath) -> bool:
        """Copy one name; whether it is a folder, which is to be entered."""
        target = self._target / path
        mode = os.stat(path.name, dir_fd=descriptor, follow_symlinks=False).st_mode
        if stat.S_ISDIR(mode):
            target.mkdir(mode=0o700)
            return True
        if stat.S_ISLNK(mode):
            target.symlink_to(os.readlink(path.name, dir_fd=descriptor))
        elif stat.S_ISREG(mode):
            self._file(_open(path.name, descriptor), target)
        return False

    def _file(self, descriptor: int, target: Path) -> None:
        with os.fdopen(descriptor, "rb") as source:
            found = os.fstat(descriptor)
            if not stat.S_ISREG(found.st_mode):
                return
            self._left -= found.st_size
            if self._left < 0:
                raise TreeTooLargeError
            rest = found.st_size
            with target.open("xb") as sink:
                while rest and (part := source.read(min(rest, _CHUNK))):
                    sink.write(part)
                    rest -= len(part)
        _keep(target, found)


def _open(name: str, folder: int) -> int:
    try:
        return os.open(name, FILE, dir_fd=folder)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PathEscapesError from error
        raise


def _keep(target: Path, found: os.stat_result) -> None:
    """Mode, without what would raise rights, and times."""
    target.chmod(stat.S_IMODE(found.st_mode) & 0o777)
    os.utime(target, ns=(found.st_atime_ns, found.st_mtime_ns))
