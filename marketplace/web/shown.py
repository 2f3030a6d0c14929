"""What the pages show of a server; the templates' head comments list it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from marketplace.enums import ToolsState, VariablePlace
from marketplace.models import MCPServer, Tool
from marketplace.selectors.tools import Surfaces


def row(server: MCPServer, used_by: Mapping[UUID, int]) -> dict[str, Any]:
    """A server in the list."""
    return {
        "id": server.pk,
        "name": server.name,
        "description": server.description or server.title,
        "transport": server.transport,
        "status": status(server),
        "tools": range(server.tools_count),
        "protocol": server.protocol_revision,
        "used_by": used_by.get(server.pk, 0),
        "last_used_at": server.last_used_at,
        "error": server.error.partition("\n")[0],
    }


def full(server: MCPServer, used_by: Mapping[UUID, int], surfaces: Surfaces) -> dict[str, Any]:
    """A server on its own page."""
    return {
        **row(server, used_by),
        "command": " ".join([server.command, *server.args]).strip(),
        "url": server.url,
        "network": ", ".join(server.domains),
        "mount": server.get_mount_workspace_display(),
        "secrets": sorted(one.name for one in server.variables.all() if one.is_secret),
        "missing": sorted(one.name for one in server.variables.all() if not one.is_set),
        "error": server.error,
        "created_by": server.created_by,
        "created_at": server.created_at,
        "tools": _tools(surfaces.tools),
        "pending": _pending(surfaces),
    }


def status(server: MCPServer) -> str:
    """One word for a server's state."""
    if not server.enabled:
        return "disabled"
    if any(not one.is_set for one in server.variables.all()):
        return "pending"
    if server.error_code:
        return "failed"
    words = {ToolsState.UNKNOWN.value: "starting", ToolsState.CHANGED.value: "waiting"}
    return words.get(server.tools_state, "ready")


def place_of(server: MCPServer, name: str) -> str | None:
    """Which field of a registration holds a value: env or headers."""
    for one in server.variables.all():
        if one.name == name:
            return "env" if one.place == VariablePlace.ENV else "headers"
    return None


def _pending(surfaces: Surfaces) -> dict[str, Any] | None:
    if surfaces.pending is None:
        return None
    before = {tool.name: tool for tool in surfaces.tools}
    return {
        "digest": surfaces.pending.digest,
        "listed_at": surfaces.pending.listed_at,
        "removed": surfaces.difference.removed,
        "tools": [
            {
                **shown,
                "before": before[shown["name"]].description if shown["name"] in before else "",
            }
            for shown in _tools(surfaces.waiting)
        ],
    }


def _tools(tools: Sequence[Tool]) -> list[dict[str, Any]]:
    return [
        {
            "name": tool.name,
            "description": tool.description,
            "danger": _hinted(tool.annotations),
            "schema_json": json.dumps(tool.input_schema, indent=2, ensure_ascii=False),
        }
        for tool in tools
    ]


def _hinted(annotations: Mapping[str, Any]) -> str:
    """What the server says of its tool: a hint for people, never a ground for allowing."""
    if annotations.get("readOnlyHint") is True:
        return "none"
    return "caution" if annotations.get("destructiveHint") is True else ""
