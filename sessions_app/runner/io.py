"""The runtime's only way out, as rows of the session's stream.

Deltas are gathered and written at most ten times a second per run; the end event carries the
whole text. Order is kept: whatever was said before a tool call is written before it.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from typing import Any
from uuid import UUID

from kernel.actors import Actor
from kernel.ids import uuid7
from kernel.redaction import Redactor
from kernel.streams import Entry
from kernel.text import storable
from kernel.threads import threaded
from sessions_app.broker.broker import Broker
from sessions_app.broker.output import capped
from sessions_app.broker.prices import cost_of
from sessions_app.models import AgentSession, Message
from sessions_app.runtimes.base import (
    ObservedCall,
    SecretNotGrantedError,
    ToolOutcome,
    ToolRequest,
    Usage,
)
from sessions_app.services import runs

GATHER_SECONDS = 0.1
_SHOWN_ARGUMENTS = 50


class SessionIO:
    """`RuntimeIO` over verbs."""

    def __init__(
        self,
        *,
        actor: Actor,
        session_id: UUID,
        run_id: UUID,
        epoch: int,
        secrets: Sequence[str] = (),
    ) -> None:
        self._actor = actor
        self._session_id = session_id
        self._run_id = run_id
        self._epoch = epoch
        self.broker: Broker | None = None
        self._message_id: UUID | None = None
        self._spoken: list[str] = []
        self._waiting: list[Entry] = []
        self._lock = asyncio.Lock()
        self._flusher: asyncio.Task[None] | None = None
        self._secrets = secrets
        self._redactor = Redactor(secrets)
        self._thoughts = Redactor(secrets)
        self._model = ""

    async def text(self, delta: str) -> None:
        """Append to the message being spoken."""
        delta = storable(delta)
        if not delta:
            return
        if self._message_id is None:
            self._message_id = uuid7()
            self._put("TEXT_MESSAGE_START", self._known())
        self._spoken.append(delta)
        if shown := self._redactor.feed(delta):
            self._put("TEXT_MESSAGE_CONTENT", {**self._known(), "delta": shown})

    async def end_message(self) -> None:
        """Store the whole message with its end event."""
        if self._message_id is None:
            return
        if rest := self._redactor.end():
            self._put("TEXT_MESSAGE_CONTENT", {**self._known(), "delta": rest})
        whole = Redactor(self._secrets).text("".join(self._spoken))
        end = Entry(
            type="TEXT_MESSAGE_END", run_id=self._run_id, data={**self._known(), "text": whole}
        )
        message = Message(id=self._message_id, content=whole, model=self._model)
        async with self._lock:
            entries = [*self._taken(), end]
            await self._verb(runs.speak, message=message, entries=entries)
        self._message_id, self._spoken = None, []

    async def reasoning(self, delta: str) -> None:
        """Append to the visible reasoning."""
        if shown := self._thoughts.feed(storable(delta)):
            self._put("REASONING_MESSAGE_CONTENT", {"delta": shown})

    async def call_tool(self, request: ToolRequest) -> ToolOutcome:
        """What was said so far is written, then the broker decides."""
        await self.flush()
        if self.broker is None:
            return ToolOutcome(status="error", content="This turn has no tools.")
        outcome = await self.broker.call(request)
        await self.flush()
        return outcome

    async def observe(self, call: ObservedCall) -> None:
        """Show a call that a contained agent made itself, marked as not brokered."""
        shown = Redactor(self._secrets)
        data = {
            "name": "tool.observed",
            "call_id": storable(call.call_id)[:200],
            "tool": storable(call.title)[:200],
            "kind": call.kind,
            "status": call.status,
            "input": _brief(shown, call.arguments),
            "content": capped(storable(shown.text(call.content))),
            "brokered": False,
        }
        self._put("CUSTOM", data)

    async def usage(self, usage: Usage) -> None:
        """Meter one model request."""
        self._model = usage.model[:120]
        await self.flush()
        await self._verb(runs.meter, usage=usage, cost=cost_of(usage))

    def hide(self, values: Sequence[str]) -> None:
        """Mask these from now on; called before anything was said."""
        self._secrets = (*self._secrets, *values)
        self._redactor, self._thoughts = Redactor(self._secrets), Redactor(self._secrets)

    async def read_secret(self, name: str) -> str:
        """Secrets go into the sandbox of the session's commands and to no runtime."""
        raise SecretNotGrantedError(name)

    async def tool_output(self, tool_call_id: UUID, delta: str) -> None:
        """Live output of a call."""
        data = {"name": "tool.output", "tool_call_id": str(tool_call_id), "delta": delta}
        self._put("CUSTOM", data)

    async def flush(self) -> None:
        """Write everything gathered so far, in order."""
        if rest := self._thoughts.end():
            self._put("REASONING_MESSAGE_CONTENT", {"delta": rest})
        await self._write()

    async def _write(self) -> None:
        async with self._lock:
            entries = self._taken()
            if entries:
                await self._verb(runs.emit, entries=entries)

    async def close(self) -> None:
        """Stop the gatherer; nothing more is written."""
        if self._flusher:
            self._flusher.cancel()
            with contextlib.suppress(asyncio.CancelledError, Exception):
                await self._flusher

    def _known(self) -> dict[str, str]:
        return {"message_id": str(self._message_id), "role": "assistant"}

    def _put(self, kind: str, data: dict[str, Any]) -> None:
        last = self._waiting[-1] if self._waiting else None
        if last and _joins(last, kind, data):
            joined = {**last.data, "delta": last.data["delta"] + data["delta"]}
            self._waiting[-1] = Entry(type=kind, run_id=self._run_id, data=joined)
        else:
            self._waiting.append(Entry(type=kind, run_id=self._run_id, data=data))
        if self._flusher is None or self._flusher.done():
            self._flusher = asyncio.create_task(self._soon())

    def _taken(self) -> list[Entry]:
        taken, self._waiting = self._waiting, []
        return taken

    async def _soon(self) -> None:
        await asyncio.sleep(GATHER_SECONDS)
        await self._write()

    async def _verb(self, verb: Callable[..., Any], **given: Any) -> Any:
        return await threaded(verb)(
            self._actor,
            AgentSession(pk=self._session_id),
            run_id=self._run_id,
            epoch=self._epoch,
            **given,
        )


def _brief(shown: Redactor, arguments: Mapping[str, Any]) -> dict[str, str]:
    some = islice(arguments.items(), _SHOWN_ARGUMENTS)
    return {storable(str(k))[:200]: storable(shown.text(str(v)))[:2000] for k, v in some}


def _joins(last: Entry, kind: str, data: dict[str, Any]) -> bool:
    """Whether a delta continues the one before it."""
    if last.type != kind or "delta" not in data or "delta" not in last.data:
        return False
    keys = ("message_id", "tool_call_id", "name")
    return all(last.data.get(key) == data.get(key) for key in keys)
