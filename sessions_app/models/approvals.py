"""Approvals are rows: nobody's memory waits for them."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from sessions_app.enums import ApprovalStatus
from sessions_app.models.runs import Run
from sessions_app.models.sessions import AgentSession
from sessions_app.models.tool_calls import ToolCall


class Approval(models.Model):
    """A question to a person about one call; bound to the input by its hash."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+"
    )
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="approvals")
    run = models.ForeignKey(Run, on_delete=models.CASCADE, related_name="approvals")
    tool_call = models.OneToOneField(ToolCall, on_delete=models.CASCADE, related_name="approval")
    status = models.CharField(max_length=10, choices=ApprovalStatus, default=ApprovalStatus.PENDING)
    reason = models.CharField(max_length=1000, default="", blank=True)
    input_hash = models.CharField(max_length=64)
    version = models.PositiveIntegerField(default=1)
    requested_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField()
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.PROTECT, related_name="+"
    )
    decision_reason = models.CharField(max_length=1000, default="", blank=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["-requested_at"], name="approval_pending", condition=Q(status="pending")
            )
        ]

    def __str__(self) -> str:
        return f"{self.status} {self.pk}"
