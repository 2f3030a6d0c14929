"""Every fact the house declares can be written, shown and delivered."""

from __future__ import annotations

import json
from dataclasses import fields

import pytest

from audit.commitments import verify
from audit.models import LedgerEntry
from audit.selectors import delivery
from audit.selectors.private import private_fields
from kernel.events import Fact, publish, registry
from tests.factories.samples import sample


@pytest.mark.django_db
@pytest.mark.parametrize(
    "name", sorted(n for n, k in registry.items() if not k.__module__.startswith("tests."))
)
def test_it_goes_in_and_comes_back(name: str) -> None:
    fact = sample(registry[name])

    record = publish(fact)

    row = LedgerEntry.objects.get(fact_id=record.fact_id)
    delivered = delivery.fact(record.fact_id)
    assert delivered is not None
    assert delivered.data == json.loads(json.dumps(fact.data()))
    assert (delivered.name, delivered.version) == (name, fact.version)
    assert (delivered.organization_id, delivered.target_id) == (
        fact.organization_id,
        fact.target_id,
    )
    assert (delivered.target_type, delivered.outcome) == (fact.target_type, fact.outcome)
    opened = private_fields([row])[record.fact_id] if fact.private() else {}
    assert {field: one.value for field, one in opened.items() if one} == {
        field: one.value for field, one in fact.private().items()
    }
    for field, one in opened.items():
        assert one is not None
        assert verify(row.commitments[field], one.salt, one.value)


def test_no_fact_claims_the_name_under_which_the_way_in_is_kept() -> None:
    for kind in registry.values():
        assert "origin" not in {field.name for field in fields(kind)}, kind


def test_the_facts_of_this_app_are_among_them() -> None:
    assert {"audit.ledger_read", "audit.delivery_failed", "kernel.action_denied"} <= set(registry)
    assert all(issubclass(kind, Fact) for kind in registry.values())
