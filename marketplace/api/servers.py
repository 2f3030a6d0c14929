"""MCP servers by API: list, register, read, change, remove, and their tools."""

from __future__ import annotations

from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from identity.public import Organization, home_of
from kernel.errors import InvalidError, NotFoundError
from kernel.http.schema import PAGING, page_of
from kernel.http.serializers import Empty
from kernel.http.views import ApiView
from marketplace.api import serializers as shapes
from marketplace.engine.spec import ServerSpec
from marketplace.models import MCPServer
from marketplace.selectors.servers import servers_visible_to
from marketplace.selectors.tools import surfaces_of
from marketplace.services import listings, servers

_SEARCH = OpenApiParameter("q", str, description="A part of a name, title or description.")


class ServerApiView(ApiView):
    """The base of endpoints on one server."""

    def server(self, pk: UUID) -> MCPServer:
        """The server, if one may know of it."""
        found = servers_visible_to(self.actor).filter(pk=pk).first()
        if found is None:
            raise NotFoundError
        return found

    def shown(self, pk: UUID, status: int = 200) -> Response:
        """The server as it is now."""
        return Response(shapes.ServerOutput(self.server(pk)).data, status=status)

    def organization(self, named: UUID | None) -> Organization:
        """The named organization, else the one somebody works in."""
        found = self.one(Organization, named) if named else home_of(self.actor)
        if found is None:
            raise InvalidError.at("/organization", "You are in no organization.")
        return found


class ServersView(ServerApiView):
    """`/mcp-servers`."""

    output = shapes.ServerOutput

    @extend_schema(parameters=[_SEARCH, *PAGING], responses=page_of(shapes.ServerOutput))
    def get(self, request: Request) -> Response:
        """The servers of one's organizations, newest first."""
        text = request.query_params.get("q", "").replace("\x00", "")[:200]
        return self.page(servers_visible_to(self.actor, text))

    @extend_schema(request=shapes.ServerInput, responses={201: shapes.ServerOutput})
    def post(self, request: Request) -> Response:
        """Register a server."""
        given = self.given(shapes.ServerInput)
        organization = self.organization(given.get("organization"))
        spec = ServerSpec(**shapes.listed(given))
        made = servers.register_server(self.actor, organization, spec=spec)
        return self.shown(made.pk, status=201)


class ServerView(ServerApiView):
    """`/mcp-servers/{id}`."""

    @extend_schema(responses=shapes.ServerOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One server."""
        return self.shown(pk)

    @extend_schema(request=shapes.ServerPatch, responses=shapes.ServerOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change a registration."""
        changes = self.given(shapes.ServerPatch)
        servers.update_server(self.actor, self.server(pk), changes=changes)
        return self.shown(pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a server."""
        servers.remove_server(self.actor, self.server(pk))
        return Response(status=204)


class EnableView(ServerApiView):
    """`/mcp-servers/{id}/enable`."""

    @extend_schema(request=Empty, responses=shapes.ServerOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Switch a server on."""
        self.given(Empty)
        servers.enable_server(self.actor, self.server(pk))
        return self.shown(pk)


class DisableView(ServerApiView):
    """`/mcp-servers/{id}/disable`."""

    @extend_schema(request=Empty, responses=shapes.ServerOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Switch a server off."""
        self.given(Empty)
        servers.disable_server(self.actor, self.server(pk))
        return self.shown(pk)


class RefreshView(ServerApiView):
    """`/mcp-servers/{id}/refresh`."""

    @extend_schema(request=Empty, responses={202: shapes.ServerOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Have the tools listed anew; the answer comes as `checked_at`, `tools_state`, `error`."""
        self.given(Empty)
        listings.refresh_tools(self.actor, self.server(pk))
        return self.shown(pk, status=202)


class ToolsView(ServerApiView):
    """`/mcp-servers/{id}/tools`."""

    @extend_schema(responses=shapes.ToolsOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """The tools in force, and those that wait for an administrator."""
        server = self.server(pk)
        found = surfaces_of(server)
        waits = found.pending and {
            "digest": found.pending.digest,
            "listed_at": found.pending.listed_at,
            "tools": found.waiting,
            **vars(found.difference),
        }
        body = {
            "results": found.tools,
            "next": None,
            "previous": None,
            "state": server.tools_state,
            "digest": found.approved.digest if found.approved else "",
            "pending": waits,
        }
        return Response(shapes.ToolsOutput(body).data)


class ApproveView(ServerApiView):
    """`/mcp-servers/{id}/tools/approve`."""

    @extend_schema(request=shapes.ApproveInput, responses=shapes.ServerOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Put the waiting tools in force."""
        given = self.given(shapes.ApproveInput)
        listings.approve_tools(self.actor, self.server(pk), digest=given["digest"])
        return self.shown(pk)
