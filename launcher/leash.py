"""Ties a child process to the launcher: own session, ended by the kernel when the launcher dies."""

from __future__ import annotations

import ctypes
import os
import signal
import subprocess
import sys
from collections.abc import Callable

from launcher.processes import Program

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36

_LIBC = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def die_with_parent(deadly: signal.Signals) -> Callable[[], None]:
    """Returns a `preexec_fn` after which the kernel sends `deadly` when the parent ends.

    The signal follows the thread that spawned, so spawn from the main thread only. It has to
    run after a change of user id, which clears it; `subprocess` changes the id first.
    """
    parent = os.getpid()

    def tie() -> None:
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(deadly), 0, 0, 0)
        if os.getppid() != parent:
            os._exit(1)

    return tie


def spawn(program: Program, output: int) -> subprocess.Popen[bytes]:
    """Starts a program in a session of its own, tied to our life; call it from the main thread."""
    return subprocess.Popen(
        program.command,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        bufsize=0,
        cwd=program.directory,
        env=dict(program.environment),
        start_new_session=True,
        preexec_fn=die_with_parent(program.stop_signal),  # noqa: PLW1509 - no threads here
        user=program.user,
        group=program.group,
        extra_groups=None if program.user is None else [],
    )


def adopt_orphans() -> None:
    """Makes orphaned grandchildren ours (Linux), so that they can be found and ended."""
    if _LIBC is not None:
        _LIBC.prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
