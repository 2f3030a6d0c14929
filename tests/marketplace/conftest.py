"""Fixtures of the marketplace: registrations and listings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from identity.public import Secret, User, use_secret
from kernel.actors import SystemActor
from marketplace.engine.spec import ServerSpec
from marketplace.engine.surface import Listing, read_listing
from marketplace.models import MCPServer
from marketplace.services.servers import register_server
from tests.factories.cast import Cast

Register = Callable[..., MCPServer]


@pytest.fixture
def register(cast: Cast) -> Register:
    """Register a server in acme as alice."""

    def make(name: str = "git", *, by: User | None = None, **fields: Any) -> MCPServer:
        kind = {"transport": "http"} if "url" in fields else {"transport": "stdio"}
        command = {} if "url" in fields else {"command": "mcp-server-git"}
        spec = ServerSpec(name=name, **{**kind, **command, **fields})
        return register_server(by or cast.alice, cast.acme, spec=spec)

    return make


def opened(secret: Secret | None) -> str:
    """The value of a secret, as the gateway would get it."""
    assert secret is not None
    return use_secret(SystemActor("gateway"), secret, purpose="test")


def listing(*names: str, revision: str = "2025-11-25", **changes: Any) -> Listing:
    """A listing of tools with these names; `changes` are fields of every tool."""
    tools = [
        {"name": name, "description": f"Does {name}.", "inputSchema": {"type": "object"}, **changes}
        for name in names
    ]
    return read_listing(tools, protocol_revision=revision, server=("test", "1"))
