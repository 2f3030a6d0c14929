"""Refusals stand in the ledger: of known people one by one, of strangers as a count."""

from __future__ import annotations

import pytest

from audit.models import LedgerEntry
from audit.selectors.filters import Filters
from audit.services.reading import read_ledger
from kernel import clock, denials
from kernel.actors import NOBODY
from kernel.context import Origin, entered
from kernel.errors import NotAllowedError, NotFoundError, NotSignedInError
from tests.factories.cast import Cast

pytestmark = pytest.mark.django_db


def test_a_refusal_of_somebody_known_is_an_entry(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        read_ledger(cast.bob, cast.acme, filters=Filters())

    row = LedgerEntry.objects.get(organization_id=cast.acme.pk, name="kernel.action_denied")
    assert (row.actor_id, row.verb, row.outcome) == (cast.bob.pk, "audit.read_ledger", "denied")
    assert (row.target_type, row.target_id) == ("organization", cast.acme.pk)
    assert row.data["reason"] == "not_allowed"
    assert row.policy_version >= 1


def test_a_stranger_from_another_tenant_is_recorded_where_they_knocked(cast: Cast) -> None:
    with pytest.raises(NotFoundError):
        read_ledger(cast.dora, cast.acme, filters=Filters())

    row = LedgerEntry.objects.get(organization_id=cast.acme.pk, name="kernel.action_denied")
    assert (row.actor_id, row.data["reason"]) == (cast.dora.pk, "not_found")


def test_strangers_are_summed_up_per_verb_origin_and_minute(cast: Cast) -> None:
    for address in ("192.0.2.7", "192.0.2.7", "192.0.2.7", "192.0.2.8"):
        with entered(origin=Origin(address=address)), pytest.raises(NotSignedInError):
            read_ledger(NOBODY, cast.acme, filters=Filters())
    rows = LedgerEntry.objects.filter(name="kernel.strangers_denied", verb="").order_by("number")
    before = rows.count()

    with clock.shifted(minutes=1):
        denials.summarize()

    summed = list(rows)[before:]
    assert sorted(row.data["refusals"] for row in summed) == [1, 3]
    assert {row.data["denied_verb"] for row in summed} == {"audit.read_ledger"}
    assert "192.0.2" not in str([vars(row) for row in summed])
