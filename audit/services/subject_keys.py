"""Data keys per subject: personal fields are encrypted under them, and destroying them erases.

A subject without a key gets one in the caller's own transaction. Keys are remembered in this
process only once committed, and only for some minutes, so that a destroyed one goes out of use.
"""

from __future__ import annotations

import os
import time
from collections import OrderedDict
from collections.abc import Iterable
from functools import partial
from uuid import UUID

from django.db import transaction

from audit.models import SubjectKey
from kernel.crypto import Keyring, keyring
from kernel.ids import uuid7

_REMEMBERED_SECONDS = 300.0
_REMEMBERED_KEYS = 4096
_known: OrderedDict[UUID, tuple[float, UUID, Keyring]] = OrderedDict()


def keys_for(subjects: Iterable[UUID]) -> dict[UUID, tuple[UUID, Keyring]]:
    """The id and key under which each subject's fields are encrypted now."""
    wanted = set(subjects)
    found = {subject: known for subject in wanted if (known := _remembered(subject))}
    missing = wanted - found.keys()
    if missing:
        found |= _stored(missing)
        found |= _made(missing - found.keys())
    return found


def unwrap(key_id: UUID, wrapped: bytes | memoryview[int]) -> Keyring:
    """Open a stored data key with the master key."""
    return Keyring({1: keyring().open(bytes(wrapped), _place(key_id))})


def forget(subject: UUID) -> None:
    """Do not use this process's memory of a subject's key any more."""
    _known.pop(subject, None)


def _place(key_id: UUID) -> str:
    return f"audit_subject_key|{key_id}|wrapped"


def _remembered(subject: UUID) -> tuple[UUID, Keyring] | None:
    entry = _known.get(subject)
    if entry is None or entry[0] < time.monotonic():
        return None
    return entry[1], entry[2]


def _remember(subject: UUID, key_id: UUID, key: Keyring) -> None:
    _known[subject] = (time.monotonic() + _REMEMBERED_SECONDS, key_id, key)
    _known.move_to_end(subject)
    while len(_known) > _REMEMBERED_KEYS:
        _known.popitem(last=False)


def _stored(subjects: set[UUID]) -> dict[UUID, tuple[UUID, Keyring]]:
    rows = SubjectKey.objects.filter(subject_id__in=subjects).order_by("created_at", "id")
    found = {row.subject_id: (row.id, unwrap(row.id, row.wrapped)) for row in rows}
    for subject, (key_id, key) in found.items():
        transaction.on_commit(partial(_remember, subject, key_id, key))
    return found


def _made(subjects: set[UUID]) -> dict[UUID, tuple[UUID, Keyring]]:
    made: dict[UUID, tuple[UUID, Keyring]] = {}
    rows: list[SubjectKey] = []
    for subject in subjects:
        key_id, plain = uuid7(), os.urandom(32)
        rows.append(
            SubjectKey(id=key_id, subject_id=subject, wrapped=keyring().seal(plain, _place(key_id)))
        )
        made[subject] = key_id, Keyring({1: plain})
        transaction.on_commit(partial(_remember, subject, key_id, made[subject][1]))
    if rows:
        SubjectKey.objects.bulk_create(rows)
    return made
