"""Runs a tree of processes in one loop: output, deaths, restarts with patience, an orderly end.

There are no threads: PDEATHSIG follows the spawning thread, and `preexec_fn` is only safe without.
"""

from __future__ import annotations

import os
import selectors
import signal
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from launcher.child import Child, Ended
from launcher.leash import adopt_orphans
from launcher.logs import Log
from launcher.notices import say
from launcher.processes import Program
from launcher.signals import Signals
from launcher.strays import end_orphans, end_tree, signal_group
from launcher.watchdog import Watchdog

LOUD_AFTER = 3
"""Failures in a row before a restart becomes a warning with the reason."""
LOUD_EVERY = 10
IDLE_SECONDS = 1.0
DRAIN_READS = 64
NOT_STARTED = 127
"""The shell's exit code for a program that is not there."""


class StopRequested(Exception):  # noqa: N818 - a request, not an error
    """Somebody asked us to stop while we were still starting."""


class Supervisor:
    """The parent of every process of one installation."""

    def __init__(self, logs: Path, tree: str, *, echo: bool) -> None:
        adopt_orphans()
        self._logs = logs
        self._tree = tree
        self._echo = echo
        self._children: dict[str, Child] = {}
        self._stopping = False
        self._signals = Signals()
        self._selector = selectors.DefaultSelector()
        self._selector.register(self._signals.wakeup, selectors.EVENT_READ, None)
        self._watchdog = Watchdog(tree)

    def start(self, program: Program) -> Child:
        """Starts a program and keeps it running until we stop."""
        log = Log(self._logs / f"{program.name}.log", echo=self._echo)
        child = self._children[program.name] = Child(program, log)
        self._spawn(child)
        return child

    def run(self, program: Program) -> Child:
        """Runs a program to its end while everything else goes on; see `Child.ended`."""
        child = self.start(program)
        self.wait_until(lambda: child.ended is not None)
        return child

    def wait_until(self, condition: Callable[[], bool], seconds: float = float("inf")) -> bool:
        """Goes on until the condition holds or the time is over; raises when asked to stop."""
        deadline = time.monotonic() + seconds
        while not condition():
            if time.monotonic() > deadline:
                return False
            self._tick(0.05)
            if self._signals.stop_requests and not self._stopping:
                raise StopRequested
        return True

    def serve(self) -> None:
        """Goes on until somebody asks us to stop."""
        while not self._signals.stop_requests:
            self._tick(IDLE_SECONDS)

    def stop(self) -> None:
        """Stops stage by stage: asks, waits, kills; afterwards nothing of the tree is left."""
        self._stopping = True
        for stage in sorted({child.program.stage for child in self._children.values()}):
            self._stop_stage([c for c in self._children.values() if c.program.stage == stage])
        end_orphans({self._watchdog.pid})
        end_tree(self._tree)
        self._tick(0)
        self._watchdog.dismiss()
        self._selector.close()
        self._signals.close()

    def _stop_stage(self, children: Iterable[Child]) -> None:
        alive = [child for child in children if child.pid is not None]
        asked = max(1, self._signals.stop_requests)
        for child in alive:
            child.signal(child.program.stop_signal)
        deadline = time.monotonic() + max((c.program.grace_seconds for c in alive), default=0)
        while any(child.pid is not None for child in alive):
            impatient = self._signals.stop_requests > asked
            if impatient or time.monotonic() > deadline:
                self._kill(alive)
                asked, deadline = self._signals.stop_requests, float("inf")
            self._tick(0.1)

    def _kill(self, children: Iterable[Child]) -> None:
        for child in children:
            if child.pid is not None:
                say(f"{child.program.name} does not stop in time: killed")
                child.kill()

    def _tick(self, seconds: float) -> None:
        """One turn of the loop: waits for output, a death or a signal, then acts on it."""
        for key, _ in self._selector.select(self._patience(seconds)):
            self._signals.drain() if key.data is None else self._listen(key.data)
        self._reap()
        now = time.monotonic()
        for child in self._children.values():
            if not self._stopping and child.restart_at is not None and child.restart_at <= now:
                self._spawn(child)

    def _patience(self, seconds: float) -> float:
        due = [child.restart_at for child in self._children.values() if child.restart_at]
        return max(0.0, min([seconds, *(at - time.monotonic() for at in due)]))

    def _spawn(self, child: Child) -> None:
        try:
            self._watchdog.add(child.spawn())
        except OSError as error:
            child.log.write(f"{child.program.command[0]} cannot be started: {error}\n".encode())
            child.bury(NOT_STARTED)
            self._announce(child, Ended(NOT_STARTED))
        if child.output is not None:
            self._selector.register(child.output, selectors.EVENT_READ, child)

    def _listen(self, child: Child) -> None:
        if child.output is not None and not child.read():
            self._selector.unregister(child.output)
            child.hang_up()

    def _reap(self) -> None:
        """Collects every dead process, ours and adopted ones; `Popen` must not do it for us."""
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            self._note_death(pid, os.waitstatus_to_exitcode(status))

    def _note_death(self, pid: int, code: int) -> None:
        if pid == self._watchdog.pid:
            self._replace_watchdog()
        for child in self._children.values():
            if child.pid == pid:
                signal_group(pid, signal.SIGKILL)
                self._watchdog.forget(pid)
                self._last_words(child)
                child.bury(code)
                self._announce(child, Ended(code))
        known = {child.pid for child in self._children.values() if child.pid is not None}
        end_orphans(known | {self._watchdog.pid})

    def _replace_watchdog(self) -> None:
        groups = [child.pid for child in self._children.values() if child.pid is not None]
        self._watchdog.abandon()
        self._watchdog = Watchdog(self._tree, groups)

    def _last_words(self, child: Child) -> None:
        """Reads what is left in the pipe and lets go of it, also when a stray still holds it."""
        for _ in range(DRAIN_READS):
            self._listen(child)
        if child.output is not None:
            self._selector.unregister(child.output)
            child.hang_up()

    def _announce(self, child: Child, ended: Ended) -> None:
        if self._stopping or not child.program.restart:
            return
        name, failures = child.program.name, child.failures
        if failures < LOUD_AFTER:
            say(f"{name} ended ({ended}): starting it again")
        elif failures == LOUD_AFTER or failures % LOUD_EVERY == 0:
            say(
                f"{name} ended {failures} times in a row ({ended}): {child.log.last_words()} "
                f"(see {child.log.path}; next try in {child.delay:.0f} s)"
            )
