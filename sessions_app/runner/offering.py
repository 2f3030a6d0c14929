"""The tools of the session's MCP servers, from their cached lists; no server is started."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from kernel.threads import threaded
from marketplace.public import Progress, ToolCall, ToolInfo, call_tool, tools_of, usable_servers
from sessions_app.broker.broker import Offered
from sessions_app.broker.execution import Executed, Place
from sessions_app.broker.output import Output
from sessions_app.runner.load import Loaded
from sessions_app.runtimes.base import ToolSpec


async def offered_by_servers(loaded: Loaded) -> dict[str, Offered]:
    """Tools by their full name `server.tool`."""
    return {
        tool.full_name: Offered(
            spec=ToolSpec(
                name=tool.full_name, description=tool.description, input_schema=tool.input_schema
            ),
            annotations=tool.annotations,
            run=partial(_call, tool),
        )
        for tool in await threaded(_tools)(loaded)
    }


def _tools(loaded: Loaded) -> list[ToolInfo]:
    """Only servers that the session's owner may still use."""
    session = loaded.session
    ids = list(session.servers.values_list("server_id", flat=True))
    if not ids:
        return []
    usable = usable_servers(session.owner, session.organization_id, ids)
    return tools_of(server.pk for server in usable)


async def _call(
    tool: ToolInfo, place: Place, arguments: Mapping[str, Any], output: Output
) -> Executed:
    """Through the gateway; its errors are `DomainError`s that the broker turns into answers."""

    async def progress(step: Progress) -> None:
        if step.message:
            await output.feed(f"{step.message}\n".encode())

    answer = await call_tool(
        ToolCall(
            server_id=tool.server_id,
            tool=tool.name,
            arguments=arguments,
            session_id=place.session_id,
            workspace=place.workspace,
            timeout_seconds=place.limits.wall_seconds,
        ),
        on_progress=progress,
    )
    data = answer.structured if isinstance(answer.structured, Mapping) else {}
    return Executed(ok=not answer.is_error, content=answer.text, data=data)
