"""The master keys and what is sealed with them.

Format of a sealed value: one byte 1, two bytes key version (big endian), 12 bytes nonce, then
AES-256-GCM ciphertext with tag. The associated data names the place (`table|row|field`), so a
ciphertext moved elsewhere does not open. An envelope is one byte 2, a data key of its own sealed
so (63 bytes), 12 bytes nonce, then the ciphertext under that key: another master key wraps the data
key anew and touches nothing else.
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
_ENVELOPE = 2
_KEY_BYTES = 32
_NONCE_BYTES = 12
_WRAPPED_BYTES = 3 + _NONCE_BYTES + _KEY_BYTES + 16


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
    """Encrypt text for one place (`table|row|field`) in an envelope of its own."""
    key, nonce = os.urandom(_KEY_BYTES), os.urandom(_NONCE_BYTES)
    body = AESGCM(key).encrypt(nonce, plain.encode(), place.encode())
    return bytes([_ENVELOPE]) + keyring().seal(key, place) + nonce + body


def open_sealed(sealed: bytes, place: str) -> str:
    """Decrypt text of one place, from an envelope or sealed as it is."""
    if sealed[:1] != bytes([_ENVELOPE]):
        return keyring().open(bytes(sealed), place).decode()
    wrapped, rest = _parts(sealed)
    key = keyring().open(wrapped, place)
    try:
        nonce, body = rest[:_NONCE_BYTES], rest[_NONCE_BYTES:]
        return AESGCM(key).decrypt(nonce, body, place.encode()).decode()
    except InvalidTag as wrong:
        raise UnsealError from wrong


def version_of(sealed: bytes) -> int:
    """The version of the master key without which this does not open."""
    start = 2 if sealed[:1] == bytes([_ENVELOPE]) else 1
    return int.from_bytes(sealed[start : start + 2], "big")


def resealed(sealed: bytes, place: str) -> bytes:
    """The same value under the newest master key; of an envelope only its data key is touched."""
    if sealed[:1] != bytes([_ENVELOPE]):
        return keyring().seal(keyring().open(sealed, place), place)
    wrapped, rest = _parts(sealed)
    return bytes([_ENVELOPE]) + keyring().seal(keyring().open(wrapped, place), place) + rest


def _parts(sealed: bytes) -> tuple[bytes, bytes]:
    return bytes(sealed[1 : 1 + _WRAPPED_BYTES]), bytes(sealed[1 + _WRAPPED_BYTES :])
