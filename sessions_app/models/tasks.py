"""Tasks: a prompt with variables that is executed again and again, and each execution."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from kernel.ids import uuid7
from sessions_app.enums import (
    ExecutionStatus,
    ReportFormat,
    RuntimeName,
    TaskTrigger,
    TaskVisibility,
)
from sessions_app.models.sessions import AgentSession


class Task(models.Model):
    """A definition. What its schedule says stands here; the kernel's row fires by it."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    name = models.CharField(max_length=200)
    prompt_template = models.TextField()
    variables = models.JSONField(default=list)
    tools = models.JSONField(default=list)
    runtime = models.CharField(max_length=20, choices=RuntimeName, default=RuntimeName.EMBEDDED)
    report_format = models.CharField(max_length=10, choices=ReportFormat)
    visibility = models.CharField(
        max_length=12, choices=TaskVisibility, default=TaskVisibility.PRIVATE
    )
    cron = models.CharField(max_length=120, default="", blank=True)
    timezone = models.CharField(max_length=64, default="UTC")
    schedule_values = models.JSONField(default=dict)
    is_paused = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    trashed_at = models.DateTimeField(null=True)
    purged_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["owner", "-id"], name="task_by_owner"),
            models.Index(fields=["organization", "-id"], name="task_by_organization"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def schedule_key(self) -> str:
        """What the kernel's schedule row of this task is called."""
        return f"task:{self.pk}"


class TaskExecution(models.Model):
    """One execution: the session it made, the run that answers it, and how that ended.

    A due time executes once (`due_at` is unique within the task). A refused one has no session.
    """

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+", db_index=False
    )
    task = models.ForeignKey(Task, on_delete=models.PROTECT, related_name="executions")
    requested_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+"
    )
    trigger = models.CharField(max_length=10, choices=TaskTrigger)
    due_at = models.DateTimeField(null=True)
    values = models.JSONField(default=dict)
    report_format = models.CharField(max_length=10, choices=ReportFormat)
    session = models.ForeignKey(
        AgentSession, null=True, on_delete=models.PROTECT, related_name="executions"
    )
    run_id = models.UUIDField(null=True, unique=True)
    status = models.CharField(
        max_length=10, choices=ExecutionStatus, default=ExecutionStatus.RUNNING
    )
    error_code = models.CharField(max_length=60, default="", blank=True)
    error = models.CharField(max_length=1000, default="", blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "due_at"],
                condition=Q(due_at__isnull=False),
                name="execution_once_per_due_time",
            )
        ]
        indexes = [
            models.Index(fields=["task", "-id"], name="execution_by_task"),
            models.Index(fields=["organization", "-id"], name="execution_by_organization"),
        ]

    def __str__(self) -> str:
        return f"execution {self.pk}"

    @property
    def made(self) -> Any:
        """Its report, or None."""
        return getattr(self, "report", None)
