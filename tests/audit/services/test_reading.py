"""Looking at the ledger is recorded."""

from __future__ import annotations

import pytest

from audit.models import LedgerEntry
from audit.selectors.filters import Filters
from audit.selectors.private import private_fields
from audit.services.reading import read_entry, read_ledger
from kernel import clock
from kernel.errors import NotAllowedError, NotFoundError
from tests.factories.cast import Cast

pytestmark = pytest.mark.django_db


def _looks(cast: Cast) -> list[LedgerEntry]:
    rows = LedgerEntry.objects.filter(organization_id=cast.acme.pk, name="audit.ledger_read")
    return list(rows.order_by("number"))


@pytest.mark.parametrize("who", ["alice", "anna"])
def test_owner_and_auditor_may_look_and_leave_a_record(cast: Cast, who: str) -> None:
    read_ledger(cast.people()[who], cast.acme, filters=Filters(outcome="denied"))

    (look,) = _looks(cast)
    assert (look.actor_id, look.verb) == (cast.people()[who].pk, "audit.read_ledger")
    assert look.data["filters"] == ["outcome:denied"]


@pytest.mark.parametrize("who", ["bob", "charlie", "dora", "olga"])
def test_nobody_else_may_look(cast: Cast, who: str) -> None:
    with pytest.raises((NotAllowedError, NotFoundError)):
        read_ledger(cast.people()[who], cast.acme, filters=Filters())

    assert _looks(cast) == []


def test_turning_pages_is_one_look_and_another_filter_another(cast: Cast) -> None:
    for filters in (Filters(), Filters(), Filters(verb="sessions.create"), Filters()):
        read_ledger(cast.anna, cast.acme, filters=filters)
    with clock.shifted(minutes=2):
        read_ledger(cast.anna, cast.acme, filters=Filters())

    assert [look.data["filters"] for look in _looks(cast)] == [[], ["verb:sessions.create"], []]


def test_two_people_looking_are_two_looks(cast: Cast) -> None:
    read_ledger(cast.anna, cast.acme, filters=Filters())
    read_ledger(cast.alice, cast.acme, filters=Filters())

    assert [look.actor_id for look in _looks(cast)] == [cast.anna.pk, cast.alice.pk]


def test_typed_text_is_kept_private(cast: Cast) -> None:
    read_ledger(cast.anna, cast.acme, filters=Filters(q="Alice Liddell"))

    (look,) = _looks(cast)
    assert "Liddell" not in str(look.data)
    opened = private_fields([look])[look.fact_id]["query"]
    assert opened is not None
    assert opened.value == "Alice Liddell"


def test_opening_an_entry_is_recorded_with_the_entry_as_target(cast: Cast) -> None:
    read_ledger(cast.anna, cast.acme, filters=Filters())
    (look,) = _looks(cast)

    read_entry(cast.alice, look)

    opened = LedgerEntry.objects.get(name="audit.entry_read", organization_id=cast.acme.pk)
    assert (opened.target_id, opened.actor_id) == (look.fact_id, cast.alice.pk)


@pytest.mark.parametrize("who", ["bob", "charlie", "dora", "olga"])
def test_an_entry_is_hidden_from_everybody_else(cast: Cast, who: str) -> None:
    read_ledger(cast.anna, cast.acme, filters=Filters())

    with pytest.raises(NotFoundError):
        read_entry(cast.people()[who], _looks(cast)[0])
