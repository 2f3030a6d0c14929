"""Terminals that people open beside the agent, in the same sandbox."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from sessions_app.enums import TerminalStatus
from sessions_app.models.sessions import AgentSession


class Terminal(models.Model):
    """One shell of one person. `epoch` is its runner's lease; what it showed stands in the stream
    after `opened_seq`."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    session = models.ForeignKey(AgentSession, on_delete=models.CASCADE, related_name="terminals")
    opened_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(
        max_length=10, choices=TerminalStatus, default=TerminalStatus.STARTING
    )
    reason = models.CharField(max_length=20, default="", blank=True)
    rows = models.PositiveSmallIntegerField()
    columns = models.PositiveSmallIntegerField()
    epoch = models.PositiveBigIntegerField(default=0)
    opened_seq = models.PositiveBigIntegerField()
    output_bytes = models.PositiveBigIntegerField(default=0)
    exit_code = models.IntegerField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    input_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["session"], name="terminal_open", condition=~Q(status="ended"))
        ]

    def __str__(self) -> str:
        return f"terminal {self.pk}"


class TerminalInput(models.Model):
    """What was typed and not yet read by the shell; deleted once it is."""

    residency = "cell"

    id = models.BigAutoField(primary_key=True)
    terminal = models.ForeignKey(Terminal, on_delete=models.CASCADE, related_name="inputs")
    frame = models.BinaryField()

    def __str__(self) -> str:
        return str(self.pk)
