"""Running one terminal: a shell in the session's sandbox between what is typed and the stream."""

from __future__ import annotations

import asyncio
import codecs
import contextlib
import logging
from collections.abc import Callable, Iterator
from typing import Any
from uuid import UUID

from django.db import OperationalError

from kernel.actors import SystemActor
from kernel.context import restored
from kernel.jobs import Lease, LostLeaseError
from kernel.redaction import Redactor
from kernel.sandbox import (
    Enclosure,
    Jail,
    KillReason,
    Network,
    SandboxedProcess,
    SandboxError,
    open_terminal,
)
from kernel.text import storable
from kernel.threads import threaded
from sessions_app.broker.ceiling import ceiling_of
from sessions_app.broker.walls import walls_of
from sessions_app.errors import FencedError
from sessions_app.models import Terminal
from sessions_app.runner import sandboxing
from sessions_app.runner.hosting import secret_values
from sessions_app.runner.workspaces import make_workspace
from sessions_app.selectors.secrets import redactor_of
from sessions_app.selectors.terminals import why_end
from sessions_app.services import terminals

log = logging.getLogger(__name__)
LEASE_SECONDS = 6.0
BEAT_SECONDS = 1.0
GATHER_SECONDS = 0.1
_CHUNK = 32 * 1024


class Bells:
    """Who waits for what is typed into which terminal."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    @contextlib.contextmanager
    def waiting(self, key: UUID) -> Iterator[asyncio.Event]:
        """An event that `ring` sets."""
        event = self._events[str(key)] = asyncio.Event()
        try:
            yield event
        finally:
            del self._events[str(key)]

    def ring(self, payload: str) -> None:
        """`terminal:<id>`; others are none of ours."""
        if event := self._events.get(payload.removeprefix("terminal:")):
            event.set()


class TerminalWork:
    """One terminal, from lease to end. It survives nothing and leaves nothing."""

    def __init__(self, lease: Lease, enclosure: Enclosure, bells: Bells) -> None:
        self._lease, self._enclosure, self._bells = lease, enclosure, bells

    async def drive(self) -> None:
        """Run it; every way out ends the shell and says why."""
        with restored(self._lease.context, causation_id=self._lease.job_id):
            self._key = UUID(str(self._lease.run.payload["terminal_id"]))
            try:
                await self._drive()
                await threaded(self._lease.finish)()
            except (LostLeaseError, FencedError):
                log.info("terminal was taken away", extra={"job": str(self._lease.job_id)})

    async def _drive(self) -> None:
        found = await threaded(_load)(self._key)
        if found is None:
            return
        self._actor = SystemActor("runner", on_behalf_of_id=found.opened_by_id)
        given = {"job_id": self._lease.job_id, "job_epoch": self._lease.run.epoch}
        level = self._enclosure.level
        if await self._verb(terminals.start, **given, level=level) is None:
            return
        redactor = await threaded(redactor_of)(found.session, *secret_values())
        try:
            process = await self._spawn(found)
        except (SandboxError, OSError) as failure:
            log.warning("terminal not started", extra={"fault": type(failure).__name__})
            await self._emit(f"{failure}\r\n")
            await self._verb(terminals.end, reason="unavailable")
            return
        reason, code = "runner_stopped", None
        try:
            reason = await self._serve(process, redactor)
        finally:
            ended = await asyncio.shield(process.aclose())
            code = ended.exit_code if reason == "exited" else None
            if reason == "exited" and ended.killed_for not in {None, KillReason.KILLED}:
                reason = str(ended.killed_for)
            if reason != "lost":
                await asyncio.shield(self._verb(terminals.end, reason=reason, exit_code=code))

    async def _spawn(self, terminal: Terminal) -> SandboxedProcess:
        session, supervisor = terminal.session, self._enclosure.supervisor
        if supervisor is None:
            raise SandboxError(self._enclosure.unavailable)
        workspace = await asyncio.to_thread(make_workspace, session.working_directory, session.pk)
        ceiling = await threaded(ceiling_of)(session, session.organization)
        domains = tuple(ceiling.allowed_domains)
        walls = walls_of(ceiling.denied_tools)
        hidden, frozen = await asyncio.to_thread(walls.standing, workspace)
        jail = Jail(
            workspace=workspace,
            identity=sandboxing.identity_of(session.pk),
            limits=sandboxing.limits(None),
            network=Network(domains=domains, denied=ceiling.denied_domains) if domains else None,
            hidden=hidden,
            frozen=frozen,
        )
        return await open_terminal(supervisor, jail, rows=terminal.rows, columns=terminal.columns)

    async def _serve(self, process: SandboxedProcess, redactor: Redactor) -> str:
        """Carry both ways until one side ends; why it did."""
        with self._bells.waiting(self._key) as bell:
            tasks = [
                asyncio.create_task(self._show(process, redactor)),
                asyncio.create_task(self._type(process, bell)),
                asyncio.create_task(self._watch()),
            ]
            try:
                done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
                return done.pop().result()
            except (LostLeaseError, FencedError):
                return "lost"
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)

    async def _show(self, process: SandboxedProcess, redactor: Redactor) -> str:
        """The first character at once, then at most ten times a second."""
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        quiet: float | None = None
        while True:
            try:
                async with asyncio.timeout(quiet):
                    chunk = await process.stdout.read(_CHUNK)
            except TimeoutError:
                # Nothing follows: what could have begun a secret did not.
                await self._emit(redactor.end())
                quiet = None
                continue
            shown = redactor.feed(decoder.decode(chunk, final=not chunk))
            await self._emit(shown if chunk else shown + redactor.end())
            if not chunk:
                return "exited"
            quiet = GATHER_SECONDS
            await asyncio.sleep(GATHER_SECONDS)

    async def _type(self, process: SandboxedProcess, bell: asyncio.Event) -> str:
        while True:
            bell.clear()
            frames = await self._verb(terminals.take, epoch=self._lease.run.epoch)
            if frames:
                process.stdin.write(frames)
                with contextlib.suppress(ConnectionError):
                    await process.stdin.drain()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BEAT_SECONDS):
                    await bell.wait()

    async def _watch(self) -> str:
        """Renew the lease, and look whether it may go on."""
        while True:
            with contextlib.suppress(OperationalError):
                await threaded(self._lease.heartbeat)()
                if reason := await threaded(why_end)(self._key):
                    return reason
            await asyncio.sleep(BEAT_SECONDS)

    async def _emit(self, text: str) -> None:
        if text:
            epoch = self._lease.run.epoch
            await self._verb(terminals.emit, epoch=epoch, delta=storable(text))

    async def _verb(self, verb: Callable[..., Any], **given: Any) -> Any:
        terminal = await threaded(Terminal.objects.get)(pk=self._key)
        return await threaded(verb)(self._actor, terminal, **given)


def _load(key: UUID) -> Terminal | None:
    rows = Terminal.objects.select_related("session__organization", "session__working_directory")
    return rows.filter(pk=key).first()
