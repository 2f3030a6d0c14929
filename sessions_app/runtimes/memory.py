"""A `RuntimeIO` without a database: records what a runtime does and scripts what it meets.

Used wherever a runtime runs outside a session: template trials, the tool test harness, tests.
The journal outlives the IO as the ledger outlives a process, so a second IO over the same journal
is a fresh process that continues the same run.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from sessions_app.runtimes.base import (
    ObservedCall,
    SecretNotGrantedError,
    ToolOutcome,
    ToolRequest,
    Usage,
)

ToolHandler = Callable[[Mapping[str, Any]], Awaitable[ToolOutcome]]
Event = tuple[str, Any]


@dataclass
class JournalEntry:
    """One call of the run: what was asked, what a person decided, what came of it."""

    request: ToolRequest
    decision: ToolOutcome | None = None
    granted: bool = False
    consumed_by: str = ""
    outcome: ToolOutcome | None = None


@dataclass
class MemoryJournal:
    """The durable part: calls by `call_id`, and how often each tool really ran."""

    entries: dict[str, JournalEntry] = field(default_factory=dict)
    executed: list[tuple[str, Mapping[str, Any]]] = field(default_factory=list)

    @property
    def waiting(self) -> list[str]:
        """Ids of the calls that still need a person."""
        return [key for key, entry in self.entries.items() if not _decided(entry)]

    def grant(self, call_id: str) -> None:
        """A person allows the call; it runs when the runtime asks again."""
        self.entries[call_id].granted = True

    def deny(self, call_id: str, reason: str) -> None:
        """A person refuses the call; asking again answers the reason."""
        self.entries[call_id].decision = ToolOutcome(status="denied", content=reason)

    def pre_decided(self, request: ToolRequest) -> JournalEntry | None:
        """A decision on the same tool and input under another id, not used up yet.

        Runtimes that repeat a turn may name the repeated call differently.
        """
        for key, entry in self.entries.items():
            free = entry.outcome is None and entry.consumed_by in ("", request.call_id)
            if key != request.call_id and free and _decided(entry) and _same(entry, request):
                return entry
        return None


@dataclass
class MemoryIO:
    """Records every event in order; runs tools from a table of coroutines."""

    tools: Mapping[str, ToolHandler] = field(default_factory=dict)
    ask_for: Collection[str] = ()
    deny: Mapping[str, str] = field(default_factory=dict)
    secrets: Mapping[str, str] = field(default_factory=dict)
    journal: MemoryJournal = field(default_factory=MemoryJournal)
    events: list[Event] = field(default_factory=list)
    _speaking: bool = False

    async def text(self, delta: str) -> None:
        """Record a piece of the message being spoken."""
        self._speaking = True
        self.events.append(("text", delta))

    async def end_message(self) -> None:
        """Record the end of the message; nothing when none is open."""
        if self._speaking:
            self.events.append(("end", None))
        self._speaking = False

    async def reasoning(self, delta: str) -> None:
        """Record a piece of visible reasoning."""
        self.events.append(("reasoning", delta))

    async def observe(self, call: ObservedCall) -> None:
        """Record a call that a contained agent reports."""
        self.events.append(("observed", call))

    async def usage(self, usage: Usage) -> None:
        """Record one metered request."""
        self.events.append(("usage", usage))

    async def read_secret(self, name: str) -> str:
        """Answer a granted secret."""
        if name not in self.secrets:
            raise SecretNotGrantedError(name)
        return self.secrets[name]

    async def call_tool(self, request: ToolRequest) -> ToolOutcome:
        """Answer the recorded outcome, or decide, run and record the call."""
        entry = self.journal.entries.get(request.call_id)
        if entry is not None and not _same(entry, request):
            return ToolOutcome(status="error", content="This call id was used for another call.")
        if entry is None:
            entry = self.journal.entries[request.call_id] = JournalEntry(request)
        outcome = entry.outcome or await self._decide(entry)
        self.events.append(("tool", (request.tool, dict(request.arguments), outcome.status)))
        return outcome

    async def _decide(self, entry: JournalEntry) -> ToolOutcome:
        request = entry.request
        verdict = self._verdict(entry)
        if verdict is not None:
            entry.outcome = None if verdict.status == "waiting" else verdict
            return verdict
        handler = self.tools.get(request.tool)
        if handler is None:
            return ToolOutcome(status="error", content=f"There is no tool named {request.tool}.")
        self.journal.executed.append((request.tool, dict(request.arguments)))
        entry.outcome = await handler(request.arguments)
        return entry.outcome

    def _verdict(self, entry: JournalEntry) -> ToolOutcome | None:
        tool = entry.request.tool
        if tool in self.deny:
            return ToolOutcome(status="denied", content=self.deny[tool])
        earlier = None if _decided(entry) else self.journal.pre_decided(entry.request)
        if earlier is not None:
            earlier.consumed_by = entry.request.call_id
            entry.granted, entry.decision = earlier.granted, earlier.decision
        if entry.decision is not None:
            return entry.decision
        needs_person = tool in self.ask_for and not entry.granted
        return ToolOutcome(status="waiting") if needs_person else None

    def transcript(self) -> list[Event]:
        """The events with the pieces of each message and of each reasoning joined."""
        joined: list[Event] = []
        buffer = ""
        for kind, value in self.events:
            buffer += value if kind == "text" else ""
            if kind == "end":
                joined.append(("message", buffer))
                buffer = ""
            elif kind == "reasoning" and joined and joined[-1][0] == "reasoning":
                joined[-1] = (kind, joined[-1][1] + value)
            elif kind != "text":
                joined.append((kind, value))
        return [*joined, ("unfinished", buffer)] if buffer else joined


def _decided(entry: JournalEntry) -> bool:
    return entry.granted or entry.decision is not None or entry.outcome is not None


def _same(entry: JournalEntry, request: ToolRequest) -> bool:
    return entry.request.tool == request.tool and _canonical(entry.request) == _canonical(request)


def _canonical(request: ToolRequest) -> str:
    return json.dumps(request.arguments, sort_keys=True, ensure_ascii=False)
