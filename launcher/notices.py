"""What the launcher tells the person at the terminal. Everything goes to standard error."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

STARTED_VARIABLE = "QUARTERDECK_LAUNCH_STARTED"
"""Seconds since the epoch when the first of our processes began, kept across `exec`."""


def say(text: str) -> None:
    """Prints one line, if there is still somebody to read it."""
    with suppress(OSError):
        print(text, file=sys.stderr, flush=True)


def warn(text: str) -> None:
    """Prints one line that should not be missed."""
    say(f"warning: {text}")


def launched_at() -> float:
    """Returns when this command began, also after it replaced itself by another interpreter."""
    return float(os.environ.setdefault(STARTED_VARIABLE, str(time.time())))


class Progress:
    """Counts the steps of a long command and says how long each took."""

    def __init__(self, total: int, done: int = 0) -> None:
        self._total = total
        self._done = done
        self._started = launched_at()

    @contextmanager
    def step(self, title: str) -> Iterator[None]:
        """Announces a step and, when it ends, the seconds since the command began."""
        self._done += 1
        number = f"[{self._done}/{self._total}]"
        say(f"{number} {title}")
        begun = time.monotonic()
        yield
        took = time.monotonic() - begun
        if took >= 1:
            say(f"{number} done in {took:.1f} s ({time.time() - self._started:.1f} s in all)")


class Meter:
    """Says with numbers how far something long has come, every two seconds."""

    EVERY_SECONDS = 2.0

    def __init__(self) -> None:
        self._said = time.monotonic()

    def tell(self, text: str) -> None:
        """Prints a line, unless the last one is too fresh."""
        if time.monotonic() - self._said >= self.EVERY_SECONDS:
            self._said = time.monotonic()
            say(f"      {text}")
