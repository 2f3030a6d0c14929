"""Reports: one of each execution, in every format, as blobs."""

from __future__ import annotations

from django.db import models

from kernel.ids import uuid7
from sessions_app.enums import ReportFormat, ReportStatus
from sessions_app.models.tasks import TaskExecution


class Report(models.Model):
    """What an execution came to; read by whoever reads its session, and erased with it."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    organization = models.ForeignKey(
        "identity.Organization", on_delete=models.CASCADE, related_name="+"
    )
    execution = models.OneToOneField(TaskExecution, on_delete=models.CASCADE, related_name="report")
    title = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=ReportStatus, default=ReportStatus.QUEUED)
    created_at = models.DateTimeField(auto_now_add=True)
    ready_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return self.title


class ReportFile(models.Model):
    """A report in one format; its content is a blob."""

    residency = "cell"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    report = models.ForeignKey(Report, on_delete=models.CASCADE, related_name="files")
    format = models.CharField(max_length=10, choices=ReportFormat)
    blob_id = models.UUIDField(db_index=True)
    size = models.PositiveBigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["report", "format"], name="report_format_once")
        ]

    def __str__(self) -> str:
        return self.format
