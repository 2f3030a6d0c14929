"""The conversation as the model remembers it: exported, restored, and told who spoke.

The exported state holds the provider's own messages (tool calls and reasoning included). Turns of
the session that are not in it, because they were cancelled or another runtime drove them, are
added from the session's messages as plain text.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field, replace

from pydantic_ai.messages import (
    ModelMessage,
    ModelMessagesTypeAdapter,
    ModelRequest,
    ModelResponse,
    TextPart,
    ToolCallPart,
    UserContent,
    UserPromptPart,
)

from sessions_app.runtimes.base import HistoryMessage, TurnRequest
from sessions_app.runtimes.conversation import missed, several, signed

FORMAT = "model/1"


class StateError(Exception):
    """The state of the waiting turn cannot be read by this version of the runtime."""


@dataclass
class Memory:
    """What a turn starts from.

    `sole_author` is the one person who wrote so far, while names are not shown; `deferred` are the
    provider's ids of calls left waiting, `requests` the rounds the run has used, `call_counts`
    those of `CallIds`.
    """

    messages: list[ModelMessage] = field(default_factory=list)
    last_prompt: str = ""
    sole_author: str = ""
    deferred: list[str] = field(default_factory=list)
    requests: int = 0
    call_counts: dict[str, int] = field(default_factory=dict)

    def export(self) -> bytes:
        """The state as bytes."""
        document = {**asdict(replace(self, messages=[])), "format": FORMAT}
        document["messages"] = json.loads(ModelMessagesTypeAdapter.dump_json(self.messages))
        return json.dumps(document, ensure_ascii=False).encode()


def recall(turn: TurnRequest) -> Memory:
    """What the turn starts from: its state, or the session's messages, or nothing."""
    memory = _restored(turn.state or b"")
    if turn.resuming:
        if not memory.deferred:
            raise StateError
        return memory
    shown = several(turn)
    if memory.messages:
        if shown and memory.sole_author:
            memory.messages = [_named(message, memory.sole_author) for message in memory.messages]
        unseen = missed(turn.history, memory.last_prompt)
    else:
        unseen = turn.history
    memory.messages += [_plain(message, shown=shown) for message in unseen]
    memory.sole_author = "" if shown else turn.author
    memory.last_prompt = turn.prompt
    memory.deferred, memory.requests, memory.call_counts = [], 0, {}
    return memory


def complete(messages: Sequence[ModelMessage]) -> list[ModelMessage]:
    """The messages without a last answer whose tool calls have no results."""
    done = list(messages)
    while done and isinstance(done[-1], ModelResponse) and _has_calls(done[-1]):
        done.pop()
    return done


def _restored(state: bytes) -> Memory:
    """The memory a state was exported from; an empty one when we cannot read it."""
    try:
        document = json.loads(state)
        if document.pop("format") != FORMAT:
            return Memory()
        messages = ModelMessagesTypeAdapter.validate_python(document.pop("messages"))
        return Memory(messages=messages, **document)
    except (ValueError, KeyError, TypeError, AttributeError):
        return Memory()


def _plain(message: HistoryMessage, *, shown: bool) -> ModelMessage:
    if message.role == "assistant":
        return ModelResponse(parts=[TextPart(content=message.content)])
    text = signed(message.content, message.author) if shown else message.content
    return ModelRequest(parts=[UserPromptPart(content=text)])


def _named(message: ModelMessage, author: str) -> ModelMessage:
    if not isinstance(message, ModelRequest):
        return message
    parts = [
        replace(part, content=_signed(part.content, author))
        if isinstance(part, UserPromptPart)
        else part
        for part in message.parts
    ]
    return replace(message, parts=parts)


def _signed(content: str | Sequence[UserContent], author: str) -> str | list[UserContent]:
    """A prompt is text, or text and the pictures that came with it."""
    if isinstance(content, str):
        return signed(content, author)
    return [signed(part, author) if isinstance(part, str) else part for part in content]


def _has_calls(message: ModelResponse) -> bool:
    return any(isinstance(part, ToolCallPart) for part in message.parts)
