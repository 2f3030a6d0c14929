"""The words of the marketplace."""

from __future__ import annotations

from django.db import models


class Transport(models.TextChoices):
    """How a server is reached: a child process of the gateway, or Streamable HTTP."""

    STDIO = "stdio"
    HTTP = "http"


class ServerState(models.TextChoices):
    """Whether one process may serve everybody, or each session needs its own."""

    STATELESS = "stateless"
    SESSION = "session"


class WorkspaceMount(models.TextChoices):
    """What a server sees of the session's working directory, at /workspace."""

    NONE = "none"
    READ = "read"
    WRITE = "write"


class VariablePlace(models.TextChoices):
    """Where a value goes: into the process's environment or into every request's headers."""

    ENV = "env"
    HEADER = "header"


class SurfaceStatus(models.TextChoices):
    """A listing of tools: in force, waiting for an administrator, or no longer in force."""

    APPROVED = "approved"
    PENDING = "pending"
    REPLACED = "replaced"


class ToolsState(models.TextChoices):
    """What is known of a server's tools; `changed` means some of them wait for approval."""

    UNKNOWN = "unknown"
    APPROVED = "approved"
    CHANGED = "changed"
