"""A session's conversation as agents are told it: who wrote what, and what they missed."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sessions_app.runtimes.base import Attached, DoneCall, HistoryMessage, TurnRequest

AUTHORS_NOTE = (
    "Several people write in this session. Each of their messages starts with the name of its"
    " author in square brackets."
)

DONE_NOTE = (
    "An earlier run of this prompt broke off. It had already made the following calls; go on from"
    " there, and do not repeat what is done."
)
DONE_CHARACTERS = 1000


def several(turn: TurnRequest) -> bool:
    """Whether more than one person writes in the session."""
    authors = {message.author for message in turn.history if message.role == "user"}
    return len((authors | {turn.author}) - {""}) > 1


def signed(text: str, author: str) -> str:
    """The message with its author's name before it, where that is known."""
    return f"[{author}] {text}" if author else text


def prompt_text(turn: TurnRequest) -> str:
    """The prompt, signed when several people write; after it what an earlier run of it did."""
    text = signed(turn.prompt, turn.author) if several(turn) else turn.prompt
    if turn.attachments:
        text = f"{text}\n\n{attached_text(turn.attachments)}"
    return "\n\n".join([text, DONE_NOTE, *map(_done, turn.done)]) if turn.done else text


def attached_text(files: Sequence[Attached]) -> str:
    """Which files came with the prompt and where they lie."""
    lines = [f"- {file.path} ({file.media_type}, {file.size} bytes)" for file in files]
    return "\n".join(["Attached files, in the working directory:", *lines])


def _done(call: DoneCall) -> str:
    asked = f"{call.tool} {json.dumps(call.arguments, ensure_ascii=False, default=str)}"
    if call.cut_off:
        return f"{asked}\nIt was cut off; how far it came is not known."
    return f"{asked}\n{call.content[:DONE_CHARACTERS] or '(no output)'}"


def instructions(turn: TurnRequest) -> str:
    """The session's system prompt, and how to read authors where there are several."""
    notes = [turn.options.system_prompt, AUTHORS_NOTE if several(turn) else ""]
    return "\n\n".join(note for note in notes if note)


def missed(history: Sequence[HistoryMessage], last_prompt: str) -> Sequence[HistoryMessage]:
    """The turns after the last one with this prompt: cancelled, or driven by another runtime."""
    places = [index for index, message in enumerate(history) if message.role == "user"]
    seen = [place for place in places if history[place].content == last_prompt]
    later = [place for place in places if seen and place > seen[-1]]
    return history[later[0] :] if later else ()


def transcript(messages: Sequence[HistoryMessage]) -> str:
    """What was said, for an agent that does not remember it itself; empty when nothing was."""
    if not messages:
        return ""
    lines = ["What was said in this session before:"]
    for message in messages:
        name = "Assistant" if message.role == "assistant" else message.author or "User"
        lines.append(signed(message.content, name))
    return "\n\n".join(lines)
