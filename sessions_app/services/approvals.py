"""Deciding approvals: a persisted state, decided once, from any login."""

from __future__ import annotations

from identity.public import User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import NotAllowedError
from kernel.events import Private, publish
from kernel.streams import Entry, append
from sessions_app.enums import ApprovalStatus, RunStatus, ToolStatus
from sessions_app.errors import (
    ApprovalChangedError,
    ApprovalDecidedError,
    ApprovalExpiredError,
    SeparateApproverError,
)
from sessions_app.events import ApprovalDecided
from sessions_app.models import AgentSession, Approval
from sessions_app.services.closing import result_entry
from sessions_app.services.prompting import start_turn
from sessions_app.streams import SESSIONS


@action("approvals.approve", dangerous=True, locks=False)
def approve(
    actor: User, approval: Approval, *, reason: str = "", version: int | None = None
) -> Approval:
    """Let one waiting call run, exactly as it was shown."""
    return _decide(actor, approval, ApprovalStatus.APPROVED, reason, version)


@action("approvals.deny", locks=False)
def deny(
    actor: User, approval: Approval, *, reason: str = "", version: int | None = None
) -> Approval:
    """Refuse one waiting call; the agent is told and goes on without it."""
    return _decide(actor, approval, ApprovalStatus.DENIED, reason, version)


@action("approvals.expire", internal=True, locks=False)
def expire(actor: Actor, approval: Approval) -> Approval:
    """Nobody decided in time."""
    approval = _held(approval)
    if approval.status != ApprovalStatus.PENDING or approval.expires_at > clock.now():
        return Unchanged(approval)  # type: ignore[return-value]
    return _write(actor, approval, ApprovalStatus.EXPIRED, "")


def _held(approval: Approval) -> Approval:
    """The approval as it is once its session is held: every verb takes the session first, or two
    of them could wait for each other."""
    AgentSession.objects.select_for_update(no_key=True).get(pk=approval.session_id)
    rows = Approval.objects.select_related("session", "run", "organization", "tool_call")
    return rows.get(pk=approval.pk)


def _decide(
    actor: User, approval: Approval, status: str, reason: str, version: int | None
) -> Approval:
    approval = _held(approval)
    if approval.status == status:
        return Unchanged(approval)  # type: ignore[return-value]
    if approval.status != ApprovalStatus.PENDING:
        raise ApprovalDecidedError(status_now=approval.status)
    if version is not None and version != approval.version:
        raise ApprovalChangedError
    if approval.expires_at <= clock.now():
        raise ApprovalExpiredError
    if approval.organization.separate_approver and (approval.run.requested_by_id == actor.actor_id):
        raise SeparateApproverError
    if actor.actor_kind not in {"user", "service"}:
        raise NotAllowedError
    return _write(actor, approval, status, reason)


def _write(actor: Actor, approval: Approval, status: str, reason: str) -> Approval:
    session = approval.session
    approval.status, approval.decision_reason = status, reason[:1000]
    approval.decided_at, approval.version = clock.now(), approval.version + 1
    approval.decided_by_id = actor.actor_id if actor.actor_kind != "system" else None
    approval.save()
    data = {
        "name": "approval.decided",
        "approval_id": str(approval.pk),
        "tool_call_id": str(approval.tool_call_id),
        "status": status,
        "decided_by": str(approval.decided_by_id) if approval.decided_by_id else None,
        "reason": approval.decision_reason,
        "version": approval.version,
    }
    entries = [Entry(type="CUSTOM", run_id=approval.run_id, data=data)]
    if status != ApprovalStatus.APPROVED:
        entries.append(_refused(approval))
    append(SESSIONS, session.pk, actor, entries)
    if approval.run.status == RunStatus.WAITING and not _others_pending(approval):
        start_turn(session, approval.run)
    publish(
        ApprovalDecided(
            organization_id=approval.organization_id,
            target_id=session.pk,
            approval_id=approval.pk,
            tool_call_id=approval.tool_call_id,
            status=status,
            requester_id=approval.run.requested_by_id,
            reason=Private(approval.decision_reason, approval.decided_by_id),
        )
    )
    return approval


def _refused(approval: Approval) -> Entry:
    call = approval.tool_call
    words = {ApprovalStatus.EXPIRED: "Nobody decided in time."}
    reason = approval.decision_reason and f" {approval.decision_reason}"
    call.content = words.get(ApprovalStatus(approval.status), f"A person refused this.{reason}")
    call.status, call.finished_at, call.duration_ms = ToolStatus.DENIED, clock.now(), 0
    call.save(update_fields=["content", "status", "finished_at", "duration_ms"])
    return result_entry(approval.run, call)


def _others_pending(approval: Approval) -> bool:
    rest = Approval.objects.filter(run_id=approval.run_id, status=ApprovalStatus.PENDING)
    return rest.exclude(pk=approval.pk).exists()
