"""Filters: read from an address, narrow the ledger, remembered by the record of the look."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from audit.events import EntryRead
from audit.selectors.entries import entries_visible_to, ledger_of
from audit.selectors.filters import Filters, parse
from identity.models import Membership
from kernel import clock
from kernel.context import entered
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from kernel.events import Record, publish
from kernel.ids import uuid7
from tests.factories.cast import Cast


def _deed(cast: Cast, **given: Any) -> Record:
    actor, verb = given.pop("actor", cast.bob), given.pop("verb", "sessions.create")
    with entered(actor=actor, verb=verb):
        return publish(EntryRead(**{"organization_id": cast.acme.pk, "target_id": None, **given}))


def _found(cast: Cast, **filters: Any) -> set[Any]:
    rows = entries_visible_to(cast.anna, cast.acme, Filters(**filters))
    return set(rows.values_list("fact_id", flat=True))


@pytest.mark.django_db
def test_each_filter_narrows(cast: Cast) -> None:
    target = uuid7()
    plain = _deed(cast)
    aimed = _deed(cast, target_id=target, target_type="agentsession")
    denied = _deed(cast, outcome="denied", verb="sessions.delete", actor=cast.charlie)
    _deed(cast, organization_id=cast.other.pk)
    everything = {plain.fact_id, aimed.fact_id, denied.fact_id}

    assert _found(cast) == everything
    assert _found(cast, name="audit.entry_read") == everything
    assert _found(cast, name="audit.ledger_read") == set()
    assert _found(cast, target=target) == {aimed.fact_id}
    assert _found(cast, target_type="agentsession") == {aimed.fact_id}
    assert _found(cast, outcome="denied") == {denied.fact_id}
    assert _found(cast, verb="sessions.delete") == {denied.fact_id}
    assert _found(cast, actor=cast.charlie.pk) == {denied.fact_id}
    assert _found(cast, correlation=plain.context.correlation_id) == {plain.fact_id}


@pytest.mark.django_db
def test_time_is_a_half_open_range(cast: Cast) -> None:
    early = _deed(cast)
    with clock.shifted(hours=2):
        late = _deed(cast)

    assert _found(cast, since=late.recorded_at) == {late.fact_id}
    assert _found(cast, until=late.recorded_at) == {early.fact_id}


@pytest.mark.django_db
def test_typed_text_finds_by_id_and_by_part_of_a_name(cast: Cast) -> None:
    target = uuid7()
    aimed = _deed(cast, target_id=target, target_type="agentsession")
    other = _deed(cast, verb="sessions.delete")

    for text in (str(target), str(aimed.fact_id), "AGENTSESS"):
        assert _found(cast, q=text) == {aimed.fact_id}
    assert _found(cast, q="delete") == {other.fact_id}
    assert _found(cast, q="100%_nothing") == set()


@pytest.mark.django_db
def test_the_ledger_meant_is_the_one_the_viewer_may_read(cast: Cast) -> None:
    assert ledger_of(cast.anna) == cast.acme
    assert ledger_of(cast.anna, cast.acme.slug) == cast.acme
    assert ledger_of(cast.bob, str(cast.acme.pk)) == cast.acme
    with pytest.raises(NotFoundError):
        ledger_of(cast.dora, cast.acme.slug)
    with pytest.raises(NotFoundError):
        ledger_of(cast.dora, "nul\x00")
    with pytest.raises(NotAllowedError):
        ledger_of(cast.olga)


@pytest.mark.django_db
def test_a_member_here_and_auditor_there_gets_the_ledger_there(cast: Cast) -> None:
    Membership.objects.create(organization=cast.other, user=cast.bob, role="auditor")

    assert ledger_of(cast.bob) == cast.other


def test_an_address_is_read() -> None:
    actor = uuid7()

    found = parse(
        {"actor": str(actor), "since": "2026-11-01", "until": "2026-11-02", "q": " x ", "verb": ""}
    )

    assert found == Filters(
        actor=actor,
        since=datetime(2026, 11, 1, tzinfo=UTC),
        until=datetime(2026, 11, 3, tzinfo=UTC),
        q="x",
    )
    assert parse({"since": "2026-11-01T10:00:00+02:00"}).since == datetime(
        2026, 11, 1, 8, tzinfo=UTC
    )
    assert parse({"until": "2026-11-01T10:00"}).until == datetime(2026, 11, 1, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("actor", "bob"),
        ("target", "1"),
        ("since", "yesterday"),
        ("since", "2026-02-31"),
        ("until", "9999-12-31"),
        ("until", "0001-01-01T00:00:00+23:59"),
        ("verb", "a b"),
        ("outcome", "x" * 121),
        ("q", "x\x00"),
        ("q", "x" * 201),
    ],
)
def test_faults_are_named_by_place(name: str, value: str) -> None:
    with pytest.raises(InvalidError) as caught:
        parse({name: value, "limit": "7"})

    assert [fault["pointer"] for fault in caught.value.extra["errors"]] == [f"/{name}"]


def test_a_look_is_remembered_as_identifiers() -> None:
    since = datetime(2026, 11, 1, tzinfo=UTC)
    filters = Filters(verb="sessions.create", since=since, until=since + timedelta(days=1), q="me")

    assert filters.words() == (
        "verb:sessions.create",
        "since:2026-11-01T00:00:00+00:00",
        "until:2026-11-02T00:00:00+00:00",
    )
