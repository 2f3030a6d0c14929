"""Files of a working directory, opened by descriptor beneath its root, never through links out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.conf import settings

from kernel.errors import NotFoundError
from kernel.sandbox import SandboxError, Workspace
from sessions_app.models import AgentSession

_SHOWN_BYTES = 256 * 1024
_HIDDEN = {".home", ".git"}


def root_of(session: AgentSession) -> Path:
    """Where the session's working directory lies."""
    return Path(settings.DATA_DIR) / "work" / str(session.working_directory_id)


def brief_list(session: AgentSession, most: int = 40) -> list[dict[str, Any]]:
    """The files of the top directory; empty before the first turn made it."""
    try:
        with Workspace(root_of(session)) as workspace:
            found = workspace.list(".", max_entries=200)
    except (OSError, SandboxError):
        return []
    entries = [e for e in found.entries if e.kind == "file" and e.name not in _HIDDEN]
    return [{"path": e.name, "size": e.size, "status": ""} for e in entries[:most]]


def file_of(session: AgentSession, path: str) -> dict[str, Any]:
    """One file's text for the page; 404 for what is not there or leads out."""
    try:
        with Workspace(root_of(session)) as workspace:
            found = workspace.read(path, max_bytes=_SHOWN_BYTES)
    except (OSError, SandboxError) as wrong:
        raise NotFoundError from wrong
    binary = b"\x00" in found.data
    return {
        "path": path,
        "size": found.size,
        "content": "" if binary else found.data.decode("utf-8", errors="replace"),
        "binary": binary,
        "truncated": found.size > len(found.data),
    }
