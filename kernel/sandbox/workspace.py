"""Files of a workspace, touched from outside the sandbox without trusting what is in it.

A sandboxed command may plant links, pipes and huge files and swap them while we look. So every
path is resolved beneath the root by the kernel, only regular files are read or written, sizes are
capped, and what we create belongs to the workspace's owner. Blocking: call it from a thread.
"""

from __future__ import annotations

import os
import stat
from bisect import bisect_right
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from operator import itemgetter
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import BinaryIO, Literal, Protocol, Self

from kernel.sandbox.beneath import open_beneath
from kernel.sandbox.editing import remove_from, replace_in
from kernel.sandbox.errors import (
    FileTooLargeError,
    NotAFileError,
    PathDeniedError,
    PathEscapesError,
)
from kernel.sandbox.quota import DiskUsage, disk_usage

EntryKind = Literal["file", "directory", "link", "other"]
_INSIDE = PurePosixPath("/workspace")


@dataclass(frozen=True, kw_only=True)
class Content:
    """A part of a file: `size` is the whole file's."""

    data: bytes
    size: int


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One name in a directory, not followed when it is a link."""

    name: str
    kind: EntryKind
    size: int
    modified_ns: int

    @property
    def key(self) -> str:
        """Its place in the order of a page."""
        return _key(self.name, is_folder=self.kind == "directory")


@dataclass(frozen=True, kw_only=True)
class Listing:
    """A directory by name; `complete` is False when it held more than was asked for."""

    entries: tuple[Entry, ...]
    complete: bool


class Closed(Protocol):
    """A rule that closes paths of a workspace."""

    def __call__(self, path: str, *, writes: bool) -> bool:
        """Whether it may not be read, or not be written."""


class Workspace:
    """A workspace held open by descriptor. Use it as a context manager.

    Paths are relative to it, or absolute as the sandboxed command sees them (`/workspace/…`, or
    the real path). Raises `PathEscapesError` for all others, and `OSError` as the system does.
    """

    def __init__(self, root: Path, closed: Closed | None = None) -> None:
        self._path, self._closed = root, closed
        self._root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        found = os.fstat(self._root)
        self._owner = (found.st_uid, found.st_gid)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        os.close(self._root)

    def resolve(self, path: str) -> PurePosixPath:
        """The relative form of a path somebody gave; links are judged when it is opened."""
        given = PurePosixPath(path)
        if "\0" in path:
            raise PathEscapesError
        if not given.is_absolute():
            return given
        for base in (_INSIDE, PurePosixPath(self._path)):
            if given.is_relative_to(base):
                return given.relative_to(base)
        raise PathEscapesError

    def read(self, path: str, *, max_bytes: int, offset: int = 0) -> Content:
        """At most `max_bytes` of a regular file, from `offset`."""
        with self._open(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
            size = _regular(descriptor).st_size
            return Content(data=_read_at(descriptor, max_bytes, offset), size=size)

    def size(self, path: str) -> int | None:
        """How long a regular file is; None where there is none."""
        try:
            with self._open(path, os.O_RDONLY | os.O_NONBLOCK) as descriptor:
                return _regular(descriptor).st_size
        except FileNotFoundError:
            return None

    def write(self, path: str, data: bytes, *, max_bytes: int) -> None:
        """Replace a file's content in place, or create it with the directories above it."""
        if len(data) > max_bytes:
            raise FileTooLargeError
        target = self.resolve(path)
        self._make_directories(target.parent)
        with self._open(path, os.O_WRONLY | os.O_CREAT | os.O_NONBLOCK, 0o644) as descriptor:
            _regular(descriptor)
            self._own(descriptor)
            os.ftruncate(descriptor, 0)
            _write_all(descriptor, data)

    def make_directory(self, path: str) -> None:
        """Make a directory and those above it; an existing one is fine."""
        self._make_directories(self.resolve(path))

    def remove(self, path: str) -> None:
        """Remove a file or link (not what it points to), or an empty directory."""
        target = self.resolve(path)
        with self._open(str(target.parent), os.O_PATH | os.O_DIRECTORY) as parent:
            try:
                os.unlink(target.name, dir_fd=parent)
            except IsADirectoryError:
                os.rmdir(target.name, dir_fd=parent)

    def list(self, path: str = ".", *, max_entries: int = 1000) -> Listing:
        """The first `max_entries` names of a directory, sorted."""
        with (
            self._open(path, os.O_RDONLY | os.O_DIRECTORY) as descriptor,
            os.scandir(descriptor) as names,
        ):
            found = list(islice(names, max_entries + 1))
            entries = [_entry(item) for item in found[:max_entries]]
        entries.sort(key=lambda entry: entry.name)
        return Listing(entries=tuple(entries), complete=len(found) <= max_entries)

    def page(self, path: str = ".", *, after: str = "", limit: int) -> Listing:
        """`limit` entries of a directory from behind a `Entry.key`: folders first, then by name.

        Only the page is looked at closely, however many names there are.
        """
        with (
            self._open(path, os.O_RDONLY | os.O_DIRECTORY) as descriptor,
            os.scandir(descriptor) as names,
        ):
            keyed = [(_key_of(item), item) for item in names]
            found = sorted(keyed, key=itemgetter(0))
            start = bisect_right(found, after, key=itemgetter(0)) if after else 0
            entries = [e for _, item in found[start : start + limit] if (e := _entry_if(item))]
        return Listing(entries=tuple(entries), complete=start + limit >= len(found))

    def open_file(self, path: str) -> BinaryIO:
        """A regular file to be read at leisure; it stays the same when its name is replaced."""
        descriptor = open_beneath(self._root, self.resolve(path), os.O_RDONLY | os.O_NONBLOCK)
        try:
            _regular(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return os.fdopen(descriptor, "rb")

    def replace(self, path: str, data: bytes, *, expected: str | None, part: str) -> int | None:
        """Put a file in place whole, if it is still what the writer saw: `editing.replace_in`."""
        target = self.resolve(path)
        self._make_directories(target.parent)
        with self._open(str(target.parent), os.O_RDONLY | os.O_DIRECTORY) as folder:
            return replace_in(
                folder, target.name, data, expected=expected, own=self._own, part=part
            )

    def remove_file(self, path: str, *, expected: str | None) -> int | None:
        """Remove a regular file if it is still what was seen; answers its size."""
        target = self.resolve(path)
        with self._open(str(target.parent), os.O_RDONLY | os.O_DIRECTORY) as folder:
            return remove_from(folder, target.name, expected=expected)

    def usage(self) -> DiskUsage:
        """What everything in it takes on disk."""
        return disk_usage(self._path)

    @contextmanager
    def _open(self, path: str, flags: int, mode: int = 0) -> Iterator[int]:
        descriptor = open_beneath(self._root, self.resolve(path), flags, mode)
        try:
            self._check(descriptor, writes=bool(flags & (os.O_WRONLY | os.O_RDWR)))
            yield descriptor
        finally:
            os.close(descriptor)

    def _check(self, descriptor: int, *, writes: bool) -> None:
        """Judge what was really opened: a link may have led elsewhere."""
        if self._closed is None:
            return
        root, real = (Path(f"/proc/self/fd/{one}").readlink() for one in (self._root, descriptor))
        if self._closed(os.path.relpath(real, root), writes=writes):
            raise PathDeniedError

    def _make_directories(self, path: PurePosixPath) -> None:
        done = PurePosixPath()
        for name in path.parts:
            with self._open(str(done), os.O_PATH | os.O_DIRECTORY) as parent:
                self._make_one(name, parent)
            done /= name

    def _make_one(self, name: str, parent: int) -> None:
        try:
            os.mkdir(name, 0o755, dir_fd=parent)
        except FileExistsError:
            return
        os.chown(name, *self._owner, dir_fd=parent, follow_symlinks=False)

    def _own(self, descriptor: int) -> None:
        if os.fstat(descriptor).st_uid != self._owner[0]:
            os.fchown(descriptor, *self._owner)


def _regular(descriptor: int) -> os.stat_result:
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode):
        raise NotAFileError
    return found


