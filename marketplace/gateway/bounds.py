"""How much the gateway holds, and how long."""

from __future__ import annotations

from dataclasses import dataclass

MIB = 1 << 20


@dataclass(frozen=True, kw_only=True)
class Bounds:
    """Limits of one gateway process.

    `start_seconds` covers spawn, handshake and first listing: cold Python servers need seconds.
    `line_bytes` bounds one message from a server, `result_bytes` one result after redaction,
    `noise_bytes` what a server may print on stdout that is no message.
    `relist_seconds`: a remote server may change its tools without our noticing otherwise.
    """

    start_seconds: float = 60.0
    stop_seconds: float = 2.0
    idle_seconds: float = 300.0
    session_idle_seconds: float = 3600.0
    relist_seconds: float = 60.0
    connections: int = 64
    calls: int = 64
    waiting: int = 256
    line_bytes: int = 16 * MIB
    result_bytes: int = 8 * MIB
    noise_bytes: int = 64 * MIB
    failures: int = 3
    cooldown_seconds: float = 60.0
    progress_seconds: float = 0.1
