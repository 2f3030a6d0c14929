"""One `up` per data directory: a lock that dies with its holder, and a note of who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, Any

from launcher.failure import LauncherError

UNFINISHED = "restoring"
"""A file in a data directory whose restore did not come to its end."""


class TakenError(LauncherError):
    """Somebody else holds the data directory."""


class Instance:
    """Our hold on a data directory, from `up` (or `what` else) to its end."""

    def __init__(self, data_dir: Path, url: str = "", *, what: str = "Quarterdeck") -> None:
        self._path = data_dir / "up.json"
        self._file = self._lock()
        now = time.strftime("%Y-%m-%d %H:%M:%S")
        note = {"pid": os.getpid(), "started_at": now, "url": url, "what": what}
        self._file.truncate(0)
        self._file.seek(0)
        json.dump(note, self._file)
        self._file.flush()

    def release(self) -> None:
        """Lets others in."""
        self._file.truncate(0)
        self._file.close()

    def _lock(self) -> IO[str]:
        file = self._path.open("a+")
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            file.close()
            raise TakenError(_taken(self._path)) from None
        return file


def holder(data_dir: Path) -> Mapping[str, Any] | None:
    """Returns the note of whoever holds a data directory now; None when nobody does."""
    path = data_dir / "up.json"
    if not path.exists():
        return None
    with path.open() as file:
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            with suppress(ValueError):
                return dict(json.loads(path.read_text()))
            return {}
    return None


def _taken(path: Path) -> str:
    what, who = "Quarterdeck", ""
    with suppress(ValueError, KeyError):  # it has only just begun, or ends right now
        note = json.loads(path.read_text())
        where = f" at {note['url']}" if note["url"] else ""
        who = f"{where} (process {note['pid']}, since {note['started_at']})"
        what = note["what"]
    return f"{what} already runs on {path.parent}{who}: stop it or choose another --data-dir."
