"""What a session's network opening was used for."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Refusal:
    """A destination that was asked for and refused, with the sentence the client was given."""

    host: str
    port: int
    reason: str


@dataclass(frozen=True, kw_only=True)
class Traffic:
    """Payload bytes through the proxy, and what it refused (the first hundred)."""

    sent_bytes: int = 0
    received_bytes: int = 0
    refused: tuple[Refusal, ...] = ()
