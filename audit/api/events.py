"""The ledger by API: pages, one entry, and a signed copy."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, cast
from uuid import UUID

from django.http import StreamingHttpResponse
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from audit.api.serializers import EntryOutput, OneEntryOutput
from audit.selectors import entries, versions
from audit.selectors.filters import Filters, parse
from audit.selectors.shown import show
from audit.services import export, reading
from audit.services.export_lines import MEDIA_TYPE
from identity.public import Organization
from kernel.errors import InvalidError
from kernel.http.pagination import link, paginate
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.views import ApiView
from kernel.threads import threaded

_FILTERS = [
    OpenApiParameter("organization", str, description="Id or slug; the one you audit if absent."),
    *(OpenApiParameter(name, str) for name in ("name", "verb", "target_type", "outcome", "q")),
    *(OpenApiParameter(name, UUID) for name in ("actor", "target", "correlation")),
    OpenApiParameter("since", str, description="Inclusive; a date or a time."),
    OpenApiParameter("until", str, description="Exclusive; a date counts in full."),
]
_PAGES = [
    one_of("order", ["desc", "asc"], "Newest first if absent."),
    *PAGING,
]


class _LedgerView(ApiView):
    """Which ledger is meant, and what of it."""

    def asked(self) -> tuple[Organization, Filters]:
        """The organization and the filters of this request."""
        query = self.request.query_params
        for name in ("actor", "target", "correlation"):
            self.key(name)
        return entries.ledger_of(self.actor, query.get("organization", "")), parse(query)


class EventsView(_LedgerView):
    """`/audit/events`."""

    output = EntryOutput

    @extend_schema(parameters=[*_FILTERS, *_PAGES], responses=page_of(EntryOutput))
    def get(self, request: Request) -> Response:
        """A page of the ledger, newest first unless `order=asc`; the look is recorded."""
        query = request.query_params
        ascending = _ascending(query.get("order", "desc"))
        organization, filters = self.asked()
        reading.read_ledger(self.actor, organization, filters=filters)
        rows = entries.entries_visible_to(self.actor, organization, filters)
        page = paginate(query, rows, field="recorded_at", ascending=ascending)
        return Response(
            {
                "results": EntryOutput(show(self.actor, page.rows), many=True).data,
                "next": link(request.path, query, page.next),
                "previous": link(request.path, query, page.previous),
            }
        )


class EventView(ApiView):
    """`/audit/events/{id}`."""

    @extend_schema(responses=OneEntryOutput)
    def get(self, request: Request, fact_id: UUID) -> Response:
        """One entry, with what its deed changed; the look is recorded."""
        found = entries.entry_visible_to(self.actor, fact_id)
        reading.read_entry(self.actor, found)
        (shown,) = show(self.actor, [found])
        answer = cast("dict[str, Any]", EntryOutput(shown).data)
        changes = [vars(change) for change in versions.changes_of(found)]
        return Response({**answer, "changes": changes})


class ExportView(_LedgerView):
    """`/audit/export`."""

    @extend_schema(parameters=_FILTERS, responses={(200, MEDIA_TYPE): OpenApiTypes.BINARY})
    def get(self, request: Request) -> StreamingHttpResponse:
        """A signed copy of the ledger as JSON Lines; recorded before the first byte leaves."""
        organization, filters = self.asked()
        copy = export.export_ledger(self.actor, organization, filters=filters)
        response = StreamingHttpResponse(_stream(copy.pages()), content_type=MEDIA_TYPE)
        name = f"ledger-{organization.slug}.jsonl"
        response["Content-Disposition"] = f'attachment; filename="{name}"'
        response["Cache-Control"] = "no-store"
        return response


async def _stream(pages: Iterator[bytes]) -> AsyncIterator[bytes]:
    following = threaded(lambda: next(pages, b""))
    while part := await following():
        yield part


def _ascending(order: str) -> bool:
    if order not in {"asc", "desc"}:
        raise InvalidError.at("/order", "asc or desc.")
    return order == "asc"
