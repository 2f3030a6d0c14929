"""One `up` per data directory: a lock that dies with its holder, and a note of who holds it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from pathlib import Path
from typing import IO

from launcher.failure import LauncherError


class Instance:
    """Our hold on a data directory, from `up` to its end."""

    def __init__(self, data_dir: Path, url: str) -> None:
        self._path = data_dir / "up.json"
        self._file = self._lock()
        note = {"pid": os.getpid(), "started_at": time.strftime("%Y-%m-%d %H:%M:%S"), "url": url}
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
            raise LauncherError(_taken(self._path)) from None
        return file


def _taken(path: Path) -> str:
    try:
        note = json.loads(path.read_text())
        who = f" at {note['url']} (process {note['pid']}, since {note['started_at']})"
    except (ValueError, KeyError):
        who = ""
    return f"Quarterdeck already runs on {path.parent}{who}: stop it or choose another --data-dir."
