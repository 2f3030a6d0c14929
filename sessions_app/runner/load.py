"""Everything a turn needs, read once at its start."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.actors import AgentActor
from sessions_app.broker.ceiling import Ceiling, ceiling_of
from sessions_app.enums import ACTIVE_RUNS, ToolStatus
from sessions_app.models import AgentSession, Run, ToolCall
from sessions_app.runner.attachments import attached_to
from sessions_app.runtimes.base import DoneCall, HistoryMessage, RuntimeOptions, TurnRequest

HISTORY = 200
DONE = 50


@dataclass(frozen=True, kw_only=True)
class Loaded:
    """A run that is to be driven."""

    session: AgentSession
    run: Run
    actor: AgentActor
    ceiling: Ceiling


def load(run_id: UUID) -> Loaded | None:
    """The run with its session and organization, or None when it is over."""
    run = (
        Run.objects.select_related(
            "session__organization",
            "session__project",
            "session__working_directory",
            "requested_by",
        )
        .filter(pk=run_id, status__in=ACTIVE_RUNS)
        .first()
    )
    if run is None:
        return None
    session, organization = run.session, run.session.organization
    return Loaded(
        session=session,
        run=run,
        actor=AgentActor(
            actor_id=session.pk,
            on_behalf_of_id=run.requested_by_id,
            display_name=session.runtime,
        ),
        ceiling=ceiling_of(session, organization),
    )


def turn_of(loaded: Loaded, run: Run) -> TurnRequest:
    """The runtime's view of the turn; its history ends before its prompt."""
    session = loaded.session
    prompt = session.messages.get(pk=run.message_id)
    earlier = session.messages.filter(seq__lt=prompt.seq).order_by("-seq")[:HISTORY]
    options = session.options
    return TurnRequest(
        session_id=session.pk,
        run_id=run.pk,
        attempt=run.attempt,
        prompt=prompt.content,
        author=prompt.author_name,
        history=[
            HistoryMessage(
                role="assistant" if m.role == "assistant" else "user",
                content=m.content,
                author=m.author_name,
            )
            for m in reversed(earlier)
        ],
        options=RuntimeOptions(
            model=options["model"],
            system_prompt=_instructions(session),
            max_turns=options["max_turns"],
            timeout_seconds=options["timeout_seconds"],
            permission_mode=loaded.ceiling.mode,
            allowed_tools=tuple(options["allowed_tools"]),
        ),
        state=_bytes(run.state if run.resuming else session.runtime_state),
        resuming=run.resuming,
        done=_done(run),
        attachments=attached_to(prompt),
    )


def _instructions(session: AgentSession) -> str:
    """The project's instructions as they are now, then the session's own."""
    project = session.project.instructions if session.project else ""
    own = str(session.options["system_prompt"])
    return "\n\n".join(part for part in (project, own) if part)


def _done(run: Run) -> list[DoneCall]:
    """What earlier runs of the same prompt did, the last calls of them."""
    calls = (
        ToolCall.objects.filter(session_id=run.session_id, run__message_id=run.message_id)
        .exclude(run=run)
        .exclude(started_at=None)
        .order_by("-created_at", "-id")[:DONE]
    )
    return [
        DoneCall(
            tool=call.tool,
            arguments=call.input,
            content=call.content,
            cut_off=call.status == ToolStatus.CANCELLED,
        )
        for call in reversed(calls)
    ]


def _bytes(value: object) -> bytes | None:
    return bytes(value) if isinstance(value, (bytes, memoryview)) else None
