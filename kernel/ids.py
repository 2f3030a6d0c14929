"""Identifiers: UUIDv7 made in Python, so that PostgreSQL 15 will do and ids sort by time."""

from __future__ import annotations

import secrets
import time
from uuid import UUID, uuid5

NAMESPACE = UUID("6f0d2f5c-6f5b-5c0e-9d51-7a0f3c3c2f11")


def uuid7() -> UUID:
    """A UUID version 7 (RFC 9562 section 5.7): 48 bits of milliseconds, then random bits."""
    milliseconds = time.time_ns() // 1_000_000
    value = (milliseconds & ((1 << 48) - 1)) << 80
    value |= 0x7 << 76
    value |= secrets.randbits(12) << 64
    value |= 0b10 << 62
    value |= secrets.randbits(62)
    return UUID(int=value)


def named(kind: str, name: str) -> UUID:
    """The stable id of something known by name only, such as a system actor."""
    return uuid5(NAMESPACE, f"{kind}:{name}")
