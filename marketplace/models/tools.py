"""What servers show: listings of tools, kept so that no process need run to read them."""

from __future__ import annotations

from uuid import UUID

from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from marketplace.enums import SurfaceStatus
from marketplace.models.servers import MCPServer


class ToolSurface(models.Model):
    """One listing of a server's tools; `digest` is SHA-256 over their canonical JSON.

    At most one is approved and in force, at most one waits for approval.
    """

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    server = models.ForeignKey(MCPServer, on_delete=models.CASCADE, related_name="surfaces")
    status = models.CharField(max_length=10, choices=SurfaceStatus)
    digest = models.CharField(max_length=64)
    protocol_revision = models.CharField(max_length=20)
    server_name = models.CharField(max_length=200, blank=True, default="")
    server_version = models.CharField(max_length=100, blank=True, default="")
    instructions = models.TextField(blank=True, default="")
    listed_at = models.DateTimeField()
    approved_at = models.DateTimeField(null=True)
    approved_by_id = models.UUIDField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["server", "status"],
                condition=~Q(status=SurfaceStatus.REPLACED),
                name="tool_surface_in_force_once",
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.digest[:12]}"

    @property
    def organization_id(self) -> UUID:
        """The tenant, through the server."""
        return self.server.organization_id


class Tool(models.Model):
    """One tool of a listing. Its words come from the server and are not to be trusted."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    surface = models.ForeignKey(ToolSurface, on_delete=models.CASCADE, related_name="tools")
    name = models.CharField(max_length=200)
    title = models.CharField(max_length=200, blank=True, default="")
    description = models.TextField(blank=True, default="")
    input_schema = models.JSONField(default=dict)
    output_schema = models.JSONField(null=True)
    annotations = models.JSONField(default=dict)
    digest = models.CharField(max_length=64)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["surface", "name"], name="tool_name_once")]

    def __str__(self) -> str:
        return self.name
