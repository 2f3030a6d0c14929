"""What leaves the gateway: redacted, and no larger than allowed."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from mcp_types import CallToolResult

from kernel.redaction import Redactor
from marketplace.errors import ResultTooLargeError

_LONGEST_TEXT = 2000


def outcome(result: CallToolResult, secrets: Sequence[str], *, most_bytes: int) -> dict[str, Any]:
    """A tool's answer as other processes get it; raises `ResultTooLargeError`."""
    raw = {
        "content": [
            block.model_dump(by_alias=True, mode="json", exclude_none=True)
            for block in result.content
        ],
        "structured": result.structured_content,
        "is_error": bool(result.is_error),
    }
    size = len(json.dumps(raw))
    if size > most_bytes:
        raise ResultTooLargeError(f"The result has {size} bytes; the limit is {most_bytes}.")
    clean: dict[str, Any] = redacted(raw, Redactor(secrets))
    return clean


def redacted(value: Any, redactor: Redactor) -> Any:
    """The same JSON without secrets, in keys and values alike."""
    if isinstance(value, str):
        return redactor.text(value)
    if isinstance(value, dict):
        return {redactor.text(key): redacted(inner, redactor) for key, inner in value.items()}
    if isinstance(value, list):
        return [redacted(inner, redactor) for inner in value]
    return value


def shorten(text: str) -> str:
    """Words of a foreign server, bounded."""
    return text if len(text) <= _LONGEST_TEXT else f"{text[:_LONGEST_TEXT]}…"
