"""From our stream to plain AG-UI: the envelope falls away, one run is told as the protocol asks.

AG-UI has no waiting: a run that waits for a person ends there, and what answers it begins another
AG-UI run of the same thread. So the rows of one run of ours become one or several of theirs.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from ag_ui import core
from ag_ui.encoder import EventEncoder

PROTOCOL = "1.0"
ANSWER: Mapping[str, Any] = {
    "type": "object",
    "properties": {"approved": {"type": "boolean"}, "reason": {"type": "string"}},
    "required": ["approved"],
}
"""What a resume entry's payload must be."""


@dataclass(kw_only=True)
class Telling:
    """Tells one run from the row after `after`; earlier rows only say what is open.

    `now` is the stream's length at the beginning: a question that was answered before is no
    interrupt any more.
    """

    session_id: UUID
    run_id: UUID
    prompt: core.UserMessage
    after: int
    now: int
    done: bool = False
    _started: bool = False
    _waits: bool = False
    _open: dict[str, core.Interrupt] = field(default_factory=dict)
    _said: dict[str, str] = field(default_factory=dict)
    _thought: str = ""
    _used: dict[tuple[str, str], core.TokenUsage] = field(default_factory=dict)

    def __call__(self, seq: int, frame: str) -> str:
        """One row as server-sent events; nothing for rows that belong to others."""
        event = json.loads(frame)
        told: list[core.BaseEvent] = []
        if event["run"] == str(self.run_id):
            told = self._row(seq, event)
        if self._waits and self._open and seq >= self.now and not self.done:
            told += self._interrupt()
        for one in told:
            one.timestamp = _milliseconds(event["at"])
        return "".join(map(EventEncoder().encode, told))

    def _row(self, seq: int, event: Mapping[str, Any]) -> list[core.BaseEvent]:
        kind, data = event["type"], event["data"]
        self._note(kind, data)
        if seq <= self.after or data.get("role") == "user":
            return []
        if kind == "REASONING_MESSAGE_CONTENT":
            return [*self._start(), *self._think(seq, data)]
        tell = getattr(self, f"_{kind.lower()}", None)
        if tell is None or (data.get("erased") and not kind.startswith("RUN_")):
            return []
        told: list[core.BaseEvent] = tell(data)
        return [*self._start(), *self._stop_thinking(), *told] if told else []

    def _note(self, kind: str, data: Mapping[str, Any]) -> None:
        """What is open, and what was used since the last interrupt."""
        name = data.get("name", "") if kind == "CUSTOM" else ""
        if name == "approval.requested":
            self._open[data["approval_id"]] = _interrupt(data)
        elif name == "approval.decided":
            self._open.pop(data["approval_id"], None)
        elif name in {"run.waiting", "run.continued"}:
            self._waits = name == "run.waiting"

    def _start(self) -> list[core.BaseEvent]:
        if self._started:
            return []
        self._started = True
        ids: dict[str, Any] = {"thread_id": str(self.session_id), "run_id": str(self.run_id)}
        asked = core.RunAgentInput(**ids, messages=[self.prompt])
        return [core.RunStartedEvent(**ids, protocol_version=PROTOCOL, input=asked)]

    def _finish(self, outcome: core.RunFinishedOutcome) -> list[core.BaseEvent]:
        self.done = True
        ids: dict[str, Any] = {"thread_id": str(self.session_id), "run_id": str(self.run_id)}
        used = list(self._used.values()) or None
        closing = [core.TextMessageEndEvent(message_id=one) for one in self._said]
        return [*closing, core.RunFinishedEvent(**ids, outcome=outcome, usage=used)]

    def _interrupt(self) -> list[core.BaseEvent]:
        outcome = core.RunFinishedInterruptOutcome(interrupts=list(self._open.values()))
        return [*self._start(), *self._stop_thinking(), *self._finish(outcome)]

    # One method for each type of row.

    def _run_started(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        return self._start()

    def _run_finished(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        if data.get("outcome") == "cancelled":
            return self._finish(core.RunFinishedCancelledOutcome())
        return self._finish(core.RunFinishedSuccessOutcome())

    def _run_error(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        self.done = True
        used = list(self._used.values()) or None
        code, message = data.get("code") or None, data.get("message") or "The run failed."
        return [core.RunErrorEvent(code=code, message=message, usage=used)]

    def _text_message_start(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        self._said[data["message_id"]] = ""
        return [core.TextMessageStartEvent(message_id=data["message_id"], role="assistant")]

    def _text_message_content(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        known, delta = data["message_id"], data.get("delta", "")
        opening = [] if known in self._said else self._text_message_start(data)
        self._said[known] += delta
        return [*opening, core.TextMessageContentEvent(message_id=known, delta=delta)]

    def _text_message_end(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        """The end carries the whole text, which old deltas may not hold any more."""
        known, whole = data["message_id"], data.get("text", "")
        opening = [] if known in self._said else self._text_message_start(data)
        said = self._said.pop(known)
        rest = whole.removeprefix(said) if whole.startswith(said) else ""
        if rest:
            opening.append(core.TextMessageContentEvent(message_id=known, delta=rest))
        return [*opening, core.TextMessageEndEvent(message_id=known)]

    def _tool_call_start(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        known = data["tool_call_id"]
        return [core.ToolCallStartEvent(tool_call_id=known, tool_call_name=data["tool"])]

    def _tool_call_args(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        return [core.ToolCallArgsEvent(tool_call_id=data["tool_call_id"], delta=data["delta"])]

    def _tool_call_end(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        return [core.ToolCallEndEvent(tool_call_id=data["tool_call_id"])]

    def _tool_call_result(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        known = data["tool_call_id"]
        return [
            core.ToolCallResultEvent(
                message_id=f"{known}:result",
                tool_call_id=known,
                content=data["content"],
                role="tool",
            )
        ]

    def _custom(self, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        name = data.get("name", "")
        if name == "usage":
            self._use(data)
            return []
        if not self._started or not name:
            return []
        value = {key: one for key, one in data.items() if key != "name"}
        return [core.CustomEvent(name=name, value=value)]

    def _use(self, data: Mapping[str, Any]) -> None:
        """AG-UI wants one sum for each model."""
        key = data["provider"], data["model"]
        sums = self._used.setdefault(
            key,
            core.TokenUsage(
                provider=key[0], model=key[1], input_tokens=0, output_tokens=0, total_tokens=0
            ),
        )
        sums.input_tokens = (sums.input_tokens or 0) + data["input_tokens"]
        sums.output_tokens = (sums.output_tokens or 0) + data["output_tokens"]
        sums.total_tokens = sums.input_tokens + sums.output_tokens

    def _think(self, seq: int, data: Mapping[str, Any]) -> list[core.BaseEvent]:
        """Our reasoning has no beginning and no end; theirs has both."""
        opening: list[core.BaseEvent] = []
        if not self._thought:
            self._thought = f"{self.run_id}:{seq}"
            opening = [
                core.ReasoningStartEvent(message_id=self._thought),
                core.ReasoningMessageStartEvent(message_id=self._thought),
            ]
        delta = data.get("delta", "")
        return [*opening, core.ReasoningMessageContentEvent(message_id=self._thought, delta=delta)]

    def _stop_thinking(self) -> list[core.BaseEvent]:
        known, self._thought = self._thought, ""
        if not known:
            return []
        return [
            core.ReasoningMessageEndEvent(message_id=known),
            core.ReasoningEndEvent(message_id=known),
        ]


def _interrupt(data: Mapping[str, Any]) -> core.Interrupt:
    """A question to a person; the interrupt's id is the approval's."""
    return core.Interrupt(
        id=data["approval_id"],
        reason="tool_approval",
        message=data.get("reason") or None,
        tool_call_id=data["tool_call_id"],
        response_schema=dict(ANSWER),
        expires_at=data.get("expires_at"),
    )


def _milliseconds(at: str) -> int:
    return int(datetime.fromisoformat(at).timestamp() * 1000)
