"""The broker's verbs: ask, start and finish one call. Internal, fenced, each with its fact."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.db.models import Exists, F, Q

from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.blobs.store import Written, index
from kernel.events import publish
from kernel.streams import Entry, append
from sessions_app.enums import OPEN_CALLS, ApprovalStatus, ToolStatus
from sessions_app.events import (
    ApprovalRequested,
    ToolCallFinished,
    ToolCallRequested,
    ToolCallStarted,
)
from sessions_app.models import AgentSession, Approval, Run, ToolCall
from sessions_app.services.closing import result_entry
from sessions_app.services.files import Made, note_change
from sessions_app.services.runs import fenced
from sessions_app.streams import SESSIONS

APPROVAL_LIFE = timedelta(days=14)


@dataclass(frozen=True, kw_only=True)
class Asked:
    """One call as policy and danger rules judged it; `input` is already redacted for show."""

    call_id: str
    tool: str
    input: Mapping[str, Any]
    input_hash: str
    verdict: str
    reason: str = ""
    danger: str = "none"
    reasons: Sequence[Mapping[str, str]] = ()
    targets: Sequence[Mapping[str, str]] = ()


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a call ended; `content` is capped and redacted, the whole of it may be a blob."""

    status: str
    content: str
    exit_code: int | None = None
    duration_ms: int = 0
    output_bytes: int = 0
    spilled: Written | None = None
    data: Mapping[str, Any] = field(default_factory=dict)
    made: Made | None = None


@action("tool_calls.request", internal=True)
def request_call(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, asked: Asked
) -> ToolCall:
    """Write down a call and what the policy said: allowed, to be asked, or denied."""
    run = fenced(session, run_id, epoch)
    call = _record(session, run, asked)
    entries = _opening(run, call)
    if asked.verdict == "ask":
        entries.append(_ask(session, run, call, asked))
    elif asked.verdict == "deny":
        call.status, call.content = ToolStatus.DENIED, asked.reason
        call.finished_at, call.duration_ms = clock.now(), 0
        entries.append(result_entry(run, call))
    seqs = append(SESSIONS, session.pk, actor, entries)
    call.seq = seqs[0]
    call.save()
    AgentSession.objects.filter(pk=session.pk).update(total_tool_calls=F("total_tool_calls") + 1)
    publish(
        ToolCallRequested(
            organization_id=session.organization_id,
            target_id=session.pk,
            tool_call_id=call.pk,
            run_id=run.pk,
            tool=_word(call.tool),
            danger=call.danger,
            verdict=asked.verdict,
            reasons=[_word(str(r.get("code", ""))) for r in asked.reasons],
        )
    )
    return call


@action("tool_calls.start", internal=True)
def start_call(
    actor: Actor, session: AgentSession, *, run_id: UUID, epoch: int, call_id: UUID, level: str
) -> ToolCall | None:
    """The one permission to execute: None when the call was started before, by whomever, or waits
    for somebody who has not allowed it."""
    run = fenced(session, run_id, epoch)
    granted = Approval.objects.filter(tool_call_id=call_id, status=ApprovalStatus.APPROVED)
    may = Q(status=ToolStatus.REQUESTED) | (Q(status=ToolStatus.WAITING) & Exists(granted))
    rows = ToolCall.objects.filter(may, pk=call_id, run=run)
    started = rows.update(status=ToolStatus.RUNNING, started_at=clock.now(), sandbox_level=level)
    if not started:
        return Unchanged(None)  # type: ignore[return-value]
    call = ToolCall.objects.get(pk=call_id)
    publish(
        ToolCallStarted(
            organization_id=session.organization_id,
            target_id=session.pk,
            tool_call_id=call.pk,
            run_id=run.pk,
            tool=_word(call.tool),
            danger=call.danger,
            sandbox_level=level,
        )
    )
    return call


@action("tool_calls.finish", internal=True)
def finish_call(
    actor: Actor,
    session: AgentSession,
    *,
    run_id: UUID,
    epoch: int,
    call_id: UUID,
    outcome: Outcome,
) -> ToolCall:
    """Write down how a call ended, with its one result event; what ended stays as it is."""
    run = fenced(session, run_id, epoch)
    call = ToolCall.objects.select_for_update().get(pk=call_id, run=run)
    asked = Approval.objects.filter(tool_call=call, status=ApprovalStatus.PENDING)
    if call.status not in OPEN_CALLS or asked.exists():
        return Unchanged(call)  # type: ignore[return-value]
    call.status, call.content, call.exit_code = outcome.status, outcome.content, outcome.exit_code
    call.duration_ms, call.output_bytes = outcome.duration_ms, outcome.output_bytes
    call.finished_at = clock.now()
    if outcome.spilled:
        call.output_blob_id = index(outcome.spilled, "text/plain").pk
    call.save()
    append(SESSIONS, session.pk, actor, [result_entry(run, call)])
    if outcome.made:
        note_change(actor, session, call, outcome.made)
    publish(
        ToolCallFinished(
            organization_id=session.organization_id,
            target_id=session.pk,
            tool_call_id=call.pk,
            run_id=run.pk,
            tool=_word(call.tool),
            status=call.status,
            exit_code=call.exit_code,
            duration_ms=outcome.duration_ms,
            output_bytes=outcome.output_bytes,
        )
    )
    return call


def _record(session: AgentSession, run: Run, asked: Asked) -> ToolCall:
    return ToolCall(
        session=session,
        run=run,
        call_id=asked.call_id,
        tool=asked.tool[:200],
        input=dict(asked.input),
        input_hash=asked.input_hash,
        danger=asked.danger,
        reasons=[dict(r) for r in asked.reasons],
        targets=[dict(t) for t in asked.targets],
    )


def _opening(run: Run, call: ToolCall) -> list[Entry]:
    known = {"tool_call_id": str(call.pk), "tool": call.tool}
    start = {**known, "danger": call.danger, "reasons": call.reasons}
    arguments = {**known, "args": call.input, "delta": json.dumps(call.input)}
    return [
        Entry(type="TOOL_CALL_START", run_id=run.pk, data=start),
        Entry(type="TOOL_CALL_ARGS", run_id=run.pk, data=arguments),
        Entry(type="TOOL_CALL_END", run_id=run.pk, data=known),
    ]


def _ask(session: AgentSession, run: Run, call: ToolCall, asked: Asked) -> Entry:
    call.status = ToolStatus.WAITING
    call.save()
    approval = Approval.objects.create(
        organization_id=session.organization_id,
        session=session,
        run=run,
        tool_call=call,
        status=ApprovalStatus.PENDING,
        reason=asked.reason[:1000],
        input_hash=asked.input_hash,
        expires_at=clock.now() + APPROVAL_LIFE,
    )
    publish(
        ApprovalRequested(
            organization_id=session.organization_id,
            target_id=session.pk,
            approval_id=approval.pk,
            tool_call_id=call.pk,
            tool=_word(call.tool),
            danger=call.danger,
        )
    )
    data = {
        "name": "approval.requested",
        "approval_id": str(approval.pk),
        "tool_call_id": str(call.pk),
        "tool": call.tool,
        "input": call.input,
        "reason": approval.reason,
        "danger": call.danger,
        "expires_at": approval.expires_at.isoformat(),
        "version": approval.version,
    }
    return Entry(type="CUSTOM", run_id=run.pk, data=data)


def _word(text: str) -> str:
    return "".join(c if c.isalnum() or c in "_.:/@+-" else "-" for c in text)[:200]
