"""Files of a working directory, opened by descriptor beneath its root, never through links out."""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import Any

from django.conf import settings

from kernel.errors import NotFoundError
from kernel.sandbox import Entry, SandboxError, Workspace
from kernel.text import storable
from sessions_app.models import AgentSession
from sessions_app.selectors.secrets import redactor_of

_SHOWN_BYTES = 256 * 1024
_HIDDEN = {".home", ".git", "node_modules", "__pycache__", ".venv"}
_FOLDERS = 60


def root_of(session: AgentSession) -> Path:
    """Where the session's working directory lies."""
    return Path(settings.DATA_DIR) / "work" / str(session.working_directory_id)


def brief_list(session: AgentSession, most: int = 40) -> list[dict[str, Any]]:
    """The first files of the tree, nearest first; empty before the first turn made it."""
    found: list[dict[str, Any]] = []
    try:
        with Workspace(root_of(session)) as workspace:
            _gather(workspace, most, found)
    except (OSError, SandboxError):
        return found
    return found


def _gather(workspace: Workspace, most: int, found: list[dict[str, Any]]) -> None:
    """Breadth first, so that what lies near the top is shown even beside a deep tree."""
    waiting = deque(["."])
    opened = 0
    while waiting and len(found) < most and opened < _FOLDERS:
        folder = waiting.popleft()
        opened += 1
        for entry in _entries(workspace, folder):
            path = entry.name if folder == "." else f"{folder}/{entry.name}"
            if entry.kind == "directory" and entry.name not in _HIDDEN:
                waiting.append(path)
            elif entry.kind == "file" and len(found) < most:
                found.append({"path": path, "size": entry.size, "status": ""})


def _entries(workspace: Workspace, folder: str) -> list[Entry]:
    """What may be shown of a folder: no names that are no text, nothing of one closed to us."""
    try:
        found = workspace.list(folder, max_entries=200).entries
    except (OSError, SandboxError):
        return []
    return [entry for entry in found if storable(entry.name) == entry.name]


def _masked(session: AgentSession, data: bytes) -> str:
    """A file's text without the session's secrets: a command may have written them down."""
    return redactor_of(session).text(data.decode("utf-8", errors="replace"))


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
        "content": "" if binary else _masked(session, found.data),
        "binary": binary,
        "truncated": found.size > len(found.data),
    }
