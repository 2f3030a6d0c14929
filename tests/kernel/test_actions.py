"""The verb: transaction, lock, policy, run, fact."""

from __future__ import annotations

import pytest
from django.db import transaction

from kernel import clock
from kernel.jobs import claim_next, enqueue
from kernel.models import Job
from tests.factories.cast import Cast


def test_the_cast_belongs_where_the_contract_says(cast: Cast) -> None:
    assert cast.alice.memberships.get().role == "owner"
    assert cast.olga.is_staff
    assert set(cast.people()) == {"alice", "bob", "charlie", "dora", "olga", "anna"}


@pytest.mark.django_db(transaction=True)
def test_a_job_is_claimed_once_until_its_lease_expires() -> None:
    with transaction.atomic():
        assert enqueue("test.nothing", {}, queue="runner", key="k1")
    with transaction.atomic():
        assert not enqueue("test.nothing", {}, queue="runner", key="k1")

    first = claim_next("runner", "a", seconds=10)
    second = claim_next("runner", "b", seconds=10)

    assert first is not None
    assert second is None
    with clock.shifted(seconds=11):
        third = claim_next("runner", "b", seconds=10)
        assert third is not None
        assert third.run.epoch == first.run.epoch + 1
        third.finish()
    assert Job.objects.get(key="k1").finished_at is not None
