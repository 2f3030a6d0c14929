"""Sealing of personal fields: under a data key of the subject, which the master key wraps.

The associated data of each ciphertext names its place, so that one moved elsewhere does not open.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from uuid import UUID

from audit.models.private import key_place
from kernel.crypto import Keyring, keyring


@dataclass(frozen=True)
class DataKey:
    """One data key in clear, and the id under which it is stored wrapped."""

    id: UUID
    ring: Keyring

    def seal(self, fact_id: UUID, field: str, text: str) -> bytes:
        """Encrypt one field of one fact; what UTF-8 cannot say becomes `?`."""
        return self.ring.seal(text.encode("utf-8", "replace"), _field(fact_id, field))

    def open(self, fact_id: UUID, field: str, ciphertext: bytes) -> str:
        """Decrypt it again; raises `UnsealError`."""
        return self.ring.open(bytes(ciphertext), _field(fact_id, field)).decode()


def new_key(key_id: UUID) -> tuple[DataKey, bytes]:
    """A fresh data key, and its wrapped form to store."""
    plain = os.urandom(32)
    return DataKey(key_id, Keyring({1: plain})), keyring().seal(plain, key_place(key_id))


def unwrap(key_id: UUID, wrapped: bytes | memoryview[int]) -> DataKey:
    """Open a stored data key with the master key; raises `UnsealError`."""
    return DataKey(key_id, Keyring({1: keyring().open(bytes(wrapped), key_place(key_id))}))


def _field(fact_id: UUID, field: str) -> str:
    return f"audit_private|{fact_id}|{field}"
