"""A server made with the official library: both eras, on stdio or, with `--http ADDRESS`, by HTTP.

On HTTP the port is printed on the first line of stdout.
"""

from __future__ import annotations

import asyncio
import os
import socket
import sys

import uvicorn
from mcp.server.mcpserver import Context, MCPServer
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

server = MCPServer("modern", version="1.2.3", instructions="Add numbers.")


@server.tool()
def add(a: int, b: int) -> int:
    """Add two whole numbers."""
    return a + b


@server.tool()
async def steps(count: int, ctx: Context) -> str:  # type: ignore[type-arg]
    """Report progress so many times."""
    for step in range(count):
        await ctx.report_progress(step + 1, count, f"step {step + 1}")
        await asyncio.sleep(0.15)
    return "done"


@server.tool()
async def sleep(seconds: float) -> str:
    """Sleep."""
    await asyncio.sleep(seconds)
    return "slept"


@server.tool()
def fail() -> str:
    """Fail."""
    raise ValueError("on purpose")


@server.tool()
def token(ctx: Context) -> str:  # type: ignore[type-arg]
    """Repeat the caller's credentials, as careless servers do."""
    request = ctx.request_context.request
    return str(request.headers.get("authorization")) if request else os.environ.get("TOKEN", "")


@server.tool()
def part(ctx: Context) -> str:  # type: ignore[type-arg]
    """Repeat a part of the caller's credentials."""
    return token(ctx).removeprefix("Bearer ")


@server.tool()
def huge(size: int) -> str:
    """Answer with so many letters."""
    return "x" * size


@server.tool()
def end() -> str:
    """End the whole server in the middle of a call."""
    os._exit(5)


@server.custom_route("/denied", methods=["POST"])
async def denied(_request: Request) -> Response:
    """Refuse by status alone."""
    return Response("who are you?", status_code=401)


@server.custom_route("/elsewhere", methods=["POST"])
async def elsewhere(_request: Request) -> Response:
    """Redirect to an address that must not be reached."""
    return JSONResponse({}, status_code=307, headers={"Location": "http://169.254.169.254/mcp"})


async def serve(address: str) -> None:
    listening = socket.create_server((address, 0))
    app = server.streamable_http_app(host=address)
    sys.stdout.write(f"{listening.getsockname()[1]}\n")
    sys.stdout.flush()
    await uvicorn.Server(uvicorn.Config(app, log_level="error")).serve(sockets=[listening])


if __name__ == "__main__":
    if "--http" in sys.argv:
        asyncio.run(serve(sys.argv[-1]))
    else:
        server.run("stdio")
