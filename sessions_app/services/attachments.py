"""Attachments: uploaded first, given to a prompt by their ids, placed by the runner when its turn
begins."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import timedelta
from pathlib import PurePosixPath
from typing import Any
from uuid import UUID

from identity.public import User
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.blobs.store import Written, index
from kernel.errors import InvalidError
from kernel.events import Private, publish
from kernel.ids import uuid7
from kernel.jobs import enqueue
from kernel.text import storable
from sessions_app.errors import AttachmentQuotaError
from sessions_app.events import AttachmentForgotten, AttachmentUploaded
from sessions_app.models import AgentSession, Attachment, Message
from sessions_app.services.shelf import require_open

FOLDER = ".attachments"
FORGET = "sessions.forget_blobs"
MOST, UNSENT = 20, 40
UNSENT_LIFE = timedelta(days=1)
_LONGEST_NAME = 120


@action("attachments.upload")
def upload(
    actor: User, session: AgentSession, *, name: str, media_type: str, content: Written
) -> Attachment:
    """Keep a file for a prompt of one's own that will name it."""
    require_open(session)
    waiting = session.attachments.filter(message=None, uploaded_by_id=actor.actor_id).count()
    if waiting >= UNSENT:
        raise AttachmentQuotaError(
            limit=UNSENT, current=waiting, remedy="Send a prompt with them, or wait a day."
        )
    made = Attachment.objects.create(
        session=session,
        uploaded_by_id=actor.actor_id,
        name=plain_name(name),
        media_type=media_type,
        size=content.size,
        blob_id=index(content, media_type).pk,
    )
    publish(
        AttachmentUploaded(
            organization_id=session.organization_id,
            target_id=session.pk,
            attachment_id=made.pk,
            media_type=media_type,
            size=content.size,
            given_name=Private(made.name, session.owner_id),
        )
    )
    return made


@action("attachments.forget", internal=True)
def forget(actor: Actor, session: AgentSession, *, attachment_id: UUID) -> None:
    """Let go of a file that no prompt named within a day."""
    found = session.attachments.filter(pk=attachment_id, message=None).first()
    if found is None or found.created_at > clock.now() - UNSENT_LIFE:
        return Unchanged(None)  # type: ignore[return-value]
    blob_id = found.blob_id
    found.delete()
    if blob_id:
        enqueue(FORGET, {"blob_ids": [str(blob_id)]}, organization_id=session.organization_id)
    publish(
        AttachmentForgotten(
            organization_id=session.organization_id,
            target_id=session.pk,
            attachment_id=attachment_id,
        )
    )
    return None


def given(actor: User, session: AgentSession, ids: Sequence[str]) -> list[Attachment]:
    """The files a prompt names: its author's own, uploaded here, given to no other prompt."""
    if len(ids) > MOST:
        raise InvalidError.at("/attachments", f"A prompt takes at most {MOST} files.")
    rows = session.attachments.filter(message=None, uploaded_by_id=actor.actor_id)
    known = {str(row.pk): row for row in rows}
    for place, one in enumerate(ids):
        if one not in known or one in ids[:place]:
            raise InvalidError.at(f"/attachments/{place}", "There is no such attachment.")
    taken = set(session.attachments.exclude(path="").values_list("path", flat=True))
    for one in ids:
        known[one].path = _path(known[one].name, taken)
        taken.add(known[one].path)
    return [known[one] for one in ids]


def attach(message: Message, files: Sequence[Attachment]) -> None:
    """Bind the files to the prompt that named them."""
    for file in files:
        file.message = message
        file.save(update_fields=["message", "path"])


def shown(files: Sequence[Attachment]) -> list[dict[str, Any]]:
    """What message and stream say of them."""
    return [
        {
            "id": str(file.pk),
            "name": file.name,
            "path": file.path,
            "media_type": file.media_type,
            "size": file.size,
        }
        for file in files
    ]


def copied(copy: AgentSession, ids: Mapping[UUID, UUID]) -> dict[UUID, list[dict[str, Any]]]:
    """A fork's own rows of what its messages were given, by their new ids; `ids` is old → new."""
    found: dict[UUID, list[Attachment]] = defaultdict(list)
    for row in Attachment.objects.filter(message__in=list(ids)).order_by("id"):
        to = ids[row.message_id] if row.message_id else copy.pk
        row.pk, row.session, row.message_id = uuid7(), copy, to
        row._state.adding = True
        found[to].append(row)
    Attachment.objects.bulk_create(one for rows in found.values() for one in rows)
    return {key: shown(rows) for key, rows in found.items()}


def plain_name(name: str) -> str:
    """A name any folder takes: its last part, without what is no text."""
    last = storable(name).replace("\\", "/").rpartition("/")[2]
    kept = "".join(c for c in last if c.isprintable()).strip().strip(".")
    stem = PurePosixPath(kept or "file")
    while len(str(stem).encode()) > _LONGEST_NAME:
        stem = stem.with_name(f"{stem.stem[:-1]}{stem.suffix[:20]}")
    return str(stem)


def _path(name: str, taken: set[str]) -> str:
    """Where it will lie; a second file of one name gets a number."""
    path, number = PurePosixPath(FOLDER, name), 2
    first = path
    while str(path) in taken:
        path = first.with_name(f"{first.stem}-{number}{first.suffix}")
        number += 1
    return str(path)
