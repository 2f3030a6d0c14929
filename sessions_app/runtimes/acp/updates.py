"""What an agent reports about its turn, turned into text, reasoning and observed calls."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, Literal

from acp.schema import (
    AgentMessageChunk,
    AgentPlanUpdate,
    AgentThoughtChunk,
    ContentToolCallContent,
    FileEditToolCallContent,
    TextContentBlock,
    ToolCallProgress,
    ToolCallStart,
    UsageUpdate,
)

from sessions_app.runtimes.acp.gate import Gate
from sessions_app.runtimes.base import ObservedCall

Status = Literal["running", "ok", "error"]
_STATUS: Mapping[str, Status] = {"completed": "ok", "failed": "error"}
_MARKS = {"completed": "x", "in_progress": "~"}


class Updates:
    """Shows updates in the order in which the agent sent them; `silent` while it replays."""

    def __init__(self, gate: Gate) -> None:
        self._gate, self._io = gate, gate.io
        self._calls: dict[str, ObservedCall] = {}
        self.silent = False
        self.context_window: int | None = None

    async def show(self, update: Any) -> None:
        """Show one update; kinds without a place on the page are passed over."""
        if self.silent:
            return
        if isinstance(update, AgentMessageChunk):
            await self._io.text(block_text(update.content))
        elif isinstance(update, AgentThoughtChunk):
            await self._io.reasoning(block_text(update.content))
        elif isinstance(update, ToolCallStart | ToolCallProgress):
            await self._call(update)
        elif isinstance(update, AgentPlanUpdate):
            await self._observe(_plan(update))
        elif isinstance(update, UsageUpdate):
            self.context_window = update.size

    async def _call(self, update: ToolCallStart | ToolCallProgress) -> None:
        key = update.tool_call_id
        if key not in self._calls:
            await self._gate.begin(key)
        known = self._calls.get(key) or ObservedCall(call_id=key, title=update.title or key)
        call = replace(
            known,
            title=update.title or known.title,
            kind=update.kind or known.kind,
            status=_STATUS.get(update.status or "", known.status),
            arguments=_mapping(update.raw_input) or known.arguments,
            content=_content(update) or known.content,
        )
        self._calls[key] = call
        if call.status != "running":
            self._gate.end(key)
        await self._observe(call)

    async def _observe(self, call: ObservedCall) -> None:
        await self._io.end_message()
        await self._io.observe(call)


def block_text(block: Any) -> str:
    """A content block as text; what is not text is named, not shown."""
    if isinstance(block, TextContentBlock):
        return block.text
    where = getattr(block, "uri", None) or getattr(getattr(block, "resource", None), "uri", None)
    return f"[{block.type} {where}]" if where else f"[{block.type}]"


def _content(update: ToolCallStart | ToolCallProgress) -> str:
    parts = [_part(item) for item in update.content or ()]
    text = "\n".join(part for part in parts if part)
    if text or update.raw_output is None:
        return text
    raw = update.raw_output
    return raw if isinstance(raw, str) else json.dumps(raw, ensure_ascii=False, default=str)


def _part(item: Any) -> str:
    """A terminal's output has a card of its own, so it is left out here."""
    if isinstance(item, ContentToolCallContent):
        return block_text(item.content)
    if isinstance(item, FileEditToolCallContent):
        return "".join(_diff(item.path, item.old_text or "", item.new_text))
    return ""


def _diff(path: str, old: str, new: str) -> Iterable[str]:
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    return difflib.unified_diff(before, after, path, path)


def _plan(update: AgentPlanUpdate) -> ObservedCall:
    lines = [f"- [{_MARKS.get(entry.status, ' ')}] {entry.content}" for entry in update.entries]
    done = all(entry.status == "completed" for entry in update.entries)
    status: Status = "ok" if done else "running"
    return ObservedCall(
        call_id="plan", title="Plan", kind="think", status=status, content="\n".join(lines)
    )


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
