"""Reading reports, and gathering what one is to hold."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet
from django.utils.safestring import SafeString

from kernel import blobs
from kernel.actors import Actor
from kernel.models import Blob
from kernel.policies import visible_to
from sessions_app.engine.reports.document import Call, Document, Links, Who
from sessions_app.enums import MessageRole, ReportFormat, ReportStatus
from sessions_app.errors import ReportGoneError, ReportNotReadyError
from sessions_app.markdown import cleaned
from sessions_app.models import Message, Report, Run, TaskExecution, ToolCall
from sessions_app.selectors.page import brief

MOST_CALLS = 2000
OUTPUT = 4000


def reports_visible_to(actor: Actor, *, organization_id: UUID | None = None) -> QuerySet[Report]:
    """Reports one may read, with what their line shows."""
    rows = visible_to(Report, actor).select_related("execution__task", "execution__requested_by")
    rows = rows.prefetch_related("files")
    return rows.filter(organization_id=organization_id) if organization_id else rows


def blob_of(report: Report, wanted: str) -> Blob:
    """The content of a report in one format."""
    if report.status == ReportStatus.FAILED:
        raise ReportGoneError
    file = report.files.filter(format=wanted).first()
    if file is None:
        raise ReportNotReadyError
    return Blob.objects.get(pk=file.blob_id, organization_id=report.organization_id)


def body_of(report: Report) -> SafeString:
    """What the report says, below its title, for a page of ours; cleaned once more."""
    page = blobs.read(blob_of(report, ReportFormat.HTML)).decode()
    body = page.partition("<main>\n")[2].rpartition("\n</main>")[0]
    return cleaned(body.partition("</h1>\n")[2])


def document_of(report: Report) -> Document:
    """Everything a report says, gathered from its execution's session and run."""
    execution = report.execution
    run = Run.objects.select_related("session").get(pk__in=[execution.run_id])
    prompt = Message.objects.filter(pk=run.message_id).first()
    calls = ToolCall.objects.filter(run=run).order_by("seq", "id")
    return Document(
        title=report.title,
        report_id=report.pk,
        execution_id=execution.pk,
        task_id=execution.task_id,
        session_id=run.session_id,
        trigger=execution.trigger,
        due_at=execution.due_at,
        requested_by=Who(id=execution.requested_by_id, name=execution.requested_by.display_name),
        variables=execution.values,
        runtime=run.session.runtime,
        model=run.model,
        prompt=prompt.content if prompt else "",
        outcome=execution.status,
        error_code=run.error_code,
        error=run.error,
        final_text=_last_words(run),
        tool_calls=[_call(call) for call in calls[:MOST_CALLS]],
        tool_calls_total=calls.count(),
        started_at=run.started_at,
        finished_at=run.finished_at,
        duration_ms=_between(run.started_at, run.finished_at),
        input_tokens=run.input_tokens,
        output_tokens=run.output_tokens,
        cost_usd=run.cost_usd,
        links=_links(report, execution, run),
    )


def _last_words(run: Run) -> str:
    spoken = Message.objects.filter(run=run, role=MessageRole.ASSISTANT).order_by("-seq")
    return spoken.values_list("content", flat=True).first() or ""


def _call(call: ToolCall) -> Call:
    return Call(
        id=call.pk,
        tool=call.tool,
        input=call.input,
        brief=brief(call.input),
        status=call.status,
        danger=call.danger,
        exit_code=call.exit_code,
        duration_ms=call.duration_ms,
        output=call.content[:OUTPUT],
        output_bytes=call.output_bytes,
    )


def _between(began: datetime | None, ended: datetime | None) -> int | None:
    return None if began is None or ended is None else int((ended - began).total_seconds() * 1000)


def _links(report: Report, execution: TaskExecution, run: Run) -> Links:
    base = settings.PUBLIC_URL.rstrip("/")
    return Links(
        task=f"{base}/tasks/{execution.task_id}",
        execution=f"{base}/tasks/executions/{execution.pk}",
        session=f"{base}/sessions/{run.session_id}",
        report=f"{base}/tasks/reports/{report.pk}",
    )
