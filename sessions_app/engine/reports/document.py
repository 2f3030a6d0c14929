"""What a report holds, once for all formats; its JSON is published in the API's description."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

VERSION = 1
MEDIA_TYPES = {
    "json": "application/json",
    "markdown": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "pdf": "application/pdf",
}


@dataclass(frozen=True, kw_only=True)
class Who:
    """A person, as the report names them."""

    id: UUID
    name: str


@dataclass(frozen=True, kw_only=True)
class Call:
    """One tool call; `output` is what the session shows of it, cut to `OUTPUT` characters."""

    id: UUID
    tool: str
    input: Mapping[str, Any]
    brief: str
    status: str
    danger: str
    exit_code: int | None
    duration_ms: int | None
    output: str
    output_bytes: int


@dataclass(frozen=True, kw_only=True)
class Links:
    """Where to go on reading."""

    task: str
    execution: str
    session: str
    report: str


@dataclass(frozen=True, kw_only=True)
class Document:
    """One execution: what was asked, what came of it, what it did and what it cost."""

    title: str
    report_id: UUID
    execution_id: UUID
    task_id: UUID
    session_id: UUID
    trigger: str
    due_at: datetime | None
    requested_by: Who
    variables: Mapping[str, Any]
    runtime: str
    model: str
    prompt: str
    outcome: str
    error_code: str
    error: str
    final_text: str
    tool_calls: Sequence[Call]
    tool_calls_total: int
    started_at: datetime | None
    finished_at: datetime | None
    duration_ms: int | None
    input_tokens: int
    output_tokens: int
    cost_usd: Decimal | None
    links: Links

    def as_json(self) -> dict[str, Any]:
        """Plain JSON values: ids, moments and amounts of money are strings."""
        found: dict[str, Any] = _plain({"version": VERSION, **asdict(self)})
        return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_plain(inner) for inner in value]
    if isinstance(value, datetime):
        return value.isoformat().replace("+00:00", "Z")
    return str(value) if isinstance(value, (UUID, Decimal)) else value
