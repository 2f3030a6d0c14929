"""Opening the private fields of entries for somebody who may read them; None once erased."""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from uuid import UUID

from audit.envelopes import DataKey, unwrap
from audit.models import LedgerEntry, PrivateField, SubjectKey
from kernel.crypto.keyring import UnsealError

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Disclosed:
    """A private field in clear, and the salt with which its commitment can be checked."""

    value: str
    salt: bytes


def private_fields(
    entries: Iterable[LedgerEntry],
) -> Mapping[UUID, Mapping[str, Disclosed | None]]:
    """Fact id → field → what it says; None when key or salt are gone. Two queries for any number.

    Callers pass only entries that the viewer may see.
    """
    shown = {entry.fact_id: entry for entry in entries if entry.commitments}
    rows = list(PrivateField.objects.filter(fact_id__in=list(shown))) if shown else []
    keys = _keys({row.key_id for row in rows})
    opened: dict[UUID, dict[str, Disclosed | None]] = defaultdict(dict)
    for fact_id, entry in shown.items():
        opened[fact_id] = dict.fromkeys(entry.commitments)
    for row in rows:
        opened[row.fact_id][row.field] = _open(row, keys)
    return opened


def _keys(ids: set[UUID]) -> dict[UUID, DataKey]:
    rows = SubjectKey.objects.filter(pk__in=ids) if ids else []
    return {row.id: unwrap(row.id, row.wrapped) for row in rows}


def _open(row: PrivateField, keys: Mapping[UUID, DataKey]) -> Disclosed | None:
    key = keys.get(row.key_id)
    if key is None:
        return None
    try:
        return Disclosed(key.open(row.fact_id, row.field, bytes(row.ciphertext)), bytes(row.salt))
    except UnsealError:
        log.warning("private field does not open", extra={"fact": str(row.fact_id)})
        return None
