"""One process of the tree: how it is spawned, what it says, when it may be started again."""

from __future__ import annotations

import os
import signal
import subprocess
import time
from dataclasses import dataclass

from launcher.leash import spawn
from launcher.logs import Log
from launcher.processes import Program
from launcher.strays import signal_group

FIRST_DELAY_SECONDS = 0.5
LONGEST_DELAY_SECONDS = 30.0
HEALTHY_SECONDS = 60.0
"""A process that lived this long has not failed to start: its count of failures begins anew."""
READ_BYTES = 65536


@dataclass(frozen=True)
class Ended:
    """How a process ended."""

    code: int

    def __str__(self) -> str:
        """Says it in words."""
        if self.code >= 0:
            return f"exit code {self.code}"
        try:
            return signal.Signals(-self.code).name
        except ValueError:
            return f"signal {-self.code}"


class Child:
    """A program and, while it runs, its process."""

    def __init__(self, program: Program, log: Log) -> None:
        self.program = program
        self.log = log
        self.pid: int | None = None
        self.output: int | None = None
        self.ended: Ended | None = None
        self.failures = 0
        self.restart_at: float | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._begun = 0.0

    def spawn(self) -> int:
        """Starts the process in its own session, tied to our life; returns its pid and group."""
        self._begun = time.monotonic()
        self._process = None
        self._process = spawn(self.program, subprocess.PIPE)
        if self._process.stdout is not None:
            self.output = self._process.stdout.fileno()
            os.set_blocking(self.output, False)
        self.pid, self.ended, self.restart_at = self._process.pid, None, None
        return self.pid

    def read(self) -> bool:
        """Moves what it said to the log; False at the end of its output."""
        if self.output is None:
            return False
        try:
            data = os.read(self.output, READ_BYTES)
        except BlockingIOError:
            return True
        self.log.write(data)
        return bool(data)

    def bury(self, code: int) -> None:
        """Notes that the process ended and plans the next start."""
        if self._process is not None:
            self._process.returncode = code
        self.ended, self.pid = Ended(code), None
        lived = time.monotonic() - self._begun
        self.failures = 1 if lived >= HEALTHY_SECONDS else self.failures + 1
        if self.program.restart:
            self.restart_at = time.monotonic() + self.delay

    def hang_up(self) -> None:
        """Closes our end of its output."""
        if self._process is not None and self._process.stdout is not None:
            self._process.stdout.close()
        self.output = None

    def signal(self, deadly: signal.Signals) -> None:
        """Sends a signal to the process itself, which passes it on as it sees fit."""
        if self.pid is not None:
            os.kill(self.pid, deadly)

    def kill(self) -> None:
        """Ends the whole group at once."""
        if self.pid is not None:
            signal_group(self.pid, signal.SIGKILL)

    @property
    def delay(self) -> float:
        """Seconds to wait before the next start: doubles with every failure in a row."""
        return min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2.0 ** (self.failures - 1))
