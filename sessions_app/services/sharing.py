"""Sharing a session with a person or a team; one role per subject, with or without an end."""

from __future__ import annotations

from datetime import datetime
from typing import cast
from uuid import UUID

from django.db.models import Q

from identity.public import Membership, Team, User, grant, role_of
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.commit import after_commit
from kernel.errors import InvalidError, NotFoundError
from kernel.events import publish
from kernel.streams import Entry, append
from kernel.streams.doorbell import ring_access
from sessions_app.enums import ROLES
from sessions_app.errors import AlreadyOwnerError, TrashedError
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
    if session.trashed_at:
        raise TrashedError
    _require_fellow(session, subject)
    _check(role, expires_at)
    if _has_it_already(session, subject, role, expires_at):
        return Unchanged(_of(session, subject))  # type: ignore[return-value]
    row = grant(session, subject, role, granted_by_id=actor.actor_id, expires_at=expires_at)
    kind = "team" if isinstance(subject, Team) else "user"
    _note(
        actor, session, "session.shared", {"subject": str(subject.pk), "kind": kind, "role": role}
    )
    publish(
        SessionShared(
            organization_id=session.organization_id,
            target_id=session.pk,
            grant_id=row.pk,
            subject_kind=kind,
            subject_id=subject.pk,
            role=role,
            expires_at=expires_at,
        )
    )
    return row  # type: ignore[return-value]


@action("sessions.unshare")
def unshare(actor: User, session: AgentSession, *, share_id: UUID) -> Grant:
    """Take a role away; open sockets of whoever loses access close at once."""
    row = find_grant(session, share_id)
    role, key = role_of(row), row.pk
    team = row.group.team if isinstance(row, SessionTeamGrant) else None
    kind, subject_id = ("team", team.pk) if team else ("user", row.user_id)  # type: ignore[union-attr]
    row.delete()
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
    return row


def find_grant(session: AgentSession, share_id: UUID) -> Grant:
    """A share of this session by its id."""
    for table in (SessionUserGrant, SessionTeamGrant):
        found = table.objects.filter(Q(content_object=session), pk=share_id).first()
        if found:
            return cast("Grant", found)
    raise NotFoundError


def _of(session: AgentSession, subject: User | Team) -> Grant | None:
    if isinstance(subject, Team):
        return session.team_grants.filter(group_id=subject.group_id).first()
    return session.user_grants.filter(user=subject).first()


def _has_it_already(
    session: AgentSession, subject: User | Team, role: str, expires_at: datetime | None
) -> bool:
    row = _of(session, subject)
    return row is not None and role_of(row) == role and row.expires_at == expires_at


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


def _check(role: str, expires_at: datetime | None) -> None:
    if role not in ROLES:
        raise InvalidError.at("/role", f"One of {', '.join(ROLES)}.")
    if expires_at is not None and expires_at <= clock.now():
        raise InvalidError.at("/expires_at", "This moment has passed.")


def _note(actor: Actor, session: AgentSession, name: str, data: dict[str, str]) -> None:
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": name, **data})])
    after_commit(ring_access, "sessions", session.pk)
