"""A small process that outlives a killed supervisor and ends what it left behind.

The kernel already signals the direct children (PDEATHSIG); this one catches those that ignore the
signal, and grandchildren. It reads process groups from its standard input, one number a line; the
end of that input without `bye` means that the supervisor is gone.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterable, Set

from launcher.arguments import ROOT
from launcher.strays import TREE_VARIABLE, end_tree, has_members, signal_group

GRACE_SECONDS = 8.0
POLL_SECONDS = 0.1


class Watchdog:
    """The supervisor's end of the line."""

    def __init__(self, tree: str, groups: Iterable[int] = ()) -> None:
        environment = {name: value for name, value in os.environ.items() if name != TREE_VARIABLE}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "launcher.watchdog", tree],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            start_new_session=True,
            cwd=ROOT,
            env=environment,
        )
        self.pid = self._process.pid
        for group in groups:
            self.add(group)

    def add(self, group: int) -> None:
        """Tells it about a new process group."""
        self._tell(f"+{group}")

    def forget(self, group: int) -> None:
        """Tells it that a group has ended, before the kernel gives its number to somebody else."""
        self._tell(f"-{group}")

    def dismiss(self) -> None:
        """Sends it home: everything has been stopped in order."""
        self._tell("bye")
        self.abandon()
        self._process.wait()

    def abandon(self) -> None:
        """Closes our end of a watchdog that has died."""
        if self._process.stdin is not None:
            try:
                self._process.stdin.close()
            except BrokenPipeError:
                return

    def _tell(self, line: str) -> None:
        if self._process.stdin is None:
            return
        try:
            self._process.stdin.write(f"{line}\n".encode())
            self._process.stdin.flush()
        except BrokenPipeError:
            return


def main() -> None:
    """Listens until the supervisor says goodbye or is gone; then ends the rest."""
    for deaf in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(deaf, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        if line.strip() == "bye":
            return
        (groups.add if line.startswith("+") else groups.discard)(int(line[1:]))
    _end(sys.argv[1], groups)


def _end(tree: str, groups: Set[int]) -> None:
    deadline = time.monotonic() + GRACE_SECONDS
    while time.monotonic() < deadline and any(map(has_members, groups)):
        time.sleep(POLL_SECONDS)
    for group in groups:
        signal_group(group, signal.SIGKILL)
    end_tree(tree)


if __name__ == "__main__":
    main()
