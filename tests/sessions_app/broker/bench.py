"""A run under way with its real broker, and a tool that counts how often it really ran."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from kernel.actors import AgentActor
from kernel.jobs import claim_next
from kernel.sandbox import Limits
from sessions_app.broker.broker import Broker, Offered, built_in
from sessions_app.broker.ceiling import ceiling_of
from sessions_app.broker.execution import Executed, Place
from sessions_app.broker.output import Output
from sessions_app.models import AgentSession, Approval, Run, SessionEvent, ToolCall
from sessions_app.runner.workspaces import make_workspace
from sessions_app.runtimes.base import ToolOutcome, ToolRequest, ToolSpec
from sessions_app.services import creation, prompting, runs
from tests.factories.cast import Cast


@dataclass
class Bench:
    """One attempt of one run. `ran` counts executions over all attempts."""

    cast: Cast
    session: AgentSession
    run: Run
    broker: Broker
    ran: list[Mapping[str, Any]]
    streamed: list[str] = field(default_factory=list)

    def call(
        self, tool: str, arguments: Mapping[str, Any] | None = None, call_id: str = "c1"
    ) -> ToolOutcome:
        """One call, as a runtime makes it."""
        return self.calls((tool, arguments or {}, call_id))[0]

    def calls(self, *requests: tuple[str, Mapping[str, Any], str]) -> list[ToolOutcome]:
        """Several at once, as a model makes them in one turn."""

        async def main() -> list[ToolOutcome]:
            made = [ToolRequest(tool=t, arguments=a, call_id=c) for t, a, c in requests]
            return list(await asyncio.gather(*(self.broker.call(one) for one in made)))

        return asyncio.run(main())

    def suspend(self) -> None:
        """The turn is left; a person is waited for."""
        runs.suspend(
            self.broker.actor, self.session, run_id=self.run.pk, epoch=self.run.epoch, state=b"s"
        )

    def approval(self, call_id: str = "c1") -> Approval:
        """The question about one call."""
        return Approval.objects.get(run=self.run, tool_call__call_id=call_id)

    def row(self, call_id: str = "c1") -> ToolCall:
        """The call as it is written down."""
        return ToolCall.objects.get(run=self.run, call_id=call_id)

    def results(self) -> list[dict[str, Any]]:
        """The results in the stream."""
        events = SessionEvent.objects.filter(session=self.session, type="TOOL_CALL_RESULT")
        return [event.data for event in events.order_by("seq")]

    def again(self) -> Bench:
        """The next attempt, by another worker, which read everything afresh."""
        return attempt(self.cast, self.session, self.ran)


def bench(cast: Cast, **options: Any) -> Bench:
    """A new session of alice's with a run under way."""
    spec = creation.SessionSpec(name="bench", sdk_options=options)
    session = creation.create_session(cast.alice, cast.acme, spec=spec)
    prompting.prompt(cast.alice, session, content="work")
    return attempt(cast, session, [])


def attempt(cast: Cast, session: AgentSession, ran: list[Mapping[str, Any]]) -> Bench:
    """Claim the session's turn and equip its broker."""
    lease = claim_next("runner", "test", seconds=60)
    assert lease is not None
    session = AgentSession.objects.select_related("organization", "working_directory").get(
        pk=session.pk
    )
    run_id = UUID(str(lease.run.payload["run_id"]))
    actor = AgentActor(
        actor_id=session.pk, on_behalf_of_id=cast.alice.pk, display_name=session.runtime
    )
    run = runs.start_run(
        actor,
        session,
        run_id=run_id,
        job_id=lease.job_id,
        job_epoch=lease.run.epoch,
        sandbox_level="none",
    )
    assert run is not None
    streamed: list[str] = []
    broker = Broker(
        organization_id=session.organization_id,
        session_id=session.pk,
        run_id=run.pk,
        epoch=run.epoch,
        actor=actor,
        ceiling=ceiling_of(session, session.organization),
        place=_place(session),
        offered={**built_in(), **_counting(ran)},
        deliver=_keeping(streamed),
        settle=_nothing,
        secrets=["hunter2-hunter2"],
    )
    return Bench(cast, session, run, broker, ran, streamed)


def _place(session: AgentSession) -> Place:
    workspace = make_workspace(session.working_directory, session.pk)
    return Place(session_id=session.pk, workspace=workspace, identity=None, limits=Limits())


def _counting(ran: list[Mapping[str, Any]]) -> dict[str, Offered]:
    """Tools as a server offers them: one that only reads, one nobody knows, one that destroys."""

    async def run(place: Place, arguments: Mapping[str, Any], output: Output) -> Executed:
        ran.append(arguments)
        await asyncio.sleep(0.05)
        for part in _texts(arguments.get("say", [])):
            await output.feed(part.encode())
        return Executed(ok=True, content=str(arguments.get("answer", "done")))

    hints = {
        "look": {"readOnlyHint": True},
        "do": {},
        "destroy": {"destructiveHint": True},
    }
    return {
        f"work.{name}": Offered(
            spec=ToolSpec(name=f"work.{name}", description="", input_schema={"type": "object"}),
            annotations=annotations,
            run=run,
        )
        for name, annotations in hints.items()
    }


def _texts(value: Any) -> Sequence[str]:
    return [value] if isinstance(value, str) else list(value)


def _keeping(streamed: list[str]) -> Any:
    async def deliver(call_id: UUID, text: str) -> None:
        streamed.append(text)

    return deliver


async def _nothing() -> None:
    return None
