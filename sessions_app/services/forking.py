"""Forking: a session of one's own with the conversation up to a message."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from identity.public import User
from kernel.actions import action
from kernel.errors import NotFoundError
from kernel.events import publish
from kernel.ids import uuid7
from kernel.jobs import enqueue
from kernel.streams import Entry, append
from sessions_app.enums import PermissionMode
from sessions_app.events import SessionForked
from sessions_app.models import AgentSession, Message, SessionServer, WorkingDirectory
from sessions_app.services.attachments import copied
from sessions_app.services.creation import check_mode
from sessions_app.services.shelf import require_open
from sessions_app.streams import SESSIONS

COPY = "sessions.copy_workspace"


@action("sessions.fork")
def fork(actor: User, session: AgentSession, *, message_id: UUID | None = None) -> AgentSession:
    """Make a session of one's own from another, up to and including a message (or all of it)."""
    if session.trashed_at:
        require_open(session)
    messages = _messages(session, message_id)
    whole = message_id is None
    options = dict(session.sdk_options)
    if options.get("permission_mode") == PermissionMode.BYPASS:
        options["permission_mode"] = PermissionMode.DEFAULT.value
    check_mode(session.organization, options["permission_mode"])
    copy = AgentSession.objects.create(
        organization_id=session.organization_id,
        owner_id=actor.actor_id,
        name=f"{session.name} (fork)"[:200],
        runtime=session.runtime,
        project_id=session.project_id,
        sdk_options=options,
        parent=session,
        forked_from_message_id=message_id,
        runtime_state=session.runtime_state if whole else None,
        total_messages=len(messages),
        working_directory=WorkingDirectory.objects.create(
            organization_id=session.organization_id,
            seed_from=session.working_directory_id,
        ),
    )
    SessionServer.objects.bulk_create(
        SessionServer(session=copy, server_id=server.server_id) for server in session.servers.all()
    )
    _replay(actor, session, copy, messages)
    # Now, not at the first turn: what is done in the parent later is none of the fork's business.
    enqueue(
        COPY,
        {"session_id": str(copy.pk)},
        key=f"copy:{copy.working_directory_id}",
        organization_id=copy.organization_id,
    )
    publish(
        SessionForked(
            organization_id=copy.organization_id,
            target_id=copy.pk,
            parent_id=session.pk,
            message_id=message_id,
        )
    )
    return copy


def _messages(session: AgentSession, message_id: UUID | None) -> list[Message]:
    rows = session.messages.order_by("seq")
    if message_id is None:
        return list(rows)
    last = session.messages.filter(pk=message_id).first()
    if last is None:
        raise NotFoundError
    return list(rows.filter(seq__lte=last.seq))


def _replay(
    actor: User, session: AgentSession, copy: AgentSession, messages: list[Message]
) -> None:
    """Write the messages into the new stream, so that it is complete by itself."""
    start = {"name": "session.forked", "parent": str(session.pk)}
    entries = [Entry(type="CUSTOM", data=start)]
    ids = [uuid7() for _ in messages]
    files = copied(copy, {message.pk: new for new, message in zip(ids, messages, strict=True)})
    for new_id, message in zip(ids, messages, strict=True):
        known: dict[str, Any] = {
            "message_id": str(new_id),
            "role": message.role,
            "author": message.author_name,
            "copied_from": str(message.pk),
        }
        if new_id in files:
            known["attachments"] = files[new_id]
        entries += [
            Entry(type="TEXT_MESSAGE_START", data=known),
            Entry(type="TEXT_MESSAGE_END", data={**known, "text": message.content}),
        ]
    seqs = append(SESSIONS, copy.pk, actor, entries)
    Message.objects.bulk_create(
        Message(
            id=new_id,
            session=copy,
            role=message.role,
            content=message.content,
            author_id=message.author_id,
            author_name=message.author_name,
            model=message.model,
            attachments=files.get(new_id, []),
            seq=seqs[2 + 2 * place],
        )
        for place, (new_id, message) in enumerate(zip(ids, messages, strict=True))
    )
