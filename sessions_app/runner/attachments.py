"""What was given to a prompt, laid into the working directory when its turn begins."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from uuid import UUID

from kernel import blobs
from kernel.models import Blob
from kernel.sandbox import ABSENT, FileChangedError, Workspace
from sessions_app.engine.media import IMAGES
from sessions_app.models import Attachment, Message
from sessions_app.runner.workspaces import check_room
from sessions_app.runtimes.base import Attached

PICTURE_BYTES, ALL_PICTURES = 4 << 20, 8 << 20
"""What a model is given to look at, one picture and all of a prompt; others it may open itself."""


def place_attachments(workspace: Path, message_id: UUID) -> None:
    """Write each file where its message says; a repeated turn leaves what is there."""
    with Workspace(workspace) as files:
        for one in Attachment.objects.filter(message_id=message_id).order_by("id"):
            with suppress(FileChangedError):
                content = _content(one)
                check_room(files, len(content))
                files.replace(one.path, content, expected=ABSENT, part=f".{one.pk}.part")


def attached_to(message: Message) -> list[Attached]:
    """The same files for a runtime; pictures with their content as far as they are small."""
    found, left = [], ALL_PICTURES
    for one in message.attached.order_by("id"):
        shown = one.media_type in IMAGES and one.size <= min(PICTURE_BYTES, left)
        left -= one.size if shown else 0
        found.append(
            Attached(
                name=one.name,
                path=one.path,
                media_type=one.media_type,
                size=one.size,
                content=_content(one) if shown else None,
            )
        )
    return found


def _content(one: Attachment) -> bytes:
    return blobs.read(Blob.objects.get(pk__in=[one.blob_id]))
