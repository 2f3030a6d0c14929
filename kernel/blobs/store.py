"""Write the file first (temporary name, fsync, rename), then the row: a crash leaves no row
without its content. Files are named by BLAKE3 and shared only inside their tenant."""

from __future__ import annotations

import os
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from blake3 import blake3
from django.conf import settings

from kernel.errors import DomainError
from kernel.models.blobs import Blob

GRACE_SECONDS = 3600.0
"""How long content may lie written and not yet indexed."""


class BlobMissingError(DomainError):
    """The content of this record is no longer stored."""

    status = 404


@dataclass(frozen=True, kw_only=True)
class Written:
    """A file that is safely on disk and waits for its row."""

    organization_id: UUID
    digest: str
    size: int


def path_of(organization_id: UUID, digest: str) -> Path:
    """Where the content of one tenant lies."""
    return Path(settings.DATA_DIR) / "blobs" / str(organization_id) / digest[:2] / digest


def write(organization_id: UUID, content: bytes) -> Written:
    """Store content durably; call it outside verbs, then `index` it inside one."""
    digest = blake3(content).hexdigest()
    target = path_of(organization_id, digest)
    written = Written(organization_id=organization_id, digest=digest, size=len(content))
    if target.exists():
        os.utime(target)  # somebody has it anew: `remove` lets it be
        return written
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    handle, temporary = tempfile.mkstemp(dir=target.parent)
    with os.fdopen(handle, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    Path(temporary).replace(target)
    return written


def index(written: Written, media_type: str = "application/octet-stream") -> Blob:
    """Make the row of a written file; inside a verb."""
    blob, _made = Blob.objects.get_or_create(
        organization_id=written.organization_id,
        digest=written.digest,
        defaults={"size": written.size, "media_type": media_type},
    )
    return blob


def read(blob: Blob) -> bytes:
    """The content of a row."""
    path = path_of(blob.organization_id, blob.digest)
    if not path.exists():
        raise BlobMissingError
    return path.read_bytes()


def remove(blob: Blob) -> None:
    """Delete a row that nothing refers to, and its content; not what was just written anew, for
    somebody is about to refer to it."""
    path = path_of(blob.organization_id, blob.digest)
    if path.exists() and path.stat().st_mtime >= time.time() - GRACE_SECONDS:
        return
    blob.delete()
    path.unlink(missing_ok=True)
