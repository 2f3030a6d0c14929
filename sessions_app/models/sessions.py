"""The session and its working directory."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from kernel.models.streams import StreamOwner
from sessions_app.enums import ROLES, PermissionMode, RuntimeName, SessionStatus

OPTION_DEFAULTS: Mapping[str, Any] = {
    "allowed_tools": [],
    "permission_mode": PermissionMode.DEFAULT.value,
    "max_turns": 50,
    "model": "",
    "system_prompt": "",
    "timeout_seconds": 600,
}

_OPEN = Q(trashed_at=None, archived_at=None)
_ARCHIVED = Q(trashed_at=None, archived_at__isnull=False)
_TRASHED = Q(trashed_at__isnull=False, purged_at=None)


class WorkingDirectory(models.Model):
    """Where a session's tools work: `work/<id>` in the data directory, made at the first turn."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+"
    )
    seed = models.CharField(max_length=500, default="", blank=True)
    seed_from = models.UUIDField(null=True)
    ready_at = models.DateTimeField(null=True)
    bytes_used = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.pk)


class AgentSession(StreamOwner):
    """One conversation of people with an agent, its options, figures and stream."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    # Neither has an index of its own: it would only tempt the planner away from those below.
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    # Whose prompt the last turn took up.
    driver = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        on_delete=models.SET_NULL,
        related_name="+",
        db_index=False,
    )
    name = models.CharField(max_length=200)
    runtime = models.CharField(max_length=20, choices=RuntimeName, default=RuntimeName.EMBEDDED)
    status = models.CharField(max_length=10, choices=SessionStatus, default=SessionStatus.IDLE)
    sdk_options = models.JSONField(default=dict)
    working_directory = models.OneToOneField(
        WorkingDirectory, on_delete=models.PROTECT, related_name="session"
    )
    project = models.ForeignKey(
        "identity.Project", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    parent = models.ForeignKey("self", null=True, on_delete=models.SET_NULL, related_name="forks")
    forked_from_message_id = models.UUIDField(null=True)
    runtime_state = models.BinaryField(null=True)
    total_messages = models.PositiveIntegerField(default=0)
    total_tool_calls = models.PositiveIntegerField(default=0)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    context_tokens = models.PositiveIntegerField(null=True)
    context_window = models.PositiveIntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    active_at = models.DateTimeField(auto_now_add=True)
    archived_at = models.DateTimeField(null=True)
    trashed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)
    search = models.GeneratedField(
        expression=SearchVector("name", config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        permissions = [(f"agentsession_{role}", f"{role} of a session") for role in ROLES]
        indexes = [
            # The key is in the order of time; lists walk these, the grants' and the key's index.
            models.Index(fields=["owner", "-id"], name="session_by_owner"),
            models.Index(fields=["organization", "-id"], name="session_by_organization"),
            # What is open, by its latest activity: the column beside an open session.
            models.Index(
                fields=["owner", "-active_at", "-id"], name="session_owner_recent", condition=_OPEN
            ),
            models.Index(
                fields=["organization", "-active_at", "-id"],
                name="session_org_recent",
                condition=_OPEN,
            ),
            # What is put away is few among many.
            models.Index(
                fields=["owner", "-id"], name="session_owner_archive", condition=_ARCHIVED
            ),
            models.Index(
                fields=["organization", "-id"], name="session_org_archive", condition=_ARCHIVED
            ),
            models.Index(fields=["owner", "-id"], name="session_trash", condition=_TRASHED),
            models.Index(
                fields=["owner"],
                name="session_active",
                condition=Q(status__in=["queued", "running", "waiting"]),
            ),
            GinIndex(fields=["search"], name="session_search"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_at_work(self) -> bool:
        """Whether a run is under way, which somebody drives."""
        return self.status in {"queued", "running", "waiting"}

    @property
    def options(self) -> dict[str, Any]:
        """The SDK options as they hold, also those that were not known when they were stored."""
        return {**OPTION_DEFAULTS, **self.sdk_options}

    @property
    def permission_mode(self) -> str:
        """How much it may do without asking."""
        return str(self.options["permission_mode"])


class SessionServer(models.Model):
    """An MCP server that a session may use."""

    residency = "cell"

    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="servers")
    server_id = models.UUIDField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["session", "server_id"], name="session_server_once")
        ]

    def __str__(self) -> str:
        return str(self.server_id)
