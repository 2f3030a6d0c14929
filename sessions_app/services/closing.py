"""Closing what a run left open: a tool call always yields a result, also when it was cut off."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F

from kernel import clock
from kernel.actors import Actor
from kernel.streams import Entry, append
from sessions_app.enums import OPEN_CALLS, ApprovalStatus, MessageRole, ToolStatus
from sessions_app.models import AgentSession, Message, Run, ToolCall
from sessions_app.streams import SESSIONS

CUT_OFF = "The run ended before this call did."


def close_open_calls(actor: Actor, session: AgentSession, run: Run) -> None:
    """End an open message, cancel open calls, withdraw open approvals, each with its event."""
    _end_message(actor, session, run)
    entries = []
    for approval in run.approvals.filter(status=ApprovalStatus.PENDING):
        approval.status, approval.decided_at = ApprovalStatus.WITHDRAWN, clock.now()
        approval.version += 1
        approval.save(update_fields=["status", "decided_at", "version"])
        data = {
            "name": "approval.decided",
            "approval_id": str(approval.pk),
            "tool_call_id": str(approval.tool_call_id),
            "status": approval.status,
            "decided_by": None,
        }
        entries.append(Entry(type="CUSTOM", run_id=run.pk, data=data))
    for call in run.tool_calls.filter(status__in=OPEN_CALLS):
        call.status, call.finished_at, call.content = ToolStatus.CANCELLED, clock.now(), CUT_OFF
        call.save(update_fields=["status", "finished_at", "content"])
        entries.append(result_entry(run, call))
    append(SESSIONS, session.pk, actor, entries)


def _end_message(actor: Actor, session: AgentSession, run: Run) -> None:
    """End a message that was being spoken; what was said so far is stored, as it was seen."""
    events = session.events.filter(run_id=run.pk, actor_kind="agent")
    last = events.filter(type="TEXT_MESSAGE_START").order_by("-seq").first()
    if last is None or events.filter(type="TEXT_MESSAGE_END", seq__gt=last.seq).exists():
        return
    parts = events.filter(type="TEXT_MESSAGE_CONTENT", seq__gt=last.seq).order_by("seq")
    text = "".join(part.data.get("delta", "") for part in parts)
    data = {**last.data, "text": text, "cut_off": True}
    end = Entry(type="TEXT_MESSAGE_END", run_id=run.pk, data=data)
    message = Message(id=UUID(last.data["message_id"]), content=text, model=run.model)
    store_message(actor, session, run, message, [end])


def store_message(
    actor: Actor, session: AgentSession, run: Run, message: Message, entries: Sequence[Entry]
) -> None:
    """Store a message of the agent; the last of the entries is its end."""
    seqs = append(SESSIONS, session.pk, actor, entries)
    message.session, message.run, message.seq = session, run, seqs[-1]
    message.role = MessageRole.ASSISTANT
    message.save(force_insert=True)
    AgentSession.objects.filter(pk=session.pk).update(
        total_messages=F("total_messages") + 1, active_at=clock.now()
    )


def result_entry(run: Run, call: ToolCall) -> Entry:
    """The one TOOL_CALL_RESULT of a call."""
    data = {
        "tool_call_id": str(call.pk),
        "tool": call.tool,
        "status": call.status,
        "content": call.content,
        "exit_code": call.exit_code,
        "duration_ms": call.duration_ms,
        "danger": call.danger,
        "output_bytes": call.output_bytes,
        "blob": str(call.output_blob_id) if call.output_blob_id else None,
    }
    return Entry(type="TOOL_CALL_RESULT", run_id=run.pk, data=data)
