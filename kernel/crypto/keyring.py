"""The master keys and what is sealed with them.

Format of a sealed value: one byte 1, two bytes key version (big endian), 12 bytes nonce, then
AES-256-GCM ciphertext with tag. The associated data names the place (`table|row|field`), so a
ciphertext moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import os
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.conf import settings

from kernel.errors import DomainError

_FORMAT = 1
_KEY_BYTES = 32


class MasterKeyMissingError(DomainError):
    """The master key is missing; secrets cannot be opened."""

    status = 500


class UnsealError(DomainError):
    """This sealed value does not open: wrong key, wrong place, or it was changed."""

    status = 500


@dataclass(frozen=True)
class Keyring:
    """All known master keys by version; the highest one seals."""

    keys: dict[int, bytes]

    @property
    def newest(self) -> int:
        """The version that seals now."""
        return max(self.keys)

    def seal(self, plain: bytes, place: str) -> bytes:
        """Encrypt a value for one place."""
        nonce = os.urandom(12)
        head = bytes([_FORMAT]) + self.newest.to_bytes(2, "big")
        body = AESGCM(self.keys[self.newest]).encrypt(nonce, plain, place.encode())
        return head + nonce + body

    def open(self, sealed: bytes, place: str) -> bytes:
        """Decrypt a value of one place; raises `UnsealError`."""
        version = int.from_bytes(sealed[1:3], "big")
        if sealed[:1] != bytes([_FORMAT]) or version not in self.keys:
            raise UnsealError
        try:
            return AESGCM(self.keys[version]).decrypt(sealed[3:15], sealed[15:], place.encode())
        except InvalidTag as wrong:
            raise UnsealError from wrong


def parse(text: str) -> Keyring:
    """Read `base64` or lines of `version:base64`, each key 32 bytes."""
    keys: dict[int, bytes] = {}
    for line in text.split():
        version, _, encoded = line.rpartition(":")
        key = base64.b64decode(encoded)
        if len(key) != _KEY_BYTES:
            message = "a master key must be 32 bytes in base64"
            raise MasterKeyMissingError(message)
        keys[int(version or 1)] = key
    if not keys:
        raise MasterKeyMissingError
    return Keyring(keys)


@cache
def keyring() -> Keyring:
    """The installation's keys: from QUARTERDECK_MASTER_KEY, else from the data directory."""
    if settings.MASTER_KEY:
        return parse(settings.MASTER_KEY)
    path = Path(settings.DATA_DIR) / "keys" / "master"
    if not path.exists():
        raise MasterKeyMissingError
    return parse(path.read_text())


def seal(plain: str, place: str) -> bytes:
    """Encrypt text for one place (`table|row|field`)."""
    return keyring().seal(plain.encode(), place)


def open_sealed(sealed: bytes, place: str) -> str:
    """Decrypt text of one place."""
    return keyring().open(bytes(sealed), place).decode()
