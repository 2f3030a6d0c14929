"""Files that a page's form sends."""

from __future__ import annotations

from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest

from identity.public import User
from kernel.errors import InvalidError
from kernel.sandbox import FileTooLargeError
from sessions_app.engine.media import LARGEST
from sessions_app.models import AgentSession, Attachment
from sessions_app.runner.intake import keep
from sessions_app.services.attachments import MOST
from sessions_app.services.files import require_writer


def uploads(request: HttpRequest) -> list[UploadedFile[Any]]:
    """What was chosen; an empty field is no file."""
    found: list[UploadedFile[Any]] = list(request.FILES.getlist("files"))
    if len(found) > MOST:
        raise InvalidError.at("/files", f"Choose at most {MOST} files.")
    for one in found:
        if (one.size or 0) > LARGEST:
            raise FileTooLargeError(f"{one.name} is larger than {LARGEST >> 20} MiB.")
    return found


def content_of(given: UploadedFile[Any]) -> bytes:
    """All of a file."""
    return bytes(given.read())


def keep_upload(actor: User, session: AgentSession, given: UploadedFile[Any]) -> Attachment:
    """A file for the prompt of the same form."""
    require_writer(actor, session, "attachments.upload")
    return keep(actor, session, str(given.name), content_of(given))
