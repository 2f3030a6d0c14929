"""What can go wrong with MCP servers and their tools, in words people can act on."""

from __future__ import annotations

from typing import Any

from kernel.errors import ConflictError, DomainError


class ServerNameTakenError(ConflictError):
    """A server of this name is registered already."""


class SurfaceGoneError(ConflictError):
    """These tools changed again; look at the new ones before approving them."""


class InvalidDocumentError(DomainError):
    """This is not a .mcp.json document: it needs an object named mcpServers or servers."""


class ToolCallError(DomainError):
    """The tool could not be called.

    `stderr` holds the last lines the server wrote there, redacted.
    """

    status = 409


class GatewayUnavailableError(ToolCallError):
    """No MCP gateway is running here; start it with ./quarterdeck up."""

    status = 503


class GatewayLostError(ToolCallError):
    """The MCP gateway ended during the call; it is not known whether the tool ran."""

    status = 503


class GatewayBusyError(ToolCallError):
    """Too many tool calls are under way; try again in a moment."""

    status = 503


class ServerGoneError(ToolCallError):
    """This MCP server is not registered here."""

    status = 404


class ServerDisabledError(ToolCallError):
    """This MCP server is switched off."""


class ValuesMissingError(ToolCallError):
    """This MCP server needs values that nobody has set yet."""


class ServerStartError(ToolCallError):
    """The MCP server did not start."""


class ServerCrashedError(ToolCallError):
    """The MCP server ended during the call; it is not known whether the tool finished."""


class ServerUnreachableError(ToolCallError):
    """The MCP server could not be reached; the tool did not run."""


class ServerUnavailableError(ToolCallError):
    """The MCP server failed several times in a row and is left alone for a moment."""

    status = 503


class ToolUnknownError(ToolCallError):
    """The MCP server has no tool of this name."""

    status = 404


class ToolChangedError(ToolCallError):
    """This tool is not the one that was approved; an administrator must look at it first."""


class ToolTimeoutError(ToolCallError):
    """The tool did not answer in time."""


class ToolFailedError(ToolCallError):
    """The MCP server refused the call."""


class InputRequiredError(ToolCallError):
    """The tool asks a person for input during the call, which is not supported."""


class ResultTooLargeError(ToolCallError):
    """The tool's result is larger than the limit."""


class ResultInvalidError(ToolCallError):
    """The MCP server answered with something that the protocol does not allow."""


class SandboxMissingError(ToolCallError):
    """MCP servers run only in a sandbox, and none works on this machine."""


class EgressDeniedError(ToolCallError):
    """This address may not be reached from here."""


_KINDS: list[type[ToolCallError]] = [ToolCallError, *ToolCallError.__subclasses__()]
_BY_CODE = {kind.code: kind for kind in _KINDS}


def from_wire(code: str, detail: str, extra: dict[str, Any]) -> ToolCallError:
    """The error that another process described."""
    return _BY_CODE.get(code, ToolCallError)(detail, **extra)
