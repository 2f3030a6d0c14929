"""The one way into the ledger: one row per fact, in the transaction that published it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import rfc8785
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
_ROW = """
INSERT INTO audit_ledger (recorded_at, fact_id, name, version, region, organization_id,
  actor_kind, actor_id, on_behalf_of_id, verb, target_type, target_id, outcome, policy_version,
  causation_id, correlation_id, data, commitments)
VALUES (%(recorded_at)s, %(fact_id)s, %(name)s, %(version)s, %(region)s, %(organization_id)s,
  %(actor_kind)s, %(actor_id)s, %(on_behalf_of_id)s, %(verb)s, %(target_type)s, %(target_id)s,
  %(outcome)s, %(policy_version)s, %(causation_id)s, %(correlation_id)s, %(data)s::jsonb,
  %(commitments)s::jsonb)
"""
_HIDDEN = """
WITH hidden AS (
  INSERT INTO audit_private (fact_id, field, key_id, salt, ciphertext)
  SELECT %(fact_id)s::uuid, u.* FROM unnest(%(fields)s::text[], %(keys)s::uuid[],
    %(salts)s::bytea[], %(ciphertexts)s::bytea[]) AS u)
"""


@dataclass(frozen=True)
class _Hidden:
    """The private fields of one fact: what the ledger gets, and what its erasable side gets."""

    commitments: dict[str, str]
    columns: dict[str, list[Any]]


def append(record: Record) -> None:
    """Write one fact: its row and, in the same statement, its private fields."""
    hidden = _hide(record)
    statement = _HIDDEN + _ROW if hidden.commitments else _ROW
    with connection.cursor() as cursor:
        cursor.execute(
            statement,
            {
                **_who(record.context),
                **_what(record),
                "commitments": rfc8785.dumps(hidden.commitments).decode(),
                **hidden.columns,
            },
        )


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
        # Canonical already here: what cannot be sealed later is refused now.
        "data": rfc8785.dumps({**fact.data(), "origin": way_in}).decode(),
    }


def _hide(record: Record) -> _Hidden:
    values = _private_values(record)
    if not values:
        return _Hidden({}, {})
    keys = keys_for(subject for _text, subject in values.values())
    salts = {field: new_salt() for field in values}
    columns: dict[str, list[Any]] = {
        "fields": list(values),
        "keys": [keys[subject].id for _text, subject in values.values()],
        "salts": list(salts.values()),
        "ciphertexts": [
            keys[subject].seal(record.fact_id, field, text)
            for field, (text, subject) in values.items()
        ],
    }
    commitments = {field: commit(salts[field], text) for field, (text, _) in values.items()}
    return _Hidden(commitments, columns)


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
