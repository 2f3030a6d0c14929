"""Reports by API."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpResponse
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import blobs
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.serializers import ProblemSerializer
from kernel.http.views import ApiView
from sessions_app.api import task_shapes as shapes
from sessions_app.api.report_shapes import ReportDocumentOutput
from sessions_app.engine.reports.document import MEDIA_TYPES
from sessions_app.enums import ReportFormat
from sessions_app.models import Report
from sessions_app.selectors.reports import blob_of, reports_visible_to

ENDINGS = {"json": "json", "markdown": "md", "html": "html", "pdf": "pdf"}
# What a report says comes from agents: a browser that opens one runs and fetches nothing.
_ALONE = "sandbox; default-src 'none'; style-src 'unsafe-inline'"


class ReportsView(ApiView):
    """`/reports`."""

    output = shapes.ReportOutput

    @extend_schema(
        parameters=[OpenApiParameter("organization", UUID), *PAGING],
        responses=page_of(shapes.ReportOutput),
    )
    def get(self, request: Request) -> Response:
        """The reports one may read, newest first."""
        rows = reports_visible_to(self.actor, organization_id=self.key("organization"))
        return self.page(rows, field="id")


class ReportView(ApiView):
    """`/reports/{id}`."""

    @extend_schema(responses=shapes.ReportOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One report: whether it is made, and its formats."""
        return Response(shapes.ReportOutput(self.one(Report, pk)).data)


class DownloadReportView(ApiView):
    """`/reports/{id}/download`."""

    @extend_schema(
        parameters=[one_of("format", ReportFormat.values, "The task's format unless asked.")],
        responses={
            (200, "application/json"): ReportDocumentOutput,
            (200, "text/markdown"): str,
            (200, "text/html"): str,
            (200, "application/pdf"): bytes,
            (409, "application/problem+json"): ProblemSerializer,
        },
    )
    def get(self, request: Request, pk: UUID) -> HttpResponse:
        """A report in one format, as a file."""
        report = self.one(Report, pk)
        wanted = self.word("format", ReportFormat.values) or report.execution.report_format
        content = blobs.read(blob_of(report, wanted))
        name = f"report-{report.pk}.{ENDINGS[wanted]}"
        return HttpResponse(
            content,
            content_type=MEDIA_TYPES[wanted],
            headers={
                "Content-Disposition": f'attachment; filename="{name}"',
                "Content-Security-Policy": _ALONE,
                "X-Content-Type-Options": "nosniff",
            },
        )
