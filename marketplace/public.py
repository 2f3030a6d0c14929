"""The front door of the marketplace: the few names that storeys above may use."""

from marketplace.gateway.client import (
    Progress,
    ToolCall,
    ToolResult,
    call_tool,
    list_live,
)
from marketplace.models import MCPServer
from marketplace.selectors.servers import servers_visible_to, usable_servers
from marketplace.selectors.tools import ToolInfo, tools_of
from marketplace.selectors.usage import counts_usage

__all__ = [
    "MCPServer",
    "Progress",
    "ToolCall",
    "ToolInfo",
    "ToolResult",
    "call_tool",
    "counts_usage",
    "list_live",
    "servers_visible_to",
    "tools_of",
    "usable_servers",
]
