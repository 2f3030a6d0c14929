"""Who wrote which message, as an agent reads it when several people share a session."""

from __future__ import annotations

from sessions_app.runtimes.base import TurnRequest

NOTE = (
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


def transcript(turn: TurnRequest) -> str:
    """What was said before, for an agent that does not remember it itself."""
    if not turn.history:
        return ""
    lines = ["What was said in this session so far:"]
    for message in turn.history:
        name = "Assistant" if message.role == "assistant" else message.author or "User"
        lines.append(signed(message.content, name))
    return "\n\n".join(lines)
