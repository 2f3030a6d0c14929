"""What the session page shows before its island takes over."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from identity.public import Team, User, people_with_access
from kernel.actors import Actor
from kernel.policies import policy_of, visible_to
from marketplace.public import tools_of
from sessions_app.engine.media import IMAGES
from sessions_app.enums import ROLES, ApprovalStatus, RunStatus
from sessions_app.markdown import to_html
from sessions_app.models import AgentSession, Message, Run, ToolCall
from sessions_app.policies.access import has_role
from sessions_app.selectors.presence import people_in
from sessions_app.selectors.secrets import attachable, attached_to
from sessions_app.selectors.sessions import sessions_lately
from sessions_app.selectors.tabs import unread_of

SHOWN, COLUMN = 200, 50
FELLOWS = 100
_VERBS = ("prompt", "cancel", "resume", "fork", "archive", "rename", "share", "attach_secret")


@dataclass(frozen=True)
class Transcript:
    """Entries in stream order and the `seq` before which there is more, 0 when there is not."""

    entries: list[dict[str, Any]]
    earlier: int


def page_of(actor: User, session: AgentSession, before: int) -> dict[str, Any]:
    """The context of the page's template, as its head comment lists it."""
    transcript = _transcript(session, before)
    run = session.runs.order_by("-created_at").first()
    allowed = can(actor, session)
    return {
        "session": _session(session, run),
        "run": run,
        "transcript": transcript.entries,
        "earlier": transcript.earlier,
        "sessions": column(actor, session),
        "approvals": _approvals(session),
        "queue": _queue(session),
        "people": _people(actor, session),
        "roles": [(role, role.title()) for role in ROLES[:-1]],
        "servers": _servers(session),
        "secrets": list(attached_to(session)),
        "attachable": attachable(actor, session, FELLOWS) if allowed["attach_secret"] else [],
        "fellows": _fellows(actor, session) if allowed["share"] else [],
        "can": allowed,
    }


def can(actor: Actor, session: AgentSession) -> dict[str, bool]:
    """What this person may do here, asked of the policy."""
    policy = policy_of(AgentSession)
    allowed = {verb: policy.allows(actor, f"sessions.{verb}", session) for verb in _VERBS}
    allowed["prompt"] = allowed["prompt"] and not session.archived_at and not session.trashed_at
    return {**allowed, "decide": has_role(actor, session, "approver")}


def _session(session: AgentSession, run: Run | None) -> dict[str, Any]:
    names = (
        "id", "name", "status", "runtime", "owner", "driver", "is_at_work", "created_at",
        "last_seq", "sdk_options", "input_tokens", "output_tokens", "cost_usd", "context_window",
        "trashed_at", "project",
    )  # fmt: skip
    return {
        **{name: getattr(session, name) for name in names},
        "last_activity_at": session.active_at,
        "context_used": session.context_tokens,
        "sandbox_level": run.sandbox_level if run else "",
    }


def _transcript(session: AgentSession, before: int) -> Transcript:
    """The newest messages and calls before a `seq`, merged by it."""
    span = {"seq__lt": before} if before else {}
    messages = session.messages.filter(**span).select_related("author", "session")
    messages = messages.order_by("-seq")[: SHOWN + 1]
    calls = session.tool_calls.filter(**span).order_by("-seq")[: SHOWN + 1]
    found: list[Message | ToolCall] = [*messages, *calls]
    rows = sorted(found, key=lambda row: row.seq)
    kept = rows[-SHOWN:]
    return Transcript([_entry(row) for row in kept], kept[0].seq if len(rows) > SHOWN else 0)


def _entry(row: Message | ToolCall) -> dict[str, Any]:
    if isinstance(row, Message):
        agent = row.role == "assistant"
        return {
            "kind": "message",
            "id": row.pk,
            "role": row.role,
            "author": row.session.runtime if agent else row.author_name or "Somebody",
            "author_kind": "agent" if agent else "user",
            "at": row.created_at,
            "html": to_html(row.content) if agent else "",
            "content": row.content,
            "attachments": [
                {**one, "picture": one["media_type"] in IMAGES} for one in row.attachments
            ],
        }
    return {
        "kind": "tool",
        "id": row.pk,
        "tool": row.tool,
        "brief": brief(row.input),
        "input": json.dumps(row.input, indent=2, ensure_ascii=False),
        "output": row.content,
        "status": row.status,
        "exit_code": row.exit_code,
        "duration_ms": row.duration_ms,
        "danger": row.danger,
        "at": row.created_at,
    }


