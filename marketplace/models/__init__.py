"""The tables of the marketplace: servers, their values, and the tools they show."""

from marketplace.models.servers import MCPServer, ServerVariable
from marketplace.models.tools import Tool, ToolSurface

__all__ = ["MCPServer", "ServerVariable", "Tool", "ToolSurface"]
