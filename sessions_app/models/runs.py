"""Prompts and what became of them."""

from __future__ import annotations

from django.conf import settings
from django.contrib.postgres.indexes import GinIndex
from django.contrib.postgres.search import SearchVector, SearchVectorField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Left

from kernel.ids import uuid7
from sessions_app.enums import ACTIVE_RUNS, MessageRole, RunStatus
from sessions_app.models.sessions import AgentSession

SEARCHED = 100_000
"""Characters of a message that search looks at; each may take four bytes and a position."""


class Run(models.Model):
    """One prompt's way through a runtime. `epoch` is the runner's lease: older ones are fenced."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="runs")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    message_id = models.UUIDField()
    status = models.CharField(max_length=10, choices=RunStatus, default=RunStatus.QUEUED)
    attempt = models.PositiveIntegerField(default=0)
    epoch = models.PositiveBigIntegerField(default=0)
    state = models.BinaryField(null=True)
    resuming = models.BooleanField(default=False)
    error_code = models.CharField(max_length=60, default="", blank=True)
    error = models.CharField(max_length=1000, default="", blank=True)
    sandbox_level = models.CharField(max_length=20, default="", blank=True)
    model = models.CharField(max_length=120, default="", blank=True)
    provider = models.CharField(max_length=60, default="", blank=True)
    input_tokens = models.PositiveBigIntegerField(default=0)
    output_tokens = models.PositiveBigIntegerField(default=0)
    cost_usd = models.DecimalField(max_digits=14, decimal_places=6, null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["session", "created_at"],
                name="run_active",
                condition=Q(status__in=[s.value for s in ACTIVE_RUNS]),
            )
        ]

    def __str__(self) -> str:
        return f"run {self.pk}"


class Message(models.Model):
    """What a person or the agent said, whole; the stream holds how it came."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="messages")
    run = models.ForeignKey(Run, null=True, on_delete=models.SET_NULL, related_name="messages")
    role = models.CharField(max_length=10, choices=MessageRole)
    content = models.TextField()
    author = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    author_name = models.CharField(max_length=150, default="", blank=True)
    seq = models.PositiveBigIntegerField()
    model = models.CharField(max_length=120, default="", blank=True)
    attachments = models.JSONField(default=list, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    # PostgreSQL indexes at most a megabyte of one text and refuses what is longer.
    search = models.GeneratedField(
        expression=SearchVector(Left("content", SEARCHED), config="simple"),
        output_field=SearchVectorField(),
        db_persist=True,
    )

    class Meta:
        constraints = [models.UniqueConstraint(fields=["session", "seq"], name="message_seq_once")]
        indexes = [GinIndex(fields=["search"], name="message_search")]

    def __str__(self) -> str:
        return f"{self.role} {self.seq}"
