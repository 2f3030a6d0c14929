"""Sharing a session with a person or a team; one role per subject, with or without an end."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db import transaction
from django.db.models import Q

from identity.public import Membership, Team, User, role_of
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError, NotFoundError
from kernel.events import publish
from kernel.streams import Entry, append
from kernel.streams.doorbell import ring_access
from sessions_app.errors import AlreadyOwnerError
from sessions_app.events import SessionShared, ShareRevoked
from sessions_app.models import AgentSession, SessionTeamGrant, SessionUserGrant
from sessions_app.streams import SESSIONS

Grant = SessionUserGrant | SessionTeamGrant


@action("sessions.share")
def share(
    actor: User,
    session: AgentSession,
    *,
    subject: User | Team,
    role: str,
    expires_at: datetime | None = None,
) -> Grant:
    """Give a person or team of the same organization a role; a second share changes the first."""
    _require_fellow(session, subject)
    permission = Permission.objects.get(
        codename=f"agentsession_{role}", content_type__app_label="sessions_app"
    )
    table, key = _table(subject)
    found = table.objects.filter(content_object=session, **key).first()
    if found and found.permission_id == permission.pk and found.expires_at == expires_at:
        return Unchanged(found)  # type: ignore[return-value]
    grant: Grant = found or table(content_object=session, **key)
    grant.permission, grant.expires_at = permission, expires_at
    grant.granted_by_id = actor.actor_id
    grant.save()
    kind = "team" if isinstance(subject, Team) else "user"
    _note(
        actor, session, "session.shared", {"subject": str(subject.pk), "kind": kind, "role": role}
    )
    publish(
        SessionShared(
            organization_id=session.organization_id,
            target_id=session.pk,
            grant_id=grant.pk,
            subject_kind=kind,
            subject_id=subject.pk,
            role=role,
            expires_at=expires_at,
        )
    )
    return grant


@action("sessions.unshare")
def unshare(actor: User, session: AgentSession, *, share_id: UUID) -> Grant:
    """Take a role away; open sockets of whoever loses access close at once."""
    grant = find_grant(session, share_id)
    role, team = role_of(grant), isinstance(grant, SessionTeamGrant)
    subject_id = grant.group.team.pk if isinstance(grant, SessionTeamGrant) else grant.user_id
    kind, key = ("team" if team else "user"), grant.pk
    grant.delete()
    grant.pk = key
    _note(actor, session, "session.unshared", {"subject": str(subject_id), "kind": kind})
    publish(
        ShareRevoked(
            organization_id=session.organization_id,
            target_id=session.pk,
            grant_id=key,
            subject_kind=kind,
            subject_id=subject_id,
            role=role,
        )
    )
    return grant


def find_grant(session: AgentSession, share_id: UUID) -> Grant:
    """A share of this session by its id."""
    for table in (SessionUserGrant, SessionTeamGrant):
        found = table.objects.filter(Q(content_object=session), pk=share_id).first()
        if found:
            return found
    raise NotFoundError


def _table(subject: User | Team) -> tuple[type[Any], dict[str, Any]]:
    if isinstance(subject, Team):
        return SessionTeamGrant, {"group": subject.group}
    return SessionUserGrant, {"user": subject}


def _require_fellow(session: AgentSession, subject: User | Team) -> None:
    if isinstance(subject, Team):
        inside = subject.organization_id == session.organization_id
    else:
        if subject.pk == session.owner_id:
            raise AlreadyOwnerError
        inside = Membership.objects.filter(
            organization_id=session.organization_id, user=subject
        ).exists()
    if not inside:
        raise InvalidError.at("/user", "There is no such person or team in this organization.")


def _note(actor: Actor, session: AgentSession, name: str, data: dict[str, str]) -> None:
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": name, **data})])
    transaction.on_commit(lambda: ring_access("sessions", session.pk), robust=True)
