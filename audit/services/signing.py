"""Ed25519 signatures of what leaves the house; the private half is sealed by the master key."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from audit.models import SigningKey
from audit.models.signing import signing_place
from kernel.crypto import keyring
from kernel.ids import uuid7


def signing_key(purpose: str) -> SigningKey:
    """The key of a purpose, made on first use inside the caller's transaction."""
    found = SigningKey.objects.filter(purpose=purpose).first()
    if found is None:
        SigningKey.objects.bulk_create([_made(purpose)], ignore_conflicts=True)
        found = SigningKey.objects.get(purpose=purpose)
    return found


def sign(key: SigningKey, message: bytes) -> bytes:
    """Sign with the private half."""
    plain = keyring().open(bytes(key.sealed), signing_place(key.id))
    return Ed25519PrivateKey.from_private_bytes(plain).sign(message)


def _made(purpose: str) -> SigningKey:
    pair = Ed25519PrivateKey.generate()
    key = SigningKey(id=uuid7(), purpose=purpose, public_key=pair.public_key().public_bytes_raw())
    key.sealed = keyring().seal(pair.private_bytes_raw(), signing_place(key.id))
    return key
