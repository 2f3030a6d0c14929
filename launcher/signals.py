"""Turns signals into something a `select` loop can wait for."""

from __future__ import annotations

import os
import signal
from types import FrameType

STOPPING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals:
    """While entered: notes requests to stop and wakes whoever selects on `wakeup`."""

    def __init__(self) -> None:
        self.stop_requests = 0
        self.wakeup, self._write_end = os.pipe()
        for end in (self.wakeup, self._write_end):
            os.set_blocking(end, False)
        self._before_fd = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
        self._before = {number: signal.signal(number, self._note) for number in STOPPING}
        self._before[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)

    def drain(self) -> None:
        """Empties the pipe; what happened is known from elsewhere."""
        try:
            while os.read(self.wakeup, 4096):
                pass
        except BlockingIOError:
            return

    def close(self) -> None:
        """Gives the signals back to whoever had them."""
        signal.set_wakeup_fd(self._before_fd)
        for number, handler in self._before.items():
            signal.signal(number, handler)
        os.close(self.wakeup)
        os.close(self._write_end)

    def _note(self, _number: int, _frame: FrameType | None) -> None:
        self.stop_requests += 1
