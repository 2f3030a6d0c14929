"""What happened to MCP servers and their tools."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from kernel.events import Fact


@dataclass(frozen=True, kw_only=True)
class ServerRegistered(Fact):
    """An organization may use a server from now on."""

    transport: str


@dataclass(frozen=True, kw_only=True)
class ServerUpdated(Fact):
    """A server's registration changed in these fields."""

    changed: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class ServerRemoved(Fact):
    """A server's registration and the secrets made for it were deleted."""


@dataclass(frozen=True, kw_only=True)
class ServerEnabled(Fact):
    """A server may be called again."""


@dataclass(frozen=True, kw_only=True)
class ServerDisabled(Fact):
    """A server may not be called until it is enabled."""


@dataclass(frozen=True, kw_only=True)
class ToolsRefreshRequested(Fact):
    """Somebody wants the server started and its tools listed."""


@dataclass(frozen=True, kw_only=True)
class ToolsRecorded(Fact):
    """The gateway listed the tools of a server for the first time, or found them as approved."""

    surface_id: UUID
    digest: str
    tools: int
    protocol_revision: str


@dataclass(frozen=True, kw_only=True)
class ToolsChanged(Fact):
    """A server shows other tools than the approved ones; those are refused until approved."""

    surface_id: UUID
    digest: str
    approved_digest: str
    added: int
    removed: int
    changed: int


@dataclass(frozen=True, kw_only=True)
class ToolsApproved(Fact):
    """An administrator looked at changed tools and approved them."""

    surface_id: UUID
    digest: str
    tools: int


@dataclass(frozen=True, kw_only=True)
class ServerCheckFailed(Fact):
    """A server could not be started or did not list its tools."""

    reason: str
    outcome: str = "failure"


@dataclass(frozen=True, kw_only=True)
class ServersImported(Fact):
    """Servers were registered from a .mcp.json document."""

    created: int
    replaced: int


@dataclass(frozen=True, kw_only=True)
class ServersExported(Fact):
    """The organization's servers were read as a .mcp.json document, without secret values."""

    servers: int
