"""Months of the ledger: made ahead, never missing, dropped only when sealed."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from audit import duties, probes
from audit.models import LedgerEntry
from audit.services import partitions
from kernel import clock
from kernel.events import publish
from tests import database
from tests.audit.listening import fact


def _partition_of(record: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tableoid::regclass FROM audit_ledger WHERE fact_id = %s", [record.fact_id]
        )
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_this_month_and_the_next_ones_are_ready() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM audit_partition WHERE lower > now()")
        assert cursor.fetchone()[0] >= partitions.AHEAD
    assert _partition_of(publish(fact())) == f"audit_ledger_{clock.now():%Y%m}"


@pytest.mark.django_db
def test_months_are_made_ahead_once() -> None:
    first = partitions.make_ahead(date(2041, 11, 20))

    assert first == [date(2041, 11, 1), date(2041, 12, 1), date(2042, 1, 1), date(2042, 2, 1)]
    assert partitions.make_ahead(date(2041, 11, 21)) == []
    assert partitions.make_ahead(date(2041, 12, 1)) == [date(2042, 3, 1)]


@pytest.mark.django_db
def test_a_fact_of_a_missing_month_is_written_and_its_month_made_from_where_it_lies() -> None:
    with clock.shifted(days=4000):
        record = publish(fact())
        month = f"{clock.now():%Y-%m}"
        assert _partition_of(record) == "audit_ledger_default"
        assert month in probes.ledger_months()

        duties.make_months()
        later = publish(fact())

    assert _partition_of(record).startswith("audit_ledger_2")
    assert _partition_of(later) == _partition_of(record)
    assert probes.ledger_months() == ""
    for part in (_partition_of(record), "audit_ledger_default"):
        assert _always_on(part) == ["audit_ledger_rows", "audit_ledger_whole"]


def _always_on(table: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT tgname::text FROM pg_trigger WHERE tgrelid = %s::regclass"
            " AND tgenabled = 'A' ORDER BY 1",
            [table],
        )
        return [name for (name,) in cursor.fetchall()]


@pytest.mark.django_db
def test_several_missing_months_become_one_partition() -> None:
    with clock.shifted(days=4000):
        first = publish(fact())
    with clock.shifted(days=4070):
        second = publish(fact())
        duties.make_months()

    assert _partition_of(first) == _partition_of(second) != "audit_ledger_default"


@pytest.mark.django_db
def test_rows_on_both_sides_of_a_made_month_stay_readable_in_the_default() -> None:
    with clock.shifted(days=4000):
        first = publish(fact())
    with clock.shifted(days=4120):
        second = publish(fact())
    with clock.shifted(days=4060):
        assert partitions.make_month(clock.now().date().replace(day=1))
        duties.make_months()

    assert _partition_of(first) == _partition_of(second) == "audit_ledger_default"
    assert LedgerEntry.objects.filter(fact_id__in=[first.fact_id, second.fact_id]).count() == 2


@pytest.fixture
def owner(transactional_db: None) -> Iterator[psycopg.Connection[Any]]:
    url = database.owner_url(connection.settings_dict["NAME"])
    connection.close()
    with psycopg.connect(url) as session:
        yield session
        session.rollback()


def test_a_month_is_dropped_only_when_sealed(owner: psycopg.Connection[Any]) -> None:
    owner.execute("SELECT audit_make_month('2020-02-01')")
    with pytest.raises(errors.RestrictViolation, match="not sealed"), owner.transaction():
        owner.execute("SELECT audit_drop_month('2020-02-01')")

    owner.execute("INSERT INTO audit_sealed_month (month) VALUES ('2020-02-01')")
    dropped = owner.execute("SELECT audit_drop_month('2020-02-01')").fetchone()

    assert dropped == ("audit_ledger_202002",)
    left = owner.execute("SELECT count(*) FROM audit_partition WHERE name = 'audit_ledger_202002'")
    assert left.fetchone() == (0,)


def test_a_partition_of_several_months_needs_all_of_them_sealed(
    owner: psycopg.Connection[Any],
) -> None:
    owner.execute(
        "INSERT INTO audit_ledger (recorded_at, fact_id, name, version, region, actor_kind, verb,"
        " target_type, outcome, policy_version, data, commitments) SELECT at, gen_random_uuid(),"
        " 'x', 1, 'local', 'system', 'x', '', 'success', 1, '{}', '{}'"
        " FROM unnest('{2020-02-03Z,2020-04-05Z}'::timestamptz[]) AS at"
    )
    owner.execute("SELECT audit_make_month('2020-02-01')")
    owner.execute("INSERT INTO audit_sealed_month (month) VALUES ('2020-02-01'), ('2020-04-01')")

    with pytest.raises(errors.RestrictViolation), owner.transaction():
        owner.execute("SELECT audit_drop_month('2020-02-01')")
    owner.execute("INSERT INTO audit_sealed_month (month) VALUES ('2020-03-01')")

    assert owner.execute("SELECT audit_drop_month('2020-03-15')").fetchone() == (
        "audit_ledger_202002_202005",
    )


def test_a_month_that_is_not_there_is_refused(owner: psycopg.Connection[Any]) -> None:
    with pytest.raises(errors.NoDataFound):
        owner.execute("SELECT audit_drop_month('1999-01-01')")
