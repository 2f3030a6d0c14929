"""One log file per process: whole lines, rotated by size, and shown to the terminal on request."""

from __future__ import annotations

import sys
from collections import deque
from contextlib import suppress
from pathlib import Path
from typing import TextIO

MAX_BYTES = 10 * 1024 * 1024
KEPT = 5
LONGEST_LINE = 64 * 1024
LAST_LINES = 4


class Log:
    """Takes the raw output of a process and writes it line by line."""

    def __init__(self, path: Path, *, echo: bool, stream: TextIO = sys.stderr) -> None:
        self.path = path
        self._echo = echo
        self._stream = stream
        self._rest = b""
        self._last: deque[str] = deque(maxlen=LAST_LINES)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = path.open("ab", buffering=0)
        if path.is_file():
            path.chmod(0o600)

    def write(self, data: bytes) -> None:
        """Takes a piece of output; an unfinished line waits for its end."""
        lines = (self._rest + data).splitlines(keepends=True)
        self._rest = b""
        if lines and not lines[-1].endswith((b"\n", b"\r")) and len(lines[-1]) < LONGEST_LINE:
            self._rest = lines.pop()
        self._put([line.rstrip(b"\r\n") for line in lines])

    def close(self) -> None:
        """Writes what is left and closes the file."""
        if self._rest:
            self._put([self._rest])
            self._rest = b""
        self._file.close()

    def last_words(self) -> str:
        """Returns the last line that says something: usually why the process ended."""
        spoken = [line.strip() for line in self._last if line.strip()]
        return spoken[-1] if spoken else "it left no message"

    def _put(self, lines: list[bytes]) -> None:
        """Writes lines; a full disk or a closed terminal must not end the supervisor."""
        with suppress(OSError):
            self._file.write(b"".join(line + b"\n" for line in lines))
            if self._file.tell() > MAX_BYTES:
                self._rotate()
        for line in lines:
            text = line.decode(errors="replace")
            self._last.append(text)
            if self._echo:
                with suppress(OSError):
                    print(f"{self.path.stem:>8} | {text}", file=self._stream, flush=True)

    def _rotate(self) -> None:
        """Moves x.log to x.log.1, x.log.1 to x.log.2 and so on; the oldest goes."""
        self._file.close()
        for number in range(KEPT - 1, 0, -1):
            older = self._numbered(number)
            if older.exists():
                older.replace(self._numbered(number + 1))
        self.path.replace(self._numbered(1))
        self._file = self.path.open("ab", buffering=0)
        self.path.chmod(0o600)

    def _numbered(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
