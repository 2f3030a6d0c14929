"""Facts about sessions: ids, numbers and enums; what was said stands in the stream."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.events import Fact, Private


@dataclass(frozen=True, kw_only=True)
class SessionFact(Fact):
    """Something happened to a session; `target_id` is the session."""

    target_type: str = "agentsession"


@dataclass(frozen=True, kw_only=True)
class SessionCreated(SessionFact):
    """A session was made."""

    runtime: str
    permission_mode: str
    session_name: Private


@dataclass(frozen=True, kw_only=True)
class SessionRenamed(SessionFact):
    """A session got another name."""

    session_name: Private


@dataclass(frozen=True, kw_only=True)
class SessionConfigured(SessionFact):
    """A session's options changed."""

    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class SessionForked(SessionFact):
    """A session was forked; `parent_id` is where it came from."""

    parent_id: UUID
    message_id: UUID | None


@dataclass(frozen=True, kw_only=True)
class SessionArchived(SessionFact):
    """A session was archived."""


@dataclass(frozen=True, kw_only=True)
class SessionPaused(SessionFact):
    """Nobody worked in a session for the idle time."""


@dataclass(frozen=True, kw_only=True)
class SessionUnarchived(SessionFact):
    """An archived session is open again."""


@dataclass(frozen=True, kw_only=True)
class SessionTrashed(SessionFact):
    """A session was put into the trash."""


@dataclass(frozen=True, kw_only=True)
class SessionRestored(SessionFact):
    """A session came back from the trash."""


@dataclass(frozen=True, kw_only=True)
class SessionPurged(SessionFact):
    """A trashed session's retention ended; its content is gone."""


@dataclass(frozen=True, kw_only=True)
class SessionContentRead(SessionFact):
    """Somebody read a session by their office, not by a share."""

    by_office: str


@dataclass(frozen=True, kw_only=True)
class SessionTransferred(SessionFact):
    """A session has another owner."""

    former_owner_id: UUID
    owner_id: UUID


@dataclass(frozen=True, kw_only=True)
class SessionShared(SessionFact):
    """Somebody got a role on a session."""

    grant_id: UUID
    subject_kind: str
    subject_id: UUID
    role: str
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class ShareRevoked(SessionFact):
    """Somebody lost a role on a session."""

    grant_id: UUID
    subject_kind: str
    subject_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class PromptPosted(SessionFact):
    """Somebody prompted a session."""

    message_id: UUID
    run_id: UUID
    queued: bool


@dataclass(frozen=True, kw_only=True)
class RunStarted(SessionFact):
    """A runner took a run."""

    run_id: UUID
    attempt: int
    sandbox_level: str


@dataclass(frozen=True, kw_only=True)
class RunSuspended(SessionFact):
    """A run waits for a person; its worker is released."""

    run_id: UUID


@dataclass(frozen=True, kw_only=True)
class RunFinished(SessionFact):
    """A run ended; `status` says how."""

    run_id: UUID
    status: str
    error_code: str


@dataclass(frozen=True, kw_only=True)
class RunResumed(SessionFact):
    """A cancelled or failed run is tried again as a new one."""

    run_id: UUID
    former_run_id: UUID


@dataclass(frozen=True, kw_only=True)
class ToolCallRequested(SessionFact):
    """An agent asked for a tool; `verdict` is the policy's answer."""

    tool_call_id: UUID
    run_id: UUID
    tool: str
    danger: str
    verdict: str
    reasons: list[str]


@dataclass(frozen=True, kw_only=True)
class ToolCallStarted(SessionFact):
    """A call is about to execute."""

    tool_call_id: UUID
    run_id: UUID
    tool: str
    danger: str
    sandbox_level: str


@dataclass(frozen=True, kw_only=True)
class ToolCallFinished(SessionFact):
    """A call ended."""

    tool_call_id: UUID
    run_id: UUID
    tool: str
    status: str
    exit_code: int | None
    duration_ms: int
    output_bytes: int


@dataclass(frozen=True, kw_only=True)
class ApprovalRequested(SessionFact):
    """A person is asked."""

    approval_id: UUID
    tool_call_id: UUID
    tool: str
    danger: str


@dataclass(frozen=True, kw_only=True)
class ApprovalDecided(SessionFact):
    """A person, or time, answered."""

    approval_id: UUID
    tool_call_id: UUID
    status: str
    requester_id: UUID
    reason: Private


