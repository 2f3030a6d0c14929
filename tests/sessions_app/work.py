"""A runner's verbs without a runner: what its processes would write, one verb at a time."""

from __future__ import annotations

from typing import Any

from kernel.actors import AgentActor
from kernel.ids import uuid7
from kernel.models import Job
from kernel.streams import Entry
from sessions_app.models import AgentSession, Approval, Message, Run, ToolCall
from sessions_app.runtimes.base import TurnOutcome, Usage
from sessions_app.services import runs, tool_calls
from sessions_app.services.creation import SessionSpec, create_session
from tests.factories.cast import Cast


def make(cast: Cast, **spec: Any) -> AgentSession:
    """A session of alice's."""
    return create_session(cast.alice, cast.acme, spec=SessionSpec(name="work", **spec))


class Work:
    """The run of a session that is to be driven, or is."""

    def __init__(self, session: AgentSession, run: Run | None = None) -> None:
        self.session = session
        found = (
            run
            or session.runs.filter(status__in=["running", "queued", "waiting"])
            .order_by("created_at", "id")
            .first()
        )
        assert found is not None
        self.run: Run = found
        self.actor = AgentActor(
            actor_id=session.pk, on_behalf_of_id=found.requested_by_id, display_name="embedded"
        )

    def do(self, verb: Any, **given: Any) -> Any:
        """A fenced verb of the runner."""
        return verb(self.actor, self.session, run_id=self.run.pk, epoch=self.run.epoch, **given)

    def job(self) -> Job | None:
        """The turn that would be claimed."""
        turns = Job.objects.filter(payload__run_id=str(self.run.pk), finished_at=None)
        return turns.order_by("-created_at").first()

    def start(self) -> Work:
        """Take the lease's run."""
        job = self.job()
        assert job is not None
        run = runs.start_run(
            self.actor,
            self.session,
            run_id=self.run.pk,
            job_id=job.pk,
            job_epoch=job.epoch,
            sandbox_level="bubblewrap",
        )
        assert run is not None
        self.run = run
        return self

    def begin_message(self, text: str = "Half a ") -> str:
        """Say something without ending it."""
        known = {"message_id": str(uuid7()), "role": "assistant"}
        entries = [
            Entry(type="TEXT_MESSAGE_START", run_id=self.run.pk, data=known),
            Entry(type="TEXT_MESSAGE_CONTENT", run_id=self.run.pk, data={**known, "delta": text}),
        ]
        self.do(runs.emit, entries=entries)
        return known["message_id"]

    def say(self, text: str = "Hello.") -> Message:
        """Say a whole message."""
        known = {"message_id": str(uuid7()), "role": "assistant"}
        entries = [
            Entry(type="TEXT_MESSAGE_START", run_id=self.run.pk, data=known),
            Entry(type="TEXT_MESSAGE_CONTENT", run_id=self.run.pk, data={**known, "delta": text}),
            Entry(type="TEXT_MESSAGE_END", run_id=self.run.pk, data={**known, "text": text}),
        ]
        message = Message(id=known["message_id"], content=text)
        made: Message = self.do(runs.speak, message=message, entries=entries)
        return made

    def custom(self, kind: str = "CUSTOM", **data: Any) -> None:
        """Any other event of a runtime."""
        self.do(runs.emit, entries=[Entry(type=kind, run_id=self.run.pk, data=data)])

    def ask(self, verdict: str = "ask", **given: Any) -> ToolCall:
        """Request a call that the policy judged so."""
        asked = tool_calls.Asked(
            call_id=str(uuid7()),
            tool="shell",
            input={"command": "rm -rf build"},
            input_hash="0" * 64,
            verdict=verdict,
            reason="It deletes.",
            danger="dangerous",
            reasons=[{"code": "files.tree", "text": "It deletes."}],
            **given,
        )
        made: ToolCall = self.do(tool_calls.request_call, asked=asked)
        return made

    def execute(self, call: ToolCall) -> ToolCall | None:
        """The one permission."""
        done: ToolCall | None = self.do(tool_calls.start_call, call_id=call.pk, level="bubblewrap")
        return done

    def result(self, call: ToolCall, **given: Any) -> ToolCall:
        """How it ended."""
        outcome = tool_calls.Outcome(
            **{"status": "ok", "content": "gone\n", "exit_code": 0, "duration_ms": 5, **given}
        )
        done: ToolCall = self.do(tool_calls.finish_call, call_id=call.pk, outcome=outcome)
        return done

    def meter(self) -> None:
        """One model request of unknown price."""
        usage = Usage(model="m", provider="p", input_tokens=7, output_tokens=3)
        self.do(runs.meter, usage=usage, cost=None)

    def suspend(self) -> None:
        """Leave the run waiting."""
        self.do(runs.suspend, state=b"state")

    def finish(self) -> None:
        """End well."""
        self.do(runs.finish, state=b"state")

    def fail(self) -> None:
        """End badly."""
        outcome = TurnOutcome(status="failed", error_code="broken", error="It broke.")
        self.do(runs.fail, outcome=outcome)

    def question(self, call: ToolCall) -> Approval:
        """The approval of a call."""
        return Approval.objects.get(tool_call=call)