def _read_at(descriptor: int, max_bytes: int, offset: int) -> bytes:
    """pread(2) may give less than asked for."""
    parts: list[bytes] = []
    left = max_bytes
    while left > 0 and (part := os.pread(descriptor, left, offset)):
        parts.append(part)
        left -= len(part)
        offset += len(part)
    return b"".join(parts)


def _write_all(descriptor: int, data: bytes) -> None:
    rest = memoryview(data)
    while rest:
        rest = rest[os.write(descriptor, rest) :]


def _entry(item: os.DirEntry[str]) -> Entry:
    found = item.stat(follow_symlinks=False)
    return Entry(
        name=item.name, kind=_kind(found.st_mode), size=found.st_size, modified_ns=found.st_mtime_ns
    )


def _entry_if(item: os.DirEntry[str]) -> Entry | None:
    """The entry, unless it vanished since it was named."""
    try:
        return _entry(item)
    except FileNotFoundError:
        return None


def _key(name: str, *, is_folder: bool) -> str:
    return f"{'0' if is_folder else '1'}{name}"


def _key_of(item: os.DirEntry[str]) -> str:
    return _key(item.name, is_folder=item.is_dir(follow_symlinks=False))


def _kind(mode: int) -> EntryKind:
    if stat.S_ISREG(mode):
        return "file"
    if stat.S_ISDIR(mode):
        return "directory"
    return "link" if stat.S_ISLNK(mode) else "other"
