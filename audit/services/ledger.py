"""The one way into the ledger: one row per fact, in the transaction that published it."""

from __future__ import annotations

import json
from base64 import b64encode
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import connection

from audit.commitments import commit, new_salt
from audit.services.subject_keys import keys_for
from kernel.context import Context
from kernel.events import Private, Record
from kernel.ids import named
from kernel.policies import VERSION

# Whose key encrypts what belongs to no person and no tenant.
INSTALLATION = named("subject", "installation")
ADDRESS, DEVICE = "origin.address", "origin.device"
# JSON numbers are doubles (RFC 7493): what lies beyond could not be sealed later.
_LARGEST = 2**53 - 1
_encode = json.JSONEncoder(default=str).encode


def append(record: Record) -> None:
    """Write one fact: its row and, in the same statement, its private fields."""
    row = {**_who(record.context), **_what(record), **_hidden(record)}
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_append(%s::jsonb)", [_encode(row)])


def _who(context: Context) -> dict[str, Any]:
    actor = context.actor
    return {
        "actor_kind": actor.actor_kind,
        "actor_id": actor.actor_id,
        "on_behalf_of_id": actor.on_behalf_of_id,
        "verb": context.verb,
        "causation_id": context.causation_id,
        "correlation_id": context.correlation_id,
    }


def _what(record: Record) -> dict[str, Any]:
    fact, origin = record.fact, record.context.origin
    way_in = {"channel": origin.channel}
    if origin.token_id:
        way_in["token_id"] = str(origin.token_id)
    return {
        "recorded_at": record.recorded_at,
        "fact_id": record.fact_id,
        "name": fact.name,
        "version": fact.version,
        "region": settings.REGION,
        "organization_id": fact.organization_id,
        "target_type": fact.target_type,
        "target_id": fact.target_id,
        "outcome": fact.outcome,
        "policy_version": VERSION,
        "data": {**_sealable(fact.data()), "origin": way_in},
    }


def _sealable(data: dict[str, Any]) -> dict[str, Any]:
    for name, value in data.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, int) and abs(one) > _LARGEST:
                message = f"{name} is a larger number than a ledger can hold"
                raise ValueError(message)
    return data


def _hidden(record: Record) -> dict[str, Any]:
    """Commitments for the ledger; salts and ciphertexts for its erasable side."""
    values = _private_values(record)
    if not values:
        return {"commitments": {}}
    keys = keys_for(subject for _text, subject in values.values())
    commitments: dict[str, str] = {}
    private: list[dict[str, str]] = []
    for field, (text, subject) in values.items():
        salt, key = new_salt(), keys[subject]
        commitments[field] = commit(salt, text)
        private.append(
            {
                "field": field,
                "key_id": str(key.id),
                "salt": b64encode(salt).decode(),
                "ciphertext": b64encode(key.seal(record.fact_id, field, text)).decode(),
            }
        )
    return {"commitments": commitments, "private": private}


def _private_values(record: Record) -> dict[str, tuple[str, UUID]]:
    """Field → text and the subject whose key encrypts it."""
    context = record.context
    person = context.actor.on_behalf_of_id
    if context.actor.actor_kind in {"user", "service"}:
        person = context.actor.actor_id
    fallback = person or record.fact.organization_id or INSTALLATION
    fields: dict[str, Private] = dict(record.fact.private())
    for name, text in ((ADDRESS, context.origin.address), (DEVICE, context.origin.device)):
        if text:
            fields[name] = Private(text)
    return {name: (p.value, p.subject_id or fallback) for name, p in fields.items()}
