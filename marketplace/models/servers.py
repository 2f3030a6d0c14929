"""MCP servers an organization has registered, and the values they are started with."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from identity.enums import SecretGrant
from kernel.history import edits
from kernel.ids import uuid7
from marketplace.enums import (
    ServerState,
    ToolsState,
    Transport,
    VariablePlace,
    WorkspaceMount,
)

# Written by the gateway's verbs, never by people.
_OBSERVED = [
    "tools_state",
    "tools_count",
    "protocol_revision",
    "checked_at",
    "error_code",
    "error",
    "last_used_at",
    "updated_at",
]


class MCPServer(models.Model):
    """A server: a command for the sandbox, or an address. Its name prefixes its tools' names.

    `generation` rises with every change, so that running processes of an older one are let go.
    `url` and `command` never hold credentials; those are `ServerVariable` rows.
    """

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+"
    )
    name = models.CharField(max_length=60)
    title = models.CharField(max_length=120, blank=True, default="")
    description = models.TextField(max_length=2000, blank=True, default="")
    transport = models.CharField(max_length=10, choices=Transport)
    command = models.TextField(max_length=8192, blank=True, default="")
    args = models.JSONField(default=list, blank=True)
    url = models.CharField(max_length=2000, blank=True, default="")
    domains = ArrayField(models.CharField(max_length=260), default=list, blank=True)
    state = models.CharField(max_length=10, choices=ServerState, default=ServerState.STATELESS)
    mount_workspace = models.CharField(
        max_length=10, choices=WorkspaceMount, default=WorkspaceMount.NONE
    )
    read_only_paths = models.JSONField(default=list, blank=True)
    timeout_seconds = models.PositiveIntegerField(default=60)
    enabled = models.BooleanField(default=True)
    generation = models.PositiveIntegerField(default=1)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    tools_state = models.CharField(max_length=10, choices=ToolsState, default=ToolsState.UNKNOWN)
    tools_count = models.PositiveIntegerField(default=0)
    protocol_revision = models.CharField(max_length=20, blank=True, default="")
    checked_at = models.DateTimeField(null=True, blank=True)
    error_code = models.CharField(max_length=40, blank=True, default="")
    error = models.TextField(max_length=4000, blank=True, default="")
    last_used_at = models.DateTimeField(null=True, blank=True)

    history = edits(without=_OBSERVED)

    class Meta:
        verbose_name = "MCP server"
        constraints = [
            models.UniqueConstraint(fields=["organization", "name"], name="mcp_server_name_once")
        ]
        indexes = [models.Index(fields=["organization", "created_at"], name="mcp_server_by_age")]

    def __str__(self) -> str:
        return self.name


class ServerVariable(models.Model):
    """One environment variable or header: a plain value, a secret, or nothing known yet.

    `owns_secret` tells a secret made for this row, which goes with it, from a shared one.
    """

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    server = models.ForeignKey(MCPServer, on_delete=models.CASCADE, related_name="variables")
    place = models.CharField(max_length=10, choices=VariablePlace)
    name = models.CharField(max_length=64)
    value = models.TextField(null=True, blank=True)  # noqa: DJ001 - empty is a value, too
    secret = models.ForeignKey(
        "identity.Secret", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    is_secret = models.BooleanField(default=True)
    owns_secret = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["server", "place", "name"], name="server_variable_once"
            ),
            models.CheckConstraint(
                name="server_variable_one_value", condition=Q(value=None) | Q(secret=None)
            ),
            models.CheckConstraint(
                name="server_variable_no_plain_secret",
                condition=Q(value=None) | Q(is_secret=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.place} {self.name}"

    @property
    def is_set(self) -> bool:
        """Whether the server would get a value."""
        if self.secret is not None:
            return SecretGrant.SERVERS in self.secret.granted_to
        return self.value is not None
