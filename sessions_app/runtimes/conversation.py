"""A session's conversation as agents are told it: who wrote what, and what they missed."""

from __future__ import annotations

from collections.abc import Sequence

from sessions_app.runtimes.base import HistoryMessage, TurnRequest

AUTHORS_NOTE = (
    "Several people write in this session. Each of their messages starts with the name of its"
    " author in square brackets."
)


def several(turn: TurnRequest) -> bool:
    """Whether more than one person writes in the session."""
    authors = {message.author for message in turn.history if message.role == "user"}
    return len((authors | {turn.author}) - {""}) > 1


def signed(text: str, author: str) -> str:
    """The message with its author's name before it, where that is known."""
    return f"[{author}] {text}" if author else text


def prompt_text(turn: TurnRequest) -> str:
    """The prompt, signed when several people write."""
    return signed(turn.prompt, turn.author) if several(turn) else turn.prompt


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
