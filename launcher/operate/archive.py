"""A backup is one tar file: the database's dump, the files, and at its very end the manifest.

Every part is written in one pass: its header is filled in afterwards, when its size is known. What
is half made has a name of its own, no manifest, and goes as soon as somebody backs up again.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import json
import os
import tarfile
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from launcher.failure import LauncherError

FORMAT = 1
MANIFEST, DUMP, FILES = "manifest.json", "database.dump", "files.tar"
PARTIAL = ".quarterdeck-partial"
"""A name of our own: what lies there under it may be removed."""
BLOCK = 512
PIECE = 1 << 20
FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
MIB = 1 << 20


class Part:
    """A part under way: takes bytes, counts and hashes them."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._digest = hashlib.sha256()
        self.size = 0

    def write(self, data: bytes) -> int:
        """Appends to the part."""
        self._file.write(data)
        self._digest.update(data)
        self.size += len(data)
        return len(data)

    @property
    def sha256(self) -> str:
        """The checksum of what was written so far."""
        return self._digest.hexdigest()


@dataclass
class Writer:
    """An archive being written."""

    file: IO[bytes]
    parts: dict[str, dict[str, Any]] = field(default_factory=dict)

    @contextmanager
    def part(self, name: str) -> Iterator[Part]:
        """Opens the next part; its header is written when it ends."""
        begin = self.file.tell()
        self.file.write(bytes(BLOCK))
        part = Part(self.file)
        yield part
        self.file.write(bytes(-part.size % BLOCK))
        end = self.file.tell()
        self.file.seek(begin)
        self.file.write(_header(name, part.size))
        self.file.seek(end)
        self.parts[name] = {"size": part.size, "sha256": part.sha256}

    def finish(self, manifest: Mapping[str, Any]) -> None:
        """Writes the manifest, without which an archive is none, and the end of a tar file."""
        whole = {"format": FORMAT, **manifest, "parts": dict(self.parts)}
        with self.part(MANIFEST) as part:
            part.write(json.dumps(whole, indent=1, sort_keys=True).encode() + b"\n")
        self.file.write(bytes(2 * BLOCK))
        self.file.flush()
        os.fsync(self.file.fileno())


@contextmanager
def drafted(target: Path) -> Iterator[IO[bytes]]:
    """Yields a file that gets its name only when it is whole and on the disk."""
    if target.exists():
        raise LauncherError(f"{target} exists already: choose another name.")
    draft = target.with_name(target.name + PARTIAL)
    written = 0
    try:
        descriptor = os.open(draft, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            try:
                yield file
            finally:
                written = draft.stat().st_size
            draft.rename(target)
        sync_directory(target.parent)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise told(error, target, written) from error
    except BaseException:
        draft.unlink(missing_ok=True)
        raise


def told(error: OSError, target: Path, written: int = 0) -> LauncherError:
    """Says in one sentence why a file could not be written."""
    if error.errno in FULL:
        return LauncherError(
            f"The disk that holds {target.parent} is full after {written // MIB} MiB: nothing was "
            "left there; make room or choose another place with --to."
        )
    return LauncherError(f"{target} cannot be written: {error.strerror or error}.")


def sweep(directory: Path) -> int:
    """Removes what backups that were killed left in a directory; says how many."""
    removed = 0
    for draft in directory.glob(f"*{PARTIAL}"):
        with draft.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                continue
            draft.unlink()
            removed += 1
    return removed


def sync_directory(path: Path) -> None:
    """Makes the names in a directory survive a loss of power."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@dataclass
class Slice:
    """The next so many bytes of a file, as a file."""

    file: IO[bytes]
    left: int

    def read(self, size: int) -> bytes:
        """Returns the next bytes, fewer only at the end."""
        data = self.file.read(min(size, self.left))
        self.left -= len(data)
        return data


@dataclass(frozen=True)
class Archive:
    """A finished archive: its manifest and where its parts lie."""

    path: Path
    manifest: Mapping[str, Any]
    places: Mapping[str, tuple[int, int]]

    @contextmanager
    def part(self, name: str) -> Iterator[Slice]:
        """Opens a part for reading."""
        begin, size = self.places[name]
        with self.path.open("rb") as file:
            file.seek(begin)
            yield Slice(file, size)

    def pieces(self, name: str) -> Iterator[bytes]:
        """Yields a part, piece by piece."""
        with self.part(name) as part:
            while data := part.read(PIECE):
                yield data

    def check(self) -> None:
        """Reads every part and compares it with the manifest."""
        for name, known in self.manifest["parts"].items():
            digest = hashlib.sha256()
            for data in self.pieces(name):
                digest.update(data)
            size = self.places[name][1]
            if (size, digest.hexdigest()) != (known["size"], known["sha256"]):
                raise LauncherError(f"{self.path} is damaged: {name} is not what was written.")


def read(path: Path) -> Archive:
    """Opens an archive; says so when it is none or only half of one."""
    try:
        with tarfile.open(path, "r:") as tar:
            members = {member.name: member for member in tar}
            found = tar.extractfile(members[MANIFEST])
            manifest = json.load(found) if found else {}
        places = {name: (one.offset_data, one.size) for name, one in members.items()}
        whole = {DUMP, FILES} <= places.keys() & manifest["parts"].keys()
    except (tarfile.TarError, KeyError, ValueError, TypeError) as error:
        message = f"{path} is no whole backup of Quarterdeck: take another file."
        raise LauncherError(message) from error
    except OSError as error:
        raise LauncherError(f"{path} cannot be read: {error.strerror or error}.") from error
    if not whole:
        raise LauncherError(f"{path} is no whole backup of Quarterdeck: take another file.")
    return Archive(path, manifest, places)


def _header(name: str, size: int) -> bytes:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info.tobuf(tarfile.GNU_FORMAT)
