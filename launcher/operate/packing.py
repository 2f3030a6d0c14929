"""The files of an installation into a tar stream and out again, while agents go on writing them.

An agent may swap a directory for a link at any moment, so every step goes down from an open
directory and follows nothing; a file that shrinks is filled up, one that grows is cut.
"""

from __future__ import annotations

import os
import stat
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from launcher.failure import LauncherError

PIECES: dict[str, Any] = {"bufsize": 1 << 20, "copybufsize": 1 << 20}
"""How many bytes go through at once."""
TREES = ("blobs", "work", "servers")
"""What belongs to an installation besides its database and keys."""


@dataclass
class Packed:
    """What went into a stream."""

    files: int = 0
    size: int = 0
    blobs: set[str] = field(default_factory=set)
    """Tenant and digest of every stored content."""


def pack(data_dir: Path, target: Any, tell: Callable[[Packed], None]) -> Packed:
    """Writes every tree that exists to an object with `write`."""
    packed = Packed()
    with tarfile.open(fileobj=target, mode="w|", format=tarfile.PAX_FORMAT, **PIECES) as tar:
        for tree in TREES:
            for name, descriptor, entry in _walk(data_dir, tree):
                _add(tar, name, descriptor, entry, packed)
                tell(packed)
    return packed


def unpack(source: Any, data_dir: Path, tell: Callable[[int], None]) -> None:
    """Writes a stream's trees beneath a directory, with owners when root."""
    try:
        with tarfile.open(fileobj=source, mode="r|", **PIECES) as tar:
            tar.extractall(data_dir, _counted(tar, tell), numeric_owner=True, filter=_inside)
    except tarfile.TarError as error:
        raise LauncherError(f"The files of the backup cannot be unpacked: {error}.") from error


def _counted(tar: tarfile.TarFile, tell: Callable[[int], None]) -> Iterator[tarfile.TarInfo]:
    for number, member in enumerate(tar, 1):
        if Path(member.name).parts[0] not in TREES:
            raise LauncherError(f"The backup holds a strange file: {member.name!r}.")
        yield member
        tell(number)


def _inside(member: tarfile.TarInfo, path: str) -> tarfile.TarInfo:
    """Refuses what would land elsewhere; keeps the modes agents gave their files."""
    return tarfile.tar_filter(member, path).replace(mode=member.mode & 0o777)


def _walk(root: Path, tree: str) -> Iterator[tuple[str, int, str]]:
    """Yields (name in the archive, open directory, entry); "" is the directory itself."""
    if not (root / tree).is_dir():
        return
    for path, directories, files, descriptor in os.fwalk(root / tree, follow_symlinks=False):
        name = os.path.relpath(path, root)
        yield name, descriptor, ""
        links = [one for one in directories if _is_link(one, descriptor)]
        for entry in (*files, *links):
            yield f"{name}/{entry}", descriptor, entry


def _is_link(entry: str, directory: int) -> bool:
    try:
        return stat.S_ISLNK(os.stat(entry, dir_fd=directory, follow_symlinks=False).st_mode)
    except OSError:
        return False


def _add(tar: tarfile.TarFile, name: str, directory: int, entry: str, packed: Packed) -> None:
    try:
        status = os.stat(entry, dir_fd=directory, follow_symlinks=False) if entry else None
        status = status or os.fstat(directory)
        if stat.S_ISREG(status.st_mode):
            _add_file(tar, name, directory, entry, packed)
            return
        info = _info(name, status)
        if stat.S_ISDIR(status.st_mode):
            info.type = tarfile.DIRTYPE
        elif stat.S_ISLNK(status.st_mode):
            info.type, info.linkname = tarfile.SYMTYPE, os.readlink(entry, dir_fd=directory)
        else:
            return  # sockets, pipes and devices mean nothing elsewhere
    except FileNotFoundError:
        return
    tar.addfile(info)


def _add_file(tar: tarfile.TarFile, name: str, directory: int, entry: str, packed: Packed) -> None:
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(entry, flags, dir_fd=directory)
    except FileNotFoundError:
        return
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            return
        info = _info(name, status)
        info.size = status.st_size
        tar.addfile(info, _Exactly(file, status.st_size))
    packed.files += 1
    packed.size += status.st_size
    tree, *rest = name.split("/")
    if tree == "blobs" and len(rest) == 3:
        packed.blobs.add(f"{rest[0]}/{rest[2]}")


def _info(name: str, status: os.stat_result) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.mode, info.mtime = stat.S_IMODE(status.st_mode), int(status.st_mtime)
    info.uid, info.gid = status.st_uid, status.st_gid
    return info


class _Exactly:
    """Reads exactly so many bytes of a file, whatever happens to it meanwhile."""

    def __init__(self, file: IO[bytes], size: int) -> None:
        self._file = file
        self._left = size

    def read(self, size: int = -1) -> bytes:
        """Returns the next bytes, zeros where the file has lost its end."""
        wanted = self._left if size < 0 else min(size, self._left)
        data = self._file.read(wanted) or b""
        self._left -= wanted
        return data + bytes(wanted - len(data))
