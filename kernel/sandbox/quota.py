"""How much disk a workspace takes, measured without trusting what lies in it."""

from __future__ import annotations

import contextlib
import errno
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from kernel.sandbox.errors import SandboxError


class WorkspaceTooDeepError(SandboxError):
    """The workspace holds a directory nested too deeply to be measured."""


@dataclass(frozen=True, kw_only=True)
class DiskUsage:
    """Allocated bytes (blocks, not lengths: holes are free) and the number of entries."""

    bytes: int
    entries: int


def disk_usage(root: Path) -> DiskUsage:
    """Walk everything below `root` without following links; hard links count once.

    Entries that vanish meanwhile are skipped. Raises `WorkspaceTooDeepError` for a path longer
    than the system can name, where files could otherwise hide from the quota.
    """
    total = entries = 0
    linked: set[tuple[int, int]] = set()
    for found in _walk(root):
        entries += 1
        if found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode):
            key = (found.st_dev, found.st_ino)
            if key in linked:
                continue
            linked.add(key)
        total += found.st_blocks * 512
    return DiskUsage(bytes=total, entries=entries)


def _walk(root: Path) -> Iterator[os.stat_result]:
    """Iterative on purpose: a hostile tree is deeper than Python's recursion limit."""
    waiting = [str(root)]
    while waiting:
        for entry, found in _entries(waiting.pop()):
            yield found
            if stat.S_ISDIR(found.st_mode):
                waiting.append(entry.path)


def _entries(directory: str) -> Iterator[tuple[os.DirEntry[str], os.stat_result]]:
    try:
        with os.scandir(directory) as entries:
            for entry in entries:
                with contextlib.suppress(FileNotFoundError):
                    yield entry, entry.stat(follow_symlinks=False)
    except (FileNotFoundError, NotADirectoryError, PermissionError):
        return
    except OSError as error:
        if error.errno != errno.ENAMETOOLONG:
            raise
        raise WorkspaceTooDeepError(remedy="Remove it from inside the sandbox.") from None
