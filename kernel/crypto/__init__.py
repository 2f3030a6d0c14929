"""Encryption at rest with versioned keys: AES-256-GCM, the key's version in every ciphertext."""

from kernel.crypto.keyring import Keyring, MasterKeyMissingError, keyring, open_sealed, seal
from kernel.crypto.rotation import sealed_field

__all__ = [
    "Keyring",
    "MasterKeyMissingError",
    "keyring",
    "open_sealed",
    "seal",
    "sealed_field",
]
