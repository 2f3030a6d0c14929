"""Files of a working directory, opened by descriptor beneath its root, never through links out."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import Any, BinaryIO

from django.conf import settings

from kernel.errors import NotFoundError
from kernel.sandbox import (
    ABSENT,
    Archive,
    Entry,
    FileChangedError,
    SandboxError,
    Workspace,
    archive_beneath,
    version_of,
)
from kernel.text import storable
from sessions_app.models import AgentSession
from sessions_app.selectors.secrets import redactor_of

EDITED_BYTES = 512 * 1024
"""How much text a page takes to be edited: a form of it stays below a request's limit."""
_SHOWN_BYTES = 256 * 1024
_LEFT_OUT = (".home",)
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


@dataclass(frozen=True, kw_only=True)
class FileEntry:
    """One name of a folder. `path` is "" for a name that is no text: it can only be packed."""

    name: str
    path: str
    kind: str
    size: int
    modified_at: datetime


@dataclass(frozen=True, kw_only=True)
class FolderPage:
    """A part of a folder, folders first; `after` is where the next part begins, "" at the end."""

    path: str
    entries: list[FileEntry]
    after: str


@dataclass(frozen=True, kw_only=True)
class OpenedFile:
    """A file held open, with what tells its content from any other."""

    file: BinaryIO
    size: int
    version: str


def folder_of(session: AgentSession, path: str, *, after: str, limit: int) -> FolderPage:
    """A part of one folder; empty before the first turn made the directory, 404 for no folder."""
    try:
        with Workspace(root_of(session)) as workspace:
            found = workspace.page(path or ".", after=after, limit=limit)
    except (OSError, SandboxError) as wrong:
        if not path and not root_of(session).exists():
            return FolderPage(path="", entries=[], after="")
        raise NotFoundError from wrong
    folder = str(PurePosixPath(path)) if path else ""
    return FolderPage(
        path="" if folder == "." else folder,
        entries=[
            _shown(entry, folder)
            for entry in found.entries
            if folder not in {"", "."} or entry.name not in _LEFT_OUT
        ],
        after="" if found.complete or not found.entries else found.entries[-1].key,
    )


def _shown(entry: Entry, folder: str) -> FileEntry:
    name = storable(entry.name)
    path = name if folder in {"", "."} else f"{folder}/{name}"
    return FileEntry(
        name=name,
        path=path if name == entry.name else "",
        kind=entry.kind,
        size=entry.size,
        modified_at=datetime.fromtimestamp(entry.modified_ns / 1e9, UTC),
    )


def opened(session: AgentSession, path: str) -> OpenedFile:
    """One file to be sent whole; 404 for what is no file or leads out. The caller closes it."""
    try:
        with Workspace(root_of(session)) as workspace:
            file = workspace.open_file(path)
    except (OSError, SandboxError, ValueError) as wrong:
        raise NotFoundError from wrong
    descriptor = file.fileno()
    size = file.seek(0, 2)
    file.seek(0)
    return OpenedFile(file=file, size=size, version=version_of(descriptor))


def version_at(session: AgentSession, path: str) -> str:
    """The version that stands at a path now, `ABSENT` for none."""
    try:
        found = opened(session, path)
    except NotFoundError:
        return ABSENT
    found.file.close()
    return found.version


def require_version(session: AgentSession, path: str, expected: str) -> None:
    """Say at once what the runner would find: the file is not what its writer saw. Where only its
    place matters ("") there is nothing to compare."""
    if expected and version_at(session, path) != expected:
        raise FileChangedError


def archive_of(session: AgentSession, path: str) -> Archive:
    """A folder, or everything, as pieces of a tar.gz; 404 where there is none."""
    name = PurePosixPath(path).name or "files"
    inside = PurePosixPath(path or ".")
    try:
        return archive_beneath(root_of(session), inside, name, leave_out=_LEFT_OUT)
    except (OSError, SandboxError, ValueError) as wrong:
        raise NotFoundError from wrong


def file_of(session: AgentSession, path: str, *, most: int = _SHOWN_BYTES) -> dict[str, Any]:
    """One file's text for the page; 404 for what is not there or leads out."""
    found = opened(session, path)
    with found.file as file:
        data = file.read(most)
    binary = b"\x00" in data
    text = data.decode("utf-8", errors="replace")
    shown = redactor_of(session).text(text)
    # What is masked cannot be saved again: the mask would take the secret's place.
    editable = not binary and found.size <= EDITED_BYTES and _is_text(data) and shown == text
    return {
        "path": path,
        "size": found.size,
        "version": found.version,
        "content": "" if binary else shown,
        "binary": binary,
        "editable": editable,
        "truncated": found.size > len(data),
    }


def _is_text(data: bytes) -> bool:
    """Whether saving what is shown would keep every byte; a piece may end inside a character."""
    try:
        data.decode("utf-8")
    except UnicodeDecodeError as wrong:
        return wrong.end == len(data) and wrong.reason == "unexpected end of data"
    return True
