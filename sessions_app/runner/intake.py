"""Taking a file for a prompt in: looked at and stored by whichever edge it came through, before the
verb writes it down."""

from __future__ import annotations

from kernel import blobs
from kernel.actors import Actor
from kernel.blobs.store import Written
from kernel.errors import InvalidError
from sessions_app.engine.media import take
from sessions_app.models import AgentSession, Attachment
from sessions_app.runner.scanning import scan
from sessions_app.services import attachments


def store(session: AgentSession, content: bytes) -> Written:
    """Keep content from outside, once it is scanned; a verb then refers to it."""
    scan(content)
    return blobs.write(session.organization_id, content)


def keep(actor: Actor, session: AgentSession, name: str, content: bytes) -> Attachment:
    """Look at what was sent, store what may be kept of it, and write it down."""
    if not content:
        raise InvalidError.at("", "The file is empty.")
    taken = take(content)
    scan(content)
    written = blobs.write(session.organization_id, taken.content)
    return attachments.upload(
        actor, session, name=name, media_type=taken.media_type, content=written
    )
