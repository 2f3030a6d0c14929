"""Making working directories: empty, or a copy of a seed; once, whoever comes first."""

from __future__ import annotations

import shutil
import tempfile
import time
from pathlib import Path, PurePosixPath
from uuid import UUID

from django.conf import settings

from kernel.sandbox import Workspace, copy_beneath, prepare_workspace
from sessions_app.errors import SeedGoneError, SeedNotAllowedError, WorkspaceQuotaError
from sessions_app.models import WorkingDirectory
from sessions_app.runner.sandboxing import identity_of, workspace_of

_LEFT_OUT = (".home",)
_STALE_SECONDS = 3600.0


def make_workspace(directory: WorkingDirectory, session_id: UUID) -> Path:
    """The session's working directory, ready to be worked in; half a copy never counts."""
    path = workspace_of(directory.pk)
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
        if found := _source(directory):
            _copy(*found, path)
    prepare_workspace(path, identity_of(session_id))
    return path


def check_room(files: Workspace, more: int) -> None:
    """Refuse what would not fit before anything is written."""
    limit: int = settings.WORKSPACE_BYTES
    current = files.usage().bytes
    if current + more > limit:
        raise WorkspaceQuotaError(
            limit=limit, current=current, remedy="Delete files of the working directory first."
        )


def remove_workspace(directory_id: UUID) -> None:
    """Delete a working directory and what an interrupted copy left of it."""
    path = workspace_of(directory_id)
    for found in [path, *_halves(path)]:
        if found.exists():
            shutil.rmtree(found)


def _source(directory: WorkingDirectory) -> tuple[Path, PurePosixPath] | None:
    """Which part of which root it starts as, or None for an empty one."""
    if directory.seed_from:
        parent = workspace_of(directory.seed_from)
        return (parent, PurePosixPath()) if parent.exists() else None
    if not directory.seed:
        return None
    seed = PurePosixPath(directory.seed)
    for root in settings.WORKSPACE_ROOTS:
        if seed.is_relative_to(root):
            return Path(root), seed.relative_to(root)
    raise SeedNotAllowedError


def _copy(root: Path, inside: PurePosixPath, path: Path) -> None:
    _sweep(path)
    half = Path(tempfile.mkdtemp(prefix=f"{path.name}.half-", dir=path.parent))
    try:
        limit = settings.WORKSPACE_BYTES
        copy_beneath(root, inside, half / "tree", max_bytes=limit, leave_out=_LEFT_OUT)
        (half / "tree").rename(path)
    except (FileNotFoundError, NotADirectoryError) as gone:
        raise SeedGoneError from gone
    except OSError:
        if not path.exists():  # else another process made it meanwhile
            raise
    finally:
        shutil.rmtree(half, ignore_errors=True)


def _sweep(path: Path) -> None:
    """Copies that a killed process left behind."""
    for half in _halves(path):
        if half.stat().st_mtime < time.time() - _STALE_SECONDS:
            shutil.rmtree(half, ignore_errors=True)


def _halves(path: Path) -> list[Path]:
    return list(path.parent.glob(f"{path.name}.half-*"))
