"""Codes with which our transports answer in a server's place, and what they mean to a caller.

JSON-RPC leaves numbers outside -32768…-32000 to applications.
"""

from __future__ import annotations

from mcp_types import ErrorData, JSONRPCError, RequestId

from marketplace.errors import (
    EgressDeniedError,
    ResultInvalidError,
    ResultTooLargeError,
    ServerStartError,
    ToolCallError,
    ToolFailedError,
)

REFUSED, UNREACHABLE, OVERSIZED, GARBLED = -31001, -31002, -31003, -31004
_MEANING: dict[int, type[ToolCallError]] = {
    REFUSED: EgressDeniedError,
    UNREACHABLE: ServerStartError,
    OVERSIZED: ResultTooLargeError,
    GARBLED: ResultInvalidError,
}


def answer(request_id: RequestId | None, code: int, message: str) -> JSONRPCError:
    """A JSON-RPC error as if the server had sent it; without id it fits the request it answers."""
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def meaning(code: int) -> type[ToolCallError]:
    """Our error for a JSON-RPC error code; those of the server itself are failures of the call."""
    return _MEANING.get(code, ToolFailedError)
