"""Commitments: HMAC-SHA256 of a field under a random salt of its own.

The ledger keeps the commitment for ever, the erasable side keeps the salt. With the salt anybody
can check a value; without it equal values look unrelated and cannot be guessed.
"""

from __future__ import annotations

import hmac
import json
import secrets

SALT_BYTES = 32
_encode = json.JSONEncoder(ensure_ascii=False).encode


def new_salt() -> bytes:
    """A salt for one field of one fact."""
    return secrets.token_bytes(SALT_BYTES)


def canonical(value: str) -> bytes:
    """The bytes that are committed to: a JSON string as RFC 8785 writes it, which is how Python
    writes one without escapes beyond the necessary; what UTF-8 cannot say becomes `?`."""
    return _encode(value).encode("utf-8", "replace")


def commit(salt: bytes, value: str) -> str:
    """The commitment in hex."""
    return hmac.digest(salt, canonical(value), "sha256").hex()


def verify(commitment: str, salt: bytes, value: str) -> bool:
    """Whether this value was committed to."""
    return hmac.compare_digest(commitment, commit(salt, value))
