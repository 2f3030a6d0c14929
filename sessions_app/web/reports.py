"""Pages of reports: the list, and one of them."""

from __future__ import annotations

from uuid import UUID

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from kernel.errors import NotFoundError
from kernel.http.pages import page
from kernel.http.pagination import paginate
from sessions_app.enums import ReportStatus
from sessions_app.selectors.reports import body_of, reports_visible_to
from sessions_app.web.who import actor_of, place_of


@page
def report_list(request: HttpRequest) -> HttpResponse:
    """The reports one may read."""
    place = place_of(request)
    if place is None:
        raise NotFoundError
    rows = reports_visible_to(actor_of(request), organization_id=place.pk)
    found = paginate(request.GET, rows, field="id")
    context = {
        "tab": "reports",
        "reports": found.rows,
        "page": {"next": found.next, "previous": found.previous},
    }
    return render(request, "sessions_app/reports.html", context)


@page
def report_page(request: HttpRequest, pk: UUID) -> HttpResponse:
    """A report, to be read here or taken along."""
    report = reports_visible_to(actor_of(request)).filter(pk=pk).first()
    if report is None:
        raise NotFoundError
    body = body_of(report) if report.status == ReportStatus.READY else ""
    return render(request, "sessions_app/report.html", {"report": report, "body": body})
