"""Tool calls: each passed the broker, each has one outcome."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7
from sessions_app.enums import ToolStatus
from sessions_app.models.runs import Run
from sessions_app.models.sessions import AgentSession


class ToolCall(models.Model):
    """One call. `call_id` is the runtime's name for it, unique in the run."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="tool_calls")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="tool_calls")
    call_id = models.CharField(max_length=200)
    tool = models.CharField(max_length=200)
    input = models.JSONField(default=dict)
    input_hash = models.CharField(max_length=64)
    status = models.CharField(max_length=10, choices=ToolStatus, default=ToolStatus.REQUESTED)
    danger = models.CharField(max_length=10, default="none")
    reasons = models.JSONField(default=list)
    targets = models.JSONField(default=list)
    content = models.TextField(default="", blank=True)
    output_blob_id = models.UUIDField(null=True)
    output_bytes = models.PositiveBigIntegerField(default=0)
    exit_code = models.IntegerField(null=True)
    duration_ms = models.PositiveIntegerField(null=True)
    sandbox_level = models.CharField(max_length=20, default="", blank=True)
    seq = models.PositiveBigIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["run", "call_id"], name="call_id_once")]
        indexes = [models.Index(fields=["session", "created_at"], name="call_by_session")]

    def __str__(self) -> str:
        return f"{self.tool} {self.status}"
