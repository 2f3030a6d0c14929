"""Who changed which file: people by the page or API, agents by their tools."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q
from django.db.models.functions import MD5

from kernel.ids import uuid7
from sessions_app.enums import FileDeed, FileStatus
from sessions_app.models.sessions import AgentSession
from sessions_app.models.tool_calls import ToolCall


class FileChange(models.Model):
    """One change of one file. `expected` is the version its writer saw, "" for whatever is there;
    the content stays a blob until the session is purged."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="file_changes")
    path = models.TextField()
    deed = models.CharField(max_length=10, choices=FileDeed, default=FileDeed.WRITE)
    status = models.CharField(max_length=10, choices=FileStatus, default=FileStatus.PENDING)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.UUIDField(null=True)
    actor_name = models.CharField(max_length=150, default="", blank=True)
    tool_call = models.ForeignKey(
        ToolCall, null=True, on_delete=models.SET_NULL, related_name="file_changes"
    )
    expected = models.CharField(max_length=100, default="", blank=True)
    blob_id = models.UUIDField(null=True)
    size_before = models.PositiveBigIntegerField(null=True)
    size_after = models.PositiveBigIntegerField(null=True)
    problem = models.CharField(max_length=300, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            # Two writers of one file at a time would not see each other.
            models.UniqueConstraint(
                F("session"), MD5("path"),
                name="file_change_one_at_a_time", condition=Q(status="pending"),
            )
        ]  # fmt: skip
        indexes = [models.Index(fields=["session", "-id"], name="file_change_latest")]

    def __str__(self) -> str:
        return f"{self.deed} {self.pk}"
