"""The CLI's stream of Messages API events, turned into text, reasoning and usage."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sessions_app.runtimes.base import RuntimeIO, Usage

Event = Mapping[str, Any]


class StreamReader:
    """Reads the events of one request after another (Messages API, streaming)."""

    def __init__(self, io: RuntimeIO) -> None:
        self._io = io
        self._model = ""
        self._spent: dict[str, int] = {}
        self._open = False

    async def read(self, event: Event) -> None:
        """Take one event; unknown kinds are passed over."""
        kind = event.get("type")
        if kind == "message_start":
            self._model = event["message"]["model"]
            self._spent, self._open = {}, True
            self._count(event["message"].get("usage"))
        elif kind == "content_block_delta":
            await self._delta(event["delta"])
        elif kind == "message_delta":
            self._count(event.get("usage"))
        elif kind == "message_stop":
            await self._io.end_message()
            await self.close()

    async def close(self) -> None:
        """Meter the request being read, as far as it came."""
        if self._open:
            self._open = False
            await self._io.usage(self._usage())

    async def _delta(self, delta: Event) -> None:
        if delta.get("text"):
            await self._io.text(delta["text"])
        elif delta.get("thinking"):
            await self._io.reasoning(delta["thinking"])

    def _count(self, usage: Event | None) -> None:
        """Later figures of a request replace earlier ones; they are totals."""
        self._spent.update({key: n for key, n in (usage or {}).items() if isinstance(n, int)})

    def _usage(self) -> Usage:
        """The request's tokens; the API counts cached input apart, `Usage` does not."""
        read = self._spent.get("cache_read_input_tokens", 0)
        written = self._spent.get("cache_creation_input_tokens", 0)
        return Usage(
            model=self._model,
            provider="anthropic",
            input_tokens=self._spent.get("input_tokens", 0) + read + written,
            output_tokens=self._spent.get("output_tokens", 0),
            cache_read_tokens=read,
            cache_write_tokens=written,
        )
