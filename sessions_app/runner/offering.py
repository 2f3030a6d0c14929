"""The tools of the session's MCP servers, from their cached lists; no server is started."""

from __future__ import annotations

from sessions_app.broker.broker import Offered
from sessions_app.runner.load import Loaded


async def offered_by_servers(loaded: Loaded) -> dict[str, Offered]:
    """Tools by their full name `server.tool`."""
    return {}