@dataclass(frozen=True, kw_only=True)
class SecretAttached(SessionFact):
    """A session may use a secret."""

    secret_id: UUID
    place: str


@dataclass(frozen=True, kw_only=True)
class SecretDetached(SessionFact):
    """A session no longer uses a secret; `reason` is asked, right_lost or deleted."""

    secret_id: UUID | None
    reason: str


@dataclass(frozen=True, kw_only=True)
class UsageMetered(SessionFact):
    """A model request was metered; an unknown price is None, never 0."""

    run_id: UUID
    model: str
    provider: str
    input_tokens: int
    output_tokens: int
    cost_micros: int | None


@dataclass(frozen=True, kw_only=True)
class TaskFact(Fact):
    """Something happened to a task; `target_id` is the task."""

    target_type: str = "task"


@dataclass(frozen=True, kw_only=True)
class TaskCreated(TaskFact):
    """A task was defined."""

    runtime: str
    visibility: str
    scheduled: bool
    task_name: Private


@dataclass(frozen=True, kw_only=True)
class TaskChanged(TaskFact):
    """A task's definition changed."""

    fields: list[str]


@dataclass(frozen=True, kw_only=True)
class TaskPaused(TaskFact):
    """A task's schedule rests."""


@dataclass(frozen=True, kw_only=True)
class TaskResumed(TaskFact):
    """A task's schedule goes on."""


@dataclass(frozen=True, kw_only=True)
class TaskTrashed(TaskFact):
    """A task was put into the trash."""


@dataclass(frozen=True, kw_only=True)
class TaskRestored(TaskFact):
    """A task came back from the trash."""


@dataclass(frozen=True, kw_only=True)
class TaskPurged(TaskFact):
    """A trashed task's retention ended; its content is gone."""


@dataclass(frozen=True, kw_only=True)
class TaskExecuted(TaskFact):
    """A task was executed: a session was made and prompted for `owner_id`."""

    execution_id: UUID
    session_id: UUID
    run_id: UUID
    owner_id: UUID
    trigger: str
    due_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TaskRefused(TaskFact):
    """A due execution was refused; `reason` is the error's code."""

    execution_id: UUID
    owner_id: UUID
    reason: str
    due_at: datetime
    outcome: str = "denied"


@dataclass(frozen=True, kw_only=True)
class TaskExecutionEnded(TaskFact):
    """The run of an execution ended; its report is to be made."""

    execution_id: UUID
    report_id: UUID
    status: str


@dataclass(frozen=True, kw_only=True)
class ReportMade(Fact):
    """A report can be read; `target_id` is the report."""

    execution_id: UUID
    formats: list[str]
    target_type: str = "report"


@dataclass(frozen=True, kw_only=True)
class ReportFailed(Fact):
    """A report could not be made."""

    execution_id: UUID
    target_type: str = "report"
    outcome: str = "failure"


@dataclass(frozen=True, kw_only=True)
class AttachmentUploaded(SessionFact):
    """Somebody uploaded a file for a prompt."""

    attachment_id: UUID
    media_type: str
    size: int
    given_name: Private


@dataclass(frozen=True, kw_only=True)
class AttachmentForgotten(SessionFact):
    """An uploaded file that no prompt named in time is gone."""

    attachment_id: UUID


@dataclass(frozen=True, kw_only=True)
class TerminalOpened(SessionFact):
    """Somebody opened a shell of their own in a session's sandbox."""

    terminal_id: UUID


@dataclass(frozen=True, kw_only=True)
class TerminalStarted(SessionFact):
    """The shell runs."""

    terminal_id: UUID
    sandbox_level: str


@dataclass(frozen=True, kw_only=True)
class TerminalEnded(SessionFact):
    """A shell and everything in it ended; `reason` says why."""

    terminal_id: UUID
    reason: str
    exit_code: int | None
    output_bytes: int


@dataclass(frozen=True, kw_only=True)
class FileChangeRequested(SessionFact):
    """Somebody saved, uploaded or removed a file; a runner does it next."""

    change_id: UUID
    deed: str
    size: int
    path: Private


@dataclass(frozen=True, kw_only=True)
class FileChanged(SessionFact):
    """A file of the working directory was written or removed by a person or a tool."""

    change_id: UUID
    deed: str
    size_before: int | None
    size_after: int | None
    tool_call_id: UUID | None
    path: Private


@dataclass(frozen=True, kw_only=True)
class FileChangeRefused(SessionFact):
    """A requested change was not made; the file is as it was."""

    change_id: UUID
    status: str
    reason: str
