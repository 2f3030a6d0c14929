"""Codes with which our transports answer in a server's place, and what they mean to a caller.

JSON-RPC leaves numbers outside -32768…-32000 to applications.
"""

from __future__ import annotations

from mcp_types import PARSE_ERROR, ErrorData, JSONRPCError, RequestId

from marketplace.errors import (
    EgressDeniedError,
    ResultInvalidError,
    ResultTooLargeError,
    ServerCrashedError,
    ServerUnreachableError,
    ToolCallError,
    ToolFailedError,
)

REFUSED, UNREACHABLE, LOST, OVERSIZED, GARBLED = -31001, -31002, -31003, -31004, -31005
TOO_LARGE = "The answer is larger than"
_MEANING: dict[int, type[ToolCallError]] = {
    REFUSED: EgressDeniedError,
    UNREACHABLE: ServerUnreachableError,
    LOST: ServerCrashedError,
    OVERSIZED: ResultTooLargeError,
    GARBLED: ResultInvalidError,
}


def answer(request_id: RequestId | None, code: int, message: str) -> JSONRPCError:
    """A JSON-RPC error as if the server had sent it; without id it fits the request it answers."""
    return JSONRPCError(jsonrpc="2.0", id=request_id, error=ErrorData(code=code, message=message))


def meaning(error: ErrorData) -> type[ToolCallError]:
    """Our error for a JSON-RPC error; those of the server itself are failures of the call.

    The library reports a body that breaks off as one it cannot parse.
    """
    if error.code == PARSE_ERROR:
        return ResultTooLargeError if TOO_LARGE in error.message else ResultInvalidError
    return _MEANING.get(error.code, ToolFailedError)