def brief(arguments: Mapping[str, Any]) -> str:
    """One line that tells a call from its neighbours."""
    for name in ("command", "path", "pattern"):
        if arguments.get(name):
            return str(arguments[name]).splitlines()[0][:200]
    return json.dumps(arguments, ensure_ascii=False)[:200] if arguments else ""


def column(actor: User, session: AgentSession) -> list[dict[str, Any]]:
    """The list beside a session: those of the same organization. This one is being read."""
    rows = sessions_lately(actor, session.organization_id, COLUMN)
    unread = unread_of(actor, [row for row in rows if row.pk != session.pk])
    return [
        {
            "id": row.pk,
            "name": row.name,
            "status": row.status,
            "last_activity_at": row.active_at,
            "unread": unread.get(row.pk, 0),
            "driver": row.driver,
            "at_work": row.is_at_work,
        }
        for row in rows
    ]


def _approvals(session: AgentSession) -> list[dict[str, Any]]:
    rows = session.approvals.filter(status=ApprovalStatus.PENDING).select_related("tool_call")
    return [
        {
            "id": row.pk,
            "tool": row.tool_call.tool,
            "input": row.tool_call.input,
            "input_text": brief(row.tool_call.input),
            "reason": row.reason,
            "danger": row.tool_call.danger,
            "requested_at": row.requested_at,
            "expires_at": row.expires_at,
        }
        for row in rows.order_by("requested_at")
    ]


def _queue(session: AgentSession) -> list[dict[str, Any]]:
    active = session.runs.filter(status__in=[RunStatus.RUNNING, RunStatus.WAITING]).exists()
    queued = session.runs.filter(status=RunStatus.QUEUED).order_by("created_at")
    ids = list(queued.values_list("message_id", flat=True))[0 if active else 1 :]
    rows = session.messages.filter(pk__in=ids).order_by("seq")
    return [{"id": r.pk, "content": r.content, "author": r.author_name} for r in rows]


def _servers(session: AgentSession) -> list[dict[str, Any]]:
    ids = list(session.servers.values_list("server_id", flat=True))
    names: dict[Any, dict[str, Any]] = {}
    for tool in tools_of(ids) if ids else []:
        entry = names.setdefault(
            tool.server_id, {"id": tool.server_id, "name": tool.server, "tools": []}
        )
        entry["tools"].append({"name": tool.name, "description": tool.description})
    return list(names.values())


def _people(actor: User, session: AgentSession) -> list[dict[str, Any]]:
    here = {person["id"] for person in people_in(session.pk)}
    lines: list[tuple[Any, str, Any]] = [(session.owner, "owner", None)]
    lines += [(line.subject, line.role, line.grant_id) for line in people_with_access(session)]
    return [
        {
            "id": one.pk,
            "username": getattr(one, "username", getattr(one, "slug", "")),
            "display_name": str(one),
            "role": role,
            "share_id": share_id,
            "online": str(one.pk) in here,
            "is_me": one.pk == actor.pk,
        }
        for one, role, share_id in lines
    ]


def rows_of(actor: User, sessions: list[AgentSession]) -> list[dict[str, Any]]:
    """The list's rows."""
    names = (
        "id", "name", "status", "runtime", "owner", "driver", "input_tokens", "output_tokens",
        "cost_usd", "trashed_at",
    )  # fmt: skip
    unread = unread_of(actor, sessions)
    return [
        {
            **{name: getattr(row, name) for name in names},
            "last_activity_at": row.active_at,
            "unread": unread.get(row.pk, 0),
            "at_work": row.is_at_work,
        }
        for row in sessions
    ]


def _fellows(actor: User, session: AgentSession) -> list[dict[str, str]]:
    """Whom one may share with, to choose from while typing: people, then teams."""
    people = (
        visible_to(User, actor)
        .filter(is_active=True, memberships__organization_id=session.organization_id)
        .exclude(pk=session.owner_id)
    )
    teams = visible_to(Team, actor).filter(organization_id=session.organization_id)
    named = [(one.username, str(one)) for one in people.order_by("full_name")[:FELLOWS]]
    named += [(one.slug, one.name) for one in teams.order_by("name")[:FELLOWS]]
    return [{"key": key, "name": name} for key, name in named]
