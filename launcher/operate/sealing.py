"""Do these master keys open what this installation sealed? The format is that of `kernel.crypto`.

One byte 1, two bytes key version (big endian), 12 bytes nonce, AES-256-GCM; the associated data
names the place. An envelope is one byte 2 and a data key sealed so; the rest needs no master key.
Spelled out here because the launcher runs where no Django does.
"""

from __future__ import annotations

import base64
import binascii
import os
from dataclasses import dataclass

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from launcher.failure import LauncherError

FORMAT = b"\x01"
ENVELOPE = b"\x02"
KEY_BYTES = 32
NONCE_BYTES = 12
WRAPPED_BYTES = 3 + NONCE_BYTES + KEY_BYTES + 16


@dataclass(frozen=True)
class Probe:
    """A sealed value and its place: whoever opens it holds the keys."""

    place: str
    sealed: bytes


def parse_keys(text: str) -> dict[int, bytes]:
    """Reads `base64` or lines of `version:base64`, as in `D/keys/master`."""
    keys: dict[int, bytes] = {}
    for line in text.split():
        version, _, encoded = line.rpartition(":")
        try:
            key = base64.b64decode(encoded, validate=True)
            number = int(version or 1)
        except (binascii.Error, ValueError):
            key, number = b"", 0
        if len(key) != KEY_BYTES or not 0 < number < 1 << 16:
            raise LauncherError("A master key must be 32 bytes in base64, one key a line.")
        keys[number] = key
    if not keys:
        raise LauncherError("There is no master key in what was given as keys.")
    return keys


def opens(keys: dict[int, bytes], probe: Probe) -> bool:
    """Says whether the keys open a sealed value."""
    sealed = probe.sealed
    if sealed[:1] == ENVELOPE:
        sealed = sealed[1 : 1 + WRAPPED_BYTES]
    version = int.from_bytes(sealed[1:3], "big")
    if sealed[:1] != FORMAT or version not in keys:
        return False
    nonce, body = sealed[3 : 3 + NONCE_BYTES], sealed[3 + NONCE_BYTES :]
    try:
        AESGCM(keys[version]).decrypt(nonce, body, probe.place.encode())
    except InvalidTag:
        return False
    return True


def make_probe(keys: dict[int, bytes], place: str) -> Probe:
    """Seals a value nobody needs, under the newest key."""
    version, nonce = max(keys), os.urandom(NONCE_BYTES)
    body = AESGCM(keys[version]).encrypt(nonce, os.urandom(KEY_BYTES), place.encode())
    return Probe(place, FORMAT + version.to_bytes(2, "big") + nonce + body)
