"""A folder as one compressed archive, made while it is read: nothing of it lies in memory or on
disk twice.

Names that are no text and rights are kept, which is why it is tar. Links are packed as links, never
followed; pipes, sockets and devices are left out, as is what vanishes meanwhile.
"""

from __future__ import annotations

import os
import stat
import tarfile
import zlib
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from threading import Lock

from kernel.sandbox.beneath import open_beneath
from kernel.sandbox.copying import FILE, FOLDER, GONE

_CHUNK = 1 << 18
_GZIP = 31  # zlib's window bits for a gzip header and trailer
_MODES = {stat.S_IFDIR: tarfile.DIRTYPE, stat.S_IFLNK: tarfile.SYMTYPE}


class Archive(Iterator[bytes]):
    """The pieces of a tar.gz. Close it; closing waits for the piece that another thread makes."""

    def __init__(self, base: int, name: str, leave_out: Collection[str]) -> None:
        self._base = base
        self._pieces = _compressed(base, PurePosixPath(name), frozenset(leave_out))
        self._lock = Lock()
        self._open = True

    def __next__(self) -> bytes:
        with self._lock:
            if not self._open:
                raise StopIteration
            return next(self._pieces)

    def __del__(self) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the folder."""
        with self._lock:
            if self._open:
                self._open = False
                os.close(self._base)


def archive_beneath(
    root: Path, inside: PurePosixPath, name: str, *, leave_out: Collection[str] = ()
) -> Archive:
    """The directory `inside` of `root` as pieces of a tar.gz whose top folder is `name`.

    Raises at once what opening the directory raises; see `open_beneath`.
    """
    top = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        base = open_beneath(top, inside, os.O_RDONLY | os.O_DIRECTORY)
    finally:
        os.close(top)
    return Archive(base, name, leave_out)


def _compressed(base: int, name: PurePosixPath, leave_out: frozenset[str]) -> Iterator[bytes]:
    packer, ready = zlib.compressobj(6, zlib.DEFLATED, _GZIP), bytearray()
    for part in _folders(base, name, leave_out):
        ready += packer.compress(part)
        if len(ready) >= _CHUNK:
            yield bytes(ready)
            ready.clear()
    yield bytes(ready + packer.compress(bytes(2 * tarfile.BLOCKSIZE)) + packer.flush())


def _folders(base: int, name: PurePosixPath, leave_out: frozenset[str]) -> Iterator[bytes]:
    """Every folder, each before what is in it."""
    waiting = [PurePosixPath()]
    while waiting:
        folder = waiting.pop()
        try:
            descriptor = open_beneath(base, folder, FOLDER)
        except GONE:
            continue
        try:
            yield _head(name / folder, os.fstat(descriptor))
            with os.scandir(descriptor) as entries:
                names = sorted(one.name for one in entries if one.name not in leave_out)
            for one in names:
                if _is_folder(descriptor, one):
                    waiting.append(folder / one)
                else:
                    yield from _entry(descriptor, one, name / folder / one)
        finally:
            os.close(descriptor)


def _is_folder(folder: int, name: str) -> bool:
    with suppress(*GONE):
        return stat.S_ISDIR(os.stat(name, dir_fd=folder, follow_symlinks=False).st_mode)
    return False


def _entry(folder: int, name: str, path: PurePosixPath) -> Iterator[bytes]:
    """A link, or a file of the size it has now: what it grows by is left out, what it loses is made
    up for by zeros, for the archive has said its size."""
    try:
        found = os.stat(name, dir_fd=folder, follow_symlinks=False)
        if stat.S_ISLNK(found.st_mode):
            yield _head(path, found, os.readlink(name, dir_fd=folder))
        if not stat.S_ISREG(found.st_mode):
            return
        descriptor = os.open(name, FILE, dir_fd=folder)
    except OSError:
        return
    with os.fdopen(descriptor, "rb") as source:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            return
        yield _head(path, found)
        rest = found.st_size
        while rest:
            part = source.read(min(rest, _CHUNK)) or bytes(min(rest, _CHUNK))
            rest -= len(part)
            yield part
        yield bytes(-found.st_size % tarfile.BLOCKSIZE)


def _head(path: PurePosixPath, found: os.stat_result, target: str = "") -> bytes:
    """One entry's header; whose it is stays in the house."""
    member = tarfile.TarInfo(str(path))
    member.type = _MODES.get(stat.S_IFMT(found.st_mode), tarfile.REGTYPE)
    member.mode = stat.S_IMODE(found.st_mode) & 0o777
    member.mtime = int(found.st_mtime)
    member.linkname = target
    member.size = found.st_size if stat.S_ISREG(found.st_mode) else 0
    return member.tobuf(tarfile.GNU_FORMAT, "utf-8", "surrogateescape")
