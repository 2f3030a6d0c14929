"""One spawned process tree: its streams, its end, and what it used.

Not asyncio's subprocess: we need the kernel's accounting (`wait4`) and a wait by pidfd, which
cannot be confused by a reused pid. Linux 5.3 or newer.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import resource
import signal
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from typing import IO, cast

from kernel.sandbox.backend import Prepared
from kernel.sandbox.processes import read_process

_PREFER_ON_OOM = "500"
_STATUS_BYTES = 65536


@dataclass(frozen=True, kw_only=True)
class Ended:
    """How the tree ended: the exit code as a shell would give it (128 + n for signal n)."""

    exit_code: int
    cpu_seconds: float
    max_rss_bytes: int


class Child:
    """A started command line with pipes. Reaps itself; `ended` is set when nothing is left."""

    def __init__(self, prepared: Prepared, *, merge_stderr: bool) -> None:
        self._loop = asyncio.get_running_loop()
        self._prepared = prepared
        self._own_peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        self._popen = subprocess.Popen(  # noqa: S603 - the sandbox's own command line
            list(prepared.argv),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if merge_stderr else subprocess.PIPE,
            env=dict(prepared.env),
            cwd="/",
            pass_fds=prepared.inherited,
            start_new_session=True,
        )
        self.pid = self._popen.pid
        self.stdin = cast("IO[bytes]", self._popen.stdin)
        prepared.close_inherited()
        self._prefer_on_oom()
        self._target: int | None = None
        self.ended: asyncio.Future[Ended] = self._loop.create_future()
        self._pidfd = self._open_pidfd()
        self._loop.add_reader(self._pidfd, self._reap)

    @property
    def outputs(self) -> list[IO[bytes]]:
        """The reading ends: standard output, and standard error unless merged into it."""
        return [pipe for pipe in (self._popen.stdout, self._popen.stderr) if pipe is not None]

    def kill(self) -> None:
        """SIGKILL the whole tree. The supervising process is left to reap and report."""
        if self.ended.done():
            return
        target = self._inner_pid()
        for send in (os.killpg, os.kill):
            with contextlib.suppress(ProcessLookupError, PermissionError):
                send(target, signal.SIGKILL)

    def kill_hard(self) -> None:
        """SIGKILL the supervising process too, when `kill` did not end the tree."""
        if not self.ended.done():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)

    def abandon(self) -> None:
        """Kill it and let go of its streams, when nobody has taken it over."""
        self.kill_hard()
        for pipe in (self.stdin, *self.outputs):
            pipe.close()
        self.close()

    def close(self) -> None:
        """Give back the back end's descriptors; the streams belong to whoever reads them."""
        self._prepared.close()

    @property
    def stop_command(self) -> Sequence[str]:
        """What must be run besides, for back ends whose processes are not our descendants."""
        return self._prepared.stop

    def _open_pidfd(self) -> int:
        try:
            return os.pidfd_open(self.pid)
        except OSError:
            self._popen.kill()
            raise

    def _prefer_on_oom(self) -> None:
        with contextlib.suppress(OSError), open(f"/proc/{self.pid}/oom_score_adj", "w") as file:  # noqa: PTH123
            file.write(_PREFER_ON_OOM)

    def _inner_pid(self) -> int:
        """The tree's innermost leader as the back end reported it, else the process we started.

        Trusted only while it is a child of that process: it is signalled with our rights.
        """
        if self._target is None and self._prepared.status is not None:
            with contextlib.suppress(BlockingIOError, ValueError):
                first = os.read(self._prepared.status, _STATUS_BYTES).split(b"\n")[0]
                self._target = int(json.loads(first)["child-pid"])
        process = read_process(self._target) if self._target else None
        return process.pid if process and process.parent == self.pid else self.pid

    def _reap(self) -> None:
        pid, status, usage = os.wait4(self.pid, os.WNOHANG)
        if pid == 0:
            return
        self._loop.remove_reader(self._pidfd)
        os.close(self._pidfd)
        code = os.waitstatus_to_exitcode(status)
        self._popen.returncode = code
        peak = usage.ru_maxrss * 1024
        self.ended.set_result(
            Ended(
                exit_code=code if code >= 0 else 128 - code,
                cpu_seconds=usage.ru_utime + usage.ru_stime,
                # Until exec the child shared our own pages, so a smaller figure is only ours.
                max_rss_bytes=peak if peak > self._own_peak else 0,
            )
        )
