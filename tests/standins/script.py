"""What a stand-in model answers: a list of replies, one for each round of a turn."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Say:
    """Text, streamed in pieces of `chunk` characters."""

    text: str
    chunk: int = 8


@dataclass(frozen=True)
class Think:
    """Visible reasoning."""

    text: str


@dataclass(frozen=True)
class Call:
    """A tool call; `tool` is the name before a protocol changed it."""

    tool: str
    arguments: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Stall:
    """Streams nothing until `release` is set (or for ever)."""

    release: asyncio.Event = field(default_factory=asyncio.Event)


@dataclass(frozen=True)
class Fail:
    """An HTTP error in place of an answer: always, or the first `times` that one is asked for."""

    status: int
    kind: str = "api_error"
    message: str = "scripted failure"
    times: int = 0
    retry_after: str = "0"


@dataclass(frozen=True)
class Garbage:
    """Something on the stream that no protocol knows, and the end of the connection."""

    text: str = "<html>Bad gateway</html>"


@dataclass(frozen=True)
class Drop:
    """The connection ends here."""


Part = Say | Think | Call | Stall | Fail | Garbage | Drop
Script = Callable[[int, str], Sequence[Part]]

INPUT_TOKENS = 100
OUTPUT_TOKENS = 20


def rounds(*replies: Sequence[Part]) -> Script:
    """Reply n answers the n-th request of a turn; the last one answers all that follow."""
    return lambda number, _prompt: replies[min(number, len(replies) - 1)]


def breaks(parts: Sequence[Part]) -> bool:
    """Whether this answer cannot be given whole."""
    return any(isinstance(part, Garbage | Drop) for part in parts)


def failure_now(parts: Sequence[Part], failed: Counter[Part]) -> Fail | None:
    """The error this request gets; `failed` counts those given before."""
    for part in parts:
        if isinstance(part, Fail) and not 0 < part.times <= failed[part]:
            failed[part] += 1
            return part
    return None


def echo(_number: int, prompt: str) -> Sequence[Part]:
    """Say the prompt back."""
    return [Say(f"You said: {prompt}")]


def wire_name(tool: str, offered: Sequence[str]) -> str:
    """The offered name that stands for the tool, whatever prefix a protocol put before it."""
    plain = tool.replace(".", "__")
    for name in offered:
        if name == plain or name.endswith(f"__{plain}"):
            return name
    return plain


def pieces(text: str, chunk: int) -> list[str]:
    return [text[at : at + chunk] for at in range(0, len(text), chunk)]


def from_document(replies: Sequence[Sequence[dict[str, Any]]]) -> Script:
    """A script from JSON: `[[{"call": "shell", "arguments": {}}], [{"say": "done"}]]`."""
    return rounds(*[[_part(part) for part in reply] for reply in replies])


def _part(part: dict[str, Any]) -> Part:
    if "say" in part:
        return Say(part["say"])
    if "think" in part:
        return Think(part["think"])
    if "call" in part:
        return Call(part["call"], part.get("arguments", {}))
    if "fail" in part:
        return Fail(part["fail"])
    return Stall()
