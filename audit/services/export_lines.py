"""The format of an export: JSON Lines, every line RFC 8785 canonical, the last one a signature.

The first line says what was asked for, then come the entries, oldest first, and the last line
signs `quarterdeck ledger export 1\\n` followed by the SHA-256, in hex, of all bytes before it.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

import rfc8785

from audit.models import LedgerEntry
from audit.selectors.private import Disclosed

MEDIA_TYPE = "application/jsonl"
_CONTEXT = b"quarterdeck ledger export 1\n"
_COLUMNS = (
    "era",
    "name",
    "version",
    "region",
    "actor_kind",
    "verb",
    "target_type",
    "outcome",
    "policy_version",
    "data",
    "commitments",
)
_IDS = (
    "fact_id",
    "organization_id",
    "actor_id",
    "on_behalf_of_id",
    "target_id",
    "causation_id",
    "correlation_id",
)


def line(kind: str, content: Mapping[str, Any]) -> bytes:
    """One line with its newline."""
    return rfc8785.dumps({"kind": kind, **content}) + b"\n"


def moment(value: datetime) -> str:
    """UTC with microseconds, always in the same width."""
    return value.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def entry(row: LedgerEntry, private: Mapping[str, Disclosed | None]) -> dict[str, Any]:
    """Every column of a row, and its private fields with the salts that prove them."""
    return {
        **{name: getattr(row, name) for name in _COLUMNS},
        **{name: _id(getattr(row, name)) for name in _IDS},
        "id": row.number,
        "xid": str(row.xid),
        "recorded_at": moment(row.recorded_at),
        "private": {name: _disclosed(found) for name, found in private.items()},
    }


def signed_message(digest: str) -> bytes:
    """What the signature covers, from the hex SHA-256 of everything before the last line."""
    return _CONTEXT + digest.encode()


class Digest:
    """Runs along with the bytes as they leave."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()

    def take(self, part: bytes) -> bytes:
        """Count these bytes in and hand them on."""
        self._hash.update(part)
        return part

    def hex(self) -> str:
        """The digest so far."""
        return self._hash.hexdigest()


def base64_text(value: bytes) -> str:
    """Bytes in a JSON string."""
    return base64.b64encode(value).decode()


def _id(value: object) -> str | None:
    return None if value is None else str(value)


def _disclosed(found: Disclosed | None) -> dict[str, str] | None:
    if found is None:
        return None
    return {"value": found.value, "salt": base64_text(found.salt)}
