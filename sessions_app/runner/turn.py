"""Driving one attempt of a run, from lease to outcome."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import OperationalError

from identity.errors import StoppedError
from kernel import plugins
from kernel.context import restored
from kernel.errors import DomainError
from kernel.jobs import Lease, LostLeaseError
from kernel.redaction import Redactor
from kernel.sandbox import Enclosure
from kernel.threads import threaded
from sessions_app.broker.broker import Broker, Offered, built_in
from sessions_app.broker.execution import Place, nothing
from sessions_app.broker.walls import walls_of
from sessions_app.errors import FencedError
from sessions_app.models import AgentSession, Run
from sessions_app.runner import sandboxing
from sessions_app.runner.attachments import place_attachments
from sessions_app.runner.hosting import host_for, secret_values
from sessions_app.runner.io import SessionIO
from sessions_app.runner.load import Loaded, load, turn_of
from sessions_app.runner.offering import offered_by_servers
from sessions_app.runner.secrets import InForce, in_force
from sessions_app.runner.workspaces import make_workspace
from sessions_app.runtimes.base import Runtime, TurnOutcome, TurnRequest
from sessions_app.runtimes.permission import PERMISSION
from sessions_app.runtimes.registry import RUNTIMES
from sessions_app.runtimes.repeated import RepeatedTurn
from sessions_app.selectors.stops import require_under_way
from sessions_app.selectors.tool_calls import asked_calls
from sessions_app.services import runs
from sessions_app.services.secrets import open_secrets

log = logging.getLogger(__name__)
BEAT_SECONDS = 1.0
LEASE_SECONDS = 6.0
# Runtimes keep the limit themselves and say so better; this is for one that does not.
SLACK_SECONDS = 5
LOST = TurnOutcome(status="failed", error_code=runs.LOST, error=runs.GIVEN_UP[runs.LOST])


@dataclass(kw_only=True)
class Turn:
    """One attempt. Everything it writes is fenced by the lease's epoch."""

    lease: Lease
    enclosure: Enclosure

    def __post_init__(self) -> None:
        self._hidden: tuple[str, ...] = tuple(secret_values())

    async def drive(self) -> None:
        """Drive to the outcome; losing the lease ends everything without a trace."""
        with restored(self.lease.context, causation_id=self.lease.job_id):
            try:
                await self._drive(UUID(str(self.lease.run.payload["run_id"])))
                await threaded(self.lease.finish)()
            except (LostLeaseError, FencedError):
                log.info("turn was taken away", extra={"job": str(self.lease.job_id)})

    async def _drive(self, run_id: UUID) -> None:
        loaded = await threaded(load)(run_id)
        if loaded is None:
            return
        self._loaded: Loaded = loaded
        lost = loaded.run.status == "running"
        run = await threaded(runs.start_run)(
            loaded.actor,
            AgentSession(pk=loaded.session.pk),
            run_id=run_id,
            job_id=self.lease.job_id,
            job_epoch=self.lease.run.epoch,
            sandbox_level=self.enclosure.level,
        )
        if run is None:
            return
        self._epoch = run.epoch
        if lost:
            await self._verb(runs.fail, outcome=LOST)
            return
        try:
            outcome = await self._guarded(run)
        except StoppedError as stop:
            await self._verb(runs.halt, reason=stop.detail)
        else:
            await self._conclude(outcome)

    async def _guarded(self, run: Run) -> TurnOutcome:
        """Run the runtime beside the heartbeat; whichever ends first decides."""
        work = asyncio.create_task(self._run(run))
        beat = asyncio.create_task(self._beat())
        try:
            await asyncio.wait({work, beat}, return_when=asyncio.FIRST_COMPLETED)
            if not work.done():
                beat.result()
            return await work
        finally:
            for task in (work, beat):
                task.cancel()
            await asyncio.gather(work, beat, return_exceptions=True)

    async def _run(self, run: Run) -> TurnOutcome:
        io = SessionIO(
            actor=self._loaded.actor,
            session_id=self._loaded.session.pk,
            run_id=run.pk,
            epoch=self._epoch,
            secrets=self._hidden,
        )
        try:
            secrets = await self._secrets(io)
            runtime, offered = await self._equip(io, run, secrets)
            request = await threaded(turn_of)(self._loaded, run)
            request = replace(request, tools=[one.spec for one in offered.values()])
            async with asyncio.timeout(request.options.timeout_seconds + SLACK_SECONDS):
                outcome = await self._attempt(runtime, request, io)
            await io.end_message()
            await io.flush()
            return outcome
        except TimeoutError:
            return TurnOutcome(
                status="failed", error_code="timeout", error="The turn took too long."
            )
        except (FencedError, LostLeaseError, StoppedError):
            raise
        except DomainError as refusal:
            return TurnOutcome(status="failed", error_code=refusal.code, error=refusal.detail)
        except Exception as fault:
            log.exception("runtime failed", extra={"run": str(run.pk)})
            text = f"The runtime failed ({type(fault).__name__}); it is logged."
            return TurnOutcome(status="failed", error_code="runtime_failed", error=text)
        finally:
            await io.close()

    async def _attempt(self, runtime: Runtime, request: TurnRequest, io: SessionIO) -> TurnOutcome:
        """Run the runtime; one that repeats its turn does not say again what was said before."""
        if not request.resuming or runtime.capabilities.durable_approval:
            return await runtime.run(request, io)
        repeated = RepeatedTurn(io, await threaded(asked_calls)(request.run_id))
        outcome = await runtime.run(request, repeated)
        await repeated.release()
        return outcome

    async def _secrets(self, io: SessionIO) -> InForce:
        """What the session's secrets are now; from here on they are masked everywhere. An agent
        that runs contained as a whole gets none: nothing it does passes the broker."""
        if not RUNTIMES[self._loaded.session.runtime].capabilities.brokered:
            return InForce()
        found = await in_force(await self._verb(open_secrets))
        self._hidden += found.hidden
        io.hide(found.hidden)
        return found

    async def _equip(
        self, io: SessionIO, run: Run, secrets: InForce
    ) -> tuple[Runtime, dict[str, Offered]]:
        session = self._loaded.session
        workspace = await asyncio.to_thread(make_workspace, session.working_directory, session.pk)
        await threaded(place_attachments)(workspace, run.message_id)
        place = Place(
            session_id=session.pk,
            workspace=workspace,
            identity=sandboxing.identity_of(session.pk),
            limits=sandboxing.limits(float(session.options["timeout_seconds"])),
            domains=tuple(self._loaded.ceiling.allowed_domains),
            denied_domains=self._loaded.ceiling.denied_domains,
            walls=walls_of(self._loaded.ceiling.denied_tools),
            supervisor=self.enclosure.supervisor,
            unavailable=self.enclosure.unavailable,
            level=self.enclosure.level,
            secrets=secrets.env,
            secret_files=secrets.files,
        )
        entry = RUNTIMES[session.runtime]
        offered = {**built_in(), **await offered_by_servers(self._loaded)}
        if not entry.capabilities.brokered:
            offered[PERMISSION.name] = Offered(spec=PERMISSION, run=nothing)
        io.broker = Broker(
            organization_id=session.organization_id,
            session_id=session.pk,
            run_id=run.pk,
            epoch=self._epoch,
            actor=self._loaded.actor,
            ceiling=self._loaded.ceiling,
            place=place,
            offered=offered,
            deliver=io.tool_output,
            secrets=self._hidden,
            settle=io.flush,
        )
        # An agent's SDK takes seconds to import, and this loop renews the leases meanwhile.
        adapter = await asyncio.to_thread(plugins.load, entry.path)
        runtime: Runtime = adapter(host_for(self._loaded, place))
        return runtime, offered

    async def _beat(self) -> None:
        """Renew the lease and look whether the run is still ours and not halted; else raise."""
        run_id, epoch = self._loaded.run.pk, self._epoch
        while True:
            await asyncio.sleep(BEAT_SECONDS)
            with contextlib.suppress(OperationalError):
                await threaded(self.lease.heartbeat)()
                await threaded(require_under_way)(run_id, epoch)

    async def _conclude(self, outcome: TurnOutcome) -> None:
        if outcome.status == "completed":
            await self._verb(runs.finish, state=outcome.state)
        elif outcome.status == "waiting":
            await self._verb(runs.suspend, state=outcome.state)
        else:
            clean = replace(outcome, error=Redactor(self._hidden).text(outcome.error))
            await self._verb(runs.fail, outcome=clean)

    async def _verb(self, verb: Callable[..., Any], **given: Any) -> Any:
        return await threaded(verb)(
            self._loaded.actor,
            AgentSession(pk=self._loaded.session.pk),
            run_id=self._loaded.run.pk,
            epoch=self._epoch,
            **given,
        )
