"""Changing files of a working directory by hand. The verb writes the intent; a runner, who owns
the directory, does it and writes down what became of it.

While a run is under way the change is refused: two hands in one directory would undo each other's
work, and whoever saves wants to know now.
"""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from identity.public import User
from kernel import clock, denials, policies
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.blobs.store import Written, index
from kernel.errors import InvalidError, RefusedError
from kernel.events import Private, publish
from kernel.jobs import enqueue
from kernel.streams import Entry, append
from kernel.text import storable
from sessions_app.enums import FileDeed, FileStatus, RunStatus
from sessions_app.errors import FileInUseError, RunWritesError
from sessions_app.events import FileChanged, FileChangeRefused, FileChangeRequested
from sessions_app.models import AgentSession, FileChange, ToolCall
from sessions_app.services.shelf import require_open
from sessions_app.streams import SESSIONS

CHANGE = "sessions.change_file"
_LONGEST, _LONGEST_NAME = 4000, 255


@dataclass(frozen=True, kw_only=True)
class Made:
    """A change as it was made: sizes in bytes, None where there is no file."""

    path: str
    size_before: int | None
    size_after: int | None
    deed: str = FileDeed.WRITE.value


@dataclass(frozen=True, kw_only=True)
class Ending:
    """What became of a change: `problem` for people, `reason` as a code for the ledger."""

    status: str
    size_before: int | None = None
    problem: str = ""
    reason: str = ""


@action("files.write")
def write_file(
    actor: User, session: AgentSession, *, path: str, content: Written, expected: str = ""
) -> FileChange:
    """Save a file, new or in place of the version one saw."""
    change = FileChange(
        deed=FileDeed.WRITE, expected=expected, blob_id=index(content).pk, size_after=content.size
    )
    return _request(actor, session, path, change)


@action("files.remove", dangerous=True)
def remove_file(actor: User, session: AgentSession, *, path: str, expected: str = "") -> FileChange:
    """Remove a file that is still what one saw."""
    return _request(actor, session, path, FileChange(deed=FileDeed.REMOVE, expected=expected))


@action("files.finish", internal=True)
def finish_change(
    actor: Actor, session: AgentSession, *, change_id: UUID, ending: Ending
) -> FileChange:
    """Write down what became of a change; what is written down stays."""
    change = session.file_changes.get(pk=change_id)
    if change.status != FileStatus.PENDING:
        return Unchanged(change)  # type: ignore[return-value]
    change.status, change.problem = ending.status, ending.problem[:300]
    change.size_before, change.finished_at = ending.size_before, clock.now()
    change.save(update_fields=["status", "problem", "finished_at", "size_before"])
    if change.status == FileStatus.DONE:
        _tell(_Author(change), session, change)
        return change
    data = {
        "name": "file.refused",
        **_data(change),
        "status": change.status,
        "problem": change.problem,
    }
    append(SESSIONS, session.pk, _Author(change), [Entry(type="CUSTOM", data=data)])
    publish(
        FileChangeRefused(
            organization_id=session.organization_id,
            target_id=session.pk,
            change_id=change.pk,
            status=change.status,
            reason=ending.reason or change.status,
        )
    )
    return change


def note_change(actor: Actor, session: AgentSession, call: ToolCall, made: Made) -> None:
    """What a tool wrote, beside what people do; inside the verb that ends its call."""
    change = FileChange.objects.create(
        session=session,
        path=storable(made.path),
        deed=made.deed,
        status=FileStatus.DONE,
        tool_call=call,
        size_before=made.size_before,
        size_after=made.size_after,
        finished_at=clock.now(),
        **_by(actor),
    )
    _tell(actor, session, change)


def require_writer(actor: Actor, session: AgentSession, verb: str = "files.write") -> None:
    """Refuse whoever may not write here before they learn what is there; the verb asks again."""
    try:
        policies.require(actor, verb, session)
    except RefusedError as refusal:
        denials.record(actor, verb, session, refusal)
        raise


def check_path(path: str) -> str:
    """A path somebody may write: relative, in plain names, without a way up."""
    names = path.split("/")
    fault = ""
    if not path or len(path.encode("utf-8", "surrogatepass")) > _LONGEST:
        fault = f"A path has 1 to {_LONGEST} bytes."
    elif path.startswith("/"):
        fault = "Give a path inside the working directory."
    elif any(name in {"", ".", ".."} for name in names):
        fault = "A path goes down by names only: no empty part, no `.` or `..`."
    elif any(len(name.encode("utf-8", "surrogatepass")) > _LONGEST_NAME for name in names):
        fault = f"A name has at most {_LONGEST_NAME} bytes."
    elif storable(path) != path or any(ord(c) < 32 or ord(c) == 127 for c in path):
        fault = "A name has no control characters."
    if fault:
        raise InvalidError.at("/path", fault)
    return path


def _request(actor: User, session: AgentSession, path: str, change: FileChange) -> FileChange:
    require_open(session)
    check_path(path)
    if session.runs.filter(status=RunStatus.RUNNING).exists():
        raise RunWritesError
    if session.file_changes.filter(path=path, status=FileStatus.PENDING).exists():
        raise FileInUseError
    change.session, change.path = session, path
    for name, value in _by(actor).items():
        setattr(change, name, value)
    change.save(force_insert=True)
    enqueue(
        CHANGE,
        {"change_id": str(change.pk)},
        queue="runner",
        key=f"file:{change.pk}",
        organization_id=session.organization_id,
    )
    publish(
        FileChangeRequested(
            organization_id=session.organization_id,
            target_id=session.pk,
            change_id=change.pk,
            deed=change.deed,
            size=change.size_after or 0,
            path=Private(path, session.owner_id),
        )
    )
    return change


def _tell(actor: Actor, session: AgentSession, change: FileChange) -> None:
    data = {"name": "file.changed", **_data(change)}
    run_id = change.tool_call.run_id if change.tool_call else None
    append(SESSIONS, session.pk, actor, [Entry(type="CUSTOM", run_id=run_id, data=data)])
    publish(
        FileChanged(
            organization_id=session.organization_id,
            target_id=session.pk,
            change_id=change.pk,
            deed=change.deed,
            size_before=change.size_before,
            size_after=change.size_after,
            tool_call_id=change.tool_call_id,
            path=Private(change.path, session.owner_id),
        )
    )


def _data(change: FileChange) -> dict[str, object]:
    return {
        "change_id": str(change.pk),
        "path": change.path,
        "deed": change.deed,
        "size_before": change.size_before,
        "size_after": change.size_after,
        "tool_call_id": str(change.tool_call_id) if change.tool_call_id else None,
    }


def _by(actor: Actor) -> dict[str, object]:
    return {
        "actor_kind": actor.actor_kind,
        "actor_id": actor.actor_id,
        "actor_name": str(getattr(actor, "display_name", ""))[:150],
    }


class _Author:
    """Who asked for a change, for the stream: a runner only carries it out."""

    on_behalf_of_id = None

    def __init__(self, change: FileChange) -> None:
        self.actor_kind, self.actor_id = change.actor_kind, change.actor_id
        self.display_name = change.actor_name
