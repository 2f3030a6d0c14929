"""Files that people give a prompt."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from sessions_app.models.runs import Message
from sessions_app.models.sessions import AgentSession


class Attachment(models.Model):
    """One file, uploaded first and named by a prompt afterwards. `media_type` is what its bytes
    say, never what its sender said; `path` is where the agent finds it."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="attachments")
    message = models.ForeignKey(
        Message, null=True, on_delete=models.SET_NULL, related_name="attached"
    )
    uploaded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    name = models.CharField(max_length=200)
    path = models.CharField(max_length=300, default="", blank=True)
    media_type = models.CharField(max_length=120)
    size = models.PositiveBigIntegerField()
    blob_id = models.UUIDField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        indexes = [
            models.Index(fields=["created_at"], name="attachment_unsent", condition=Q(message=None))
        ]

    def __str__(self) -> str:
        return f"attachment {self.pk}"
