"""Finishing reports: their files are written outside, their rows here."""

from __future__ import annotations

from collections.abc import Mapping

from kernel import blobs, clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.blobs.store import Written
from kernel.events import publish
from sessions_app.engine.reports.document import MEDIA_TYPES
from sessions_app.enums import ReportStatus
from sessions_app.events import ReportFailed, ReportMade
from sessions_app.models import Report, ReportFile


@action("reports.store", internal=True)
def store_report(actor: Actor, report: Report, *, files: Mapping[str, Written]) -> Report:
    """The files are on disk: index them, and the report can be read. A second time is nothing."""
    if report.status == ReportStatus.READY:
        return Unchanged(report)  # type: ignore[return-value]
    for name, written in files.items():
        blob = blobs.index(written, MEDIA_TYPES[name])
        ReportFile.objects.create(report=report, format=name, blob_id=blob.pk, size=written.size)
    report.status, report.ready_at = ReportStatus.READY, clock.now()
    report.save(update_fields=["status", "ready_at"])
    publish(
        ReportMade(
            organization_id=report.organization_id,
            target_id=report.pk,
            execution_id=report.execution_id,
            formats=sorted(files),
        )
    )
    return report


@action("reports.fail", internal=True)
def fail_report(actor: Actor, report: Report) -> Report:
    """The job was given up: say so instead of promising a report for ever."""
    if report.status != ReportStatus.QUEUED:
        return Unchanged(report)  # type: ignore[return-value]
    report.status = ReportStatus.FAILED
    report.save(update_fields=["status"])
    publish(
        ReportFailed(
            organization_id=report.organization_id,
            target_id=report.pk,
            execution_id=report.execution_id,
        )
    )
    return report
