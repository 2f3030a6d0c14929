"""Renaming, configuring, archiving, trash with undo, transfer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from identity.public import Membership, User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.commit import after_commit
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.streams import Entry, append
from kernel.streams.doorbell import ring_access
from sessions_app.enums import ACTIVE_RUNS, SessionStatus
from sessions_app.errors import BusyError, NotInTrashError, TrashedError
from sessions_app.events import (
    SessionArchived,
    SessionConfigured,
    SessionRenamed,
    SessionRestored,
    SessionTransferred,
    SessionTrashed,
)
from sessions_app.models import AgentSession
from sessions_app.services.creation import check_mode
from sessions_app.services.prompting import check_quota
from sessions_app.services.shelf import require_open
from sessions_app.streams import SESSIONS


@action("sessions.rename")
def rename(actor: User, session: AgentSession, *, name: str) -> AgentSession:
    """Give a session another name."""
    if session.trashed_at:
        raise TrashedError
    if session.name == name:
        return Unchanged(session)  # type: ignore[return-value]
    session.name = name
    session.save(update_fields=["name"])
    _note(actor, session, "session.renamed", value=name)
    publish(
        SessionRenamed(
            organization_id=session.organization_id,
            target_id=session.pk,
            session_name=Private(name, session.owner_id),
        )
    )
    return session


@action("sessions.configure")
def configure(
    actor: User, session: AgentSession, *, sdk_options: Mapping[str, Any]
) -> AgentSession:
    """Change options of a session; a running turn keeps those it began with."""
    require_open(session)
    before = session.options
    options = {**before, **sdk_options}
    changed = sorted(k for k, v in options.items() if before.get(k) != v)
    if not changed:
        return Unchanged(session)  # type: ignore[return-value]
    check_mode(session.organization, str(options["permission_mode"]))
    session.sdk_options = options
    session.save(update_fields=["sdk_options"])
    _note(actor, session, "session.configured", fields=changed)
    publish(
        SessionConfigured(
            organization_id=session.organization_id, target_id=session.pk, fields=changed
        )
    )
    return session


@action("sessions.archive")
def archive(actor: User, session: AgentSession) -> AgentSession:
    """Put a session away; it can be resumed."""
    require_open(session)
    _require_quiet(session)
    session.archived_at, session.status = clock.now(), SessionStatus.ARCHIVED
    session.save(update_fields=["archived_at", "status"])
    _note(actor, session, "session.archived")
    publish(SessionArchived(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.trash", dangerous=True)
def trash(actor: User, session: AgentSession) -> AgentSession:
    """Put a session into the trash; restore undoes it until its retention ends."""
    if session.trashed_at:
        return Unchanged(session)  # type: ignore[return-value]
    _require_quiet(session)
    session.trashed_at = clock.now()
    session.save(update_fields=["trashed_at"])
    _note(actor, session, "session.trashed")
    publish(SessionTrashed(organization_id=session.organization_id, target_id=session.pk))
    _ring(session)
    return session


@action("sessions.restore")
def restore(actor: User, session: AgentSession) -> AgentSession:
    """Take a session out of the trash."""
    if session.trashed_at is None or session.purged_at:
        raise NotInTrashError
    session.trashed_at, session.active_at = None, clock.now()
    session.save(update_fields=["trashed_at", "active_at"])
    _note(actor, session, "session.restored")
    publish(SessionRestored(organization_id=session.organization_id, target_id=session.pk))
    return session


@action("sessions.transfer", dangerous=True)
def transfer(actor: User, session: AgentSession, *, to: User) -> AgentSession:
    """Make somebody of the same organization the owner."""
    if session.owner_id == to.pk:
        return Unchanged(session)  # type: ignore[return-value]
    if session.purged_at:
        raise TrashedError
    fellows = Membership.objects.filter(organization_id=session.organization_id)
    if not fellows.filter(user=to, user__is_active=True).exists():
        raise InvalidError.at("/to", "There is no such person in this organization.")
    former, session.owner = session.owner_id, to
    if session.runs.filter(status__in=ACTIVE_RUNS).exists():
        check_quota(session)
    session.save(update_fields=["owner"])
    session.user_grants.filter(user=to).delete()
    _note(actor, session, "session.transferred", owner=str(to.pk))
    publish(
        SessionTransferred(
            organization_id=session.organization_id,
            target_id=session.pk,
            former_owner_id=former,
            owner_id=to.pk,
        )
    )
    _ring(session)
    return session


def _require_quiet(session: AgentSession) -> None:
    if session.runs.filter(status__in=ACTIVE_RUNS).exists():
        raise BusyError


def _note(actor: Actor, session: AgentSession, name: str, **data: Any) -> None:
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", data={"name": name, **data})])


def _ring(session: AgentSession) -> None:
    after_commit(ring_access, "sessions", session.pk)
