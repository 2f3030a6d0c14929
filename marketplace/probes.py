"""Whether a gateway is there; without one sessions go on, but MCP tools are refused."""

from __future__ import annotations

from kernel.health.probes import probe
from marketplace.gateway import sockets


@probe("gateway")
def gateway() -> str:
    """At least one gateway answers."""
    return "" if sockets.any_alive() else "No MCP gateway is running here; MCP tools are refused."
