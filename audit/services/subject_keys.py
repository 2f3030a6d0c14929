"""Data keys per subject: personal fields are encrypted under them, and destroying them erases.

A subject without a key gets one in the caller's own transaction. Keys are remembered in this
process only once committed, and only for some minutes, so that a destroyed one goes out of use.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Iterable
from uuid import UUID

from audit.envelopes import DataKey, new_key, unwrap
from audit.models import SubjectKey
from kernel.commit import after_commit
from kernel.ids import uuid7

_REMEMBERED_SECONDS = 300.0
_REMEMBERED_KEYS = 4096
_known: OrderedDict[UUID, tuple[float, DataKey]] = OrderedDict()


def keys_for(subjects: Iterable[UUID]) -> dict[UUID, DataKey]:
    """The key under which each subject's fields are encrypted now."""
    wanted = set(subjects)
    found = {subject: known for subject in wanted if (known := _remembered(subject))}
    missing = wanted - found.keys()
    if missing:
        found |= _stored(missing)
        found |= _made(missing - found.keys())
    return found


def forget(subject: UUID) -> None:
    """Do not use this process's memory of a subject's key any more."""
    _known.pop(subject, None)


def _remembered(subject: UUID) -> DataKey | None:
    until, key = _known.get(subject, (0.0, None))
    return key if until > time.monotonic() else None


def _remember(subject: UUID, key: DataKey) -> None:
    _known[subject] = (time.monotonic() + _REMEMBERED_SECONDS, key)
    _known.move_to_end(subject)
    while len(_known) > _REMEMBERED_KEYS:
        _known.popitem(last=False)


def _remember_once_committed(keys: dict[UUID, DataKey]) -> dict[UUID, DataKey]:
    for subject, key in keys.items():
        after_commit(_remember, subject, key)
    return keys


def _stored(subjects: set[UUID]) -> dict[UUID, DataKey]:
    rows = SubjectKey.objects.filter(subject_id__in=subjects).order_by("created_at", "id")
    newest = {row.subject_id: row for row in rows}
    return _remember_once_committed(
        {subject: unwrap(row.id, row.wrapped) for subject, row in newest.items()}
    )


def _made(subjects: set[UUID]) -> dict[UUID, DataKey]:
    made: dict[UUID, DataKey] = {}
    rows: list[SubjectKey] = []
    for subject in subjects:
        made[subject], wrapped = new_key(uuid7())
        rows.append(SubjectKey(id=made[subject].id, subject_id=subject, wrapped=wrapped))
    if rows:
        SubjectKey.objects.bulk_create(rows)
    return _remember_once_committed(made)
