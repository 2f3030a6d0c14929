"""The words of sessions."""

from __future__ import annotations

from django.db import models


class SessionStatus(models.TextChoices):
    """What a session is doing."""

    IDLE = "idle"
    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    PAUSED = "paused"
    ARCHIVED = "archived"


class RunStatus(models.TextChoices):
    """What became of one prompt."""

    QUEUED = "queued"
    RUNNING = "running"
    WAITING = "waiting"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"


class MessageRole(models.TextChoices):
    """Who spoke."""

    USER = "user"
    ASSISTANT = "assistant"


class ToolStatus(models.TextChoices):
    """What became of one tool call."""

    REQUESTED = "requested"
    WAITING = "waiting"
    RUNNING = "running"
    OK = "ok"
    ERROR = "error"
    DENIED = "denied"
    CANCELLED = "cancelled"


class ApprovalStatus(models.TextChoices):
    """What a person said, or time."""

    PENDING = "pending"
    APPROVED = "approved"
    DENIED = "denied"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


class FileDeed(models.TextChoices):
    """What somebody does to a file."""

    WRITE = "write"
    REMOVE = "remove"


class FileStatus(models.TextChoices):
    """What became of it: `conflict` when the file was no longer what its writer had seen."""

    PENDING = "pending"
    DONE = "done"
    CONFLICT = "conflict"
    REFUSED = "refused"


class TerminalStatus(models.TextChoices):
    """What a terminal is doing."""

    STARTING = "starting"
    OPEN = "open"
    ENDED = "ended"


class PermissionMode(models.TextChoices):
    """How much a session may do without asking."""

    DEFAULT = "default"
    ACCEPT_EDITS = "acceptEdits"
    PLAN = "plan"
    BYPASS = "bypassPermissions"


class RuntimeName(models.TextChoices):
    """The runtimes behind the one interface."""

    EMBEDDED = "embedded"
    MODEL = "model"
    CLAUDE = "claude"
    ACP = "acp"


class SessionRole(models.TextChoices):
    """Object roles, in order: each includes those before it."""

    VIEWER = "viewer"
    COMMENTER = "commenter"
    APPROVER = "approver"
    EDITOR = "editor"
    OWNER = "owner"


class SecretPlace(models.TextChoices):
    """How a session's commands find a secret: a variable, or one that names a file."""

    ENV = "env", "Variable"
    FILE = "file", "File"


ROLES = [role.value for role in SessionRole]
ACTIVE_RUNS = (RunStatus.QUEUED, RunStatus.RUNNING, RunStatus.WAITING)
OPEN_CALLS = (ToolStatus.REQUESTED, ToolStatus.WAITING, ToolStatus.RUNNING)


class TaskVisibility(models.TextChoices):
    """Who knows of a task beside its owner."""

    PRIVATE = "private"
    ORGANIZATION = "organization"


class ReportFormat(models.TextChoices):
    """What a report can be had as."""

    JSON = "json"
    MARKDOWN = "markdown"
    HTML = "html"
    PDF = "pdf"


class TaskTrigger(models.TextChoices):
    """What set a task going."""

    MANUAL = "manual"
    SCHEDULE = "schedule"


class ExecutionStatus(models.TextChoices):
    """What became of one execution of a task."""

    RUNNING = "running"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"
    REFUSED = "refused"


class ReportStatus(models.TextChoices):
    """Whether a report can be read."""

    QUEUED = "queued"
    READY = "ready"
    FAILED = "failed"
