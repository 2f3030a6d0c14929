"""`.mcp.json` by API: the body of an import is the document itself."""

from __future__ import annotations

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import InvalidError
from marketplace.api import serializers as shapes
from marketplace.api.servers import ServerApiView
from marketplace.services import documents

_YES, _NO = {"1", "true", "yes"}, {"0", "false", "no"}
_ORGANIZATION = OpenApiParameter("organization", OpenApiTypes.UUID, required=False)


class ImportView(ServerApiView):
    """`/mcp-servers/import`."""

    @extend_schema(
        parameters=[
            OpenApiParameter("dry_run", bool, required=False),
            OpenApiParameter("replace", bool, required=False),
            _ORGANIZATION,
        ],
        request=OpenApiTypes.OBJECT,
        responses=shapes.ImportOutput,
    )
    def post(self, request: Request) -> Response:
        """Register the servers of a `.mcp.json`; with `dry_run` only say what would happen."""
        dry_run = _flag(request, "dry_run")
        report = documents.import_servers(
            self.actor,
            self.organization(self.key("organization")),
            document=request.data,
            dry_run=dry_run,
            replace_existing=_flag(request, "replace"),
        )
        return Response(shapes.ImportOutput({"results": report, "dry_run": dry_run}).data)


class ExportView(ServerApiView):
    """`/mcp-servers/export`."""

    @extend_schema(parameters=[_ORGANIZATION], responses=OpenApiTypes.OBJECT)
    def get(self, request: Request) -> Response:
        """All servers as one `.mcp.json`, with placeholders in place of secrets."""
        organization = self.organization(self.key("organization"))
        document = documents.export_servers(self.actor, organization)
        headers = {"Content-Disposition": 'attachment; filename=".mcp.json"'}
        return Response(document, headers=headers)


def _flag(request: Request, name: str) -> bool:
    text = request.query_params.get(name, "false").lower()
    if text not in _YES | _NO:
        raise InvalidError.at(f"/{name}", "true or false.")
    return text in _YES
