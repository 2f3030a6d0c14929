"""The ledger: one row per fact, in the fact's own transaction."""

from __future__ import annotations

import pytest
from django.db import connection, transaction

from audit.commitments import verify
from audit.models import LedgerEntry, PrivateField
from kernel.actors import SystemActor
from kernel.context import Origin, entered
from kernel.denials import StrangersDenied
from kernel.events import Record, publish


def _publish(**origin: str) -> Record:
    with entered(actor=SystemActor("keeper"), verb="kernel.denials", origin=Origin(**origin)):
        return publish(
            StrangersDenied(
                organization_id=None,
                target_id=None,
                denied_verb="sessions.create",
                origin_digest="0f",
                refusals=3,
            )
        )


@pytest.mark.django_db
def test_a_fact_becomes_one_row_with_its_context() -> None:
    record = _publish(channel="web", address="192.0.2.7", device="Firefox")

    row = LedgerEntry.objects.get(fact_id=record.fact_id)
    assert (row.name, row.outcome) == ("kernel.strangers_denied", "denied")
    assert row.verb == "kernel.denials"
    assert (row.actor_kind, row.actor_id) == ("system", SystemActor("keeper").actor_id)
    assert row.recorded_at == record.recorded_at
    assert row.correlation_id == record.context.correlation_id
    assert row.data == {
        "denied_verb": "sessions.create",
        "origin_digest": "0f",
        "refusals": 3,
        "origin": {"channel": "web"},
    }


@pytest.mark.django_db
def test_address_and_device_stand_only_as_commitments_that_their_salt_opens() -> None:
    record = _publish(address="192.0.2.7", device="Firefox")

    row = LedgerEntry.objects.get(fact_id=record.fact_id)
    salts = dict(PrivateField.objects.filter(fact_id=record.fact_id).values_list("field", "salt"))
    assert set(row.commitments) == set(salts) == {"origin.address", "origin.device"}
    salt = bytes(salts["origin.address"])
    assert verify(row.commitments["origin.address"], salt, "192.0.2.7")
    assert not verify(row.commitments["origin.address"], salt, "192.0.2.8")


@pytest.mark.django_db(transaction=True)
def test_deed_and_record_vanish_together() -> None:
    with transaction.atomic():
        kept = _publish(address="192.0.2.7")
        assert LedgerEntry.objects.filter(fact_id=kept.fact_id).exists()
        transaction.set_rollback(True)

    assert not LedgerEntry.objects.filter(fact_id=kept.fact_id).exists()
    assert not PrivateField.objects.filter(fact_id=kept.fact_id).exists()


@pytest.mark.django_db
def test_a_fact_costs_one_statement(django_assert_num_queries: object) -> None:
    _publish(address="192.0.2.7")

    with django_assert_num_queries(1):  # type: ignore[operator]
        _publish()


@pytest.mark.django_db
def test_the_runtime_role_does_not_choose_id_era_or_transaction() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT array_agg(a) FROM unnest(ARRAY['id','era','xid','data']) AS a"
            " WHERE has_column_privilege('audit_ledger', a, 'INSERT')"
        )
        assert cursor.fetchone() == (["data"],)


@pytest.mark.django_db
def test_a_number_that_could_not_be_sealed_is_refused() -> None:
    fact = StrangersDenied(
        organization_id=None,
        target_id=None,
        denied_verb="sessions.create",
        origin_digest="0f",
        refusals=2**53,
    )

    with pytest.raises(ValueError, match="refusals is a larger number"):
        publish(fact)
