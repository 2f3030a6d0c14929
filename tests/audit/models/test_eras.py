"""Eras: transaction ids count per cluster, so a restore, a move or a promotion opens a new era."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import psycopg
import pytest
from django.db import connection
from psycopg import errors

from audit.models import Era, LedgerEntry
from audit.selectors import delivery
from audit.services import pump
from kernel.events import listen
from tests import database
from tests.audit.cluster import SecondCluster, second_cluster
from tests.audit.listening import Heard, committed, key
from tests.factories.ledger import deliver_all, skip_to_here

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("no_listeners"),
    pytest.mark.slow,
]
# A fresh cluster's transaction ids are below this even after a restore.
HIGH = 5_000


@pytest.fixture(scope="module")
def cluster() -> Iterator[SecondCluster]:
    with tempfile.TemporaryDirectory(prefix="qd", ignore_cleanup_errors=True) as folder:
        Path(folder).chmod(0o711)
        with second_cluster(Path(folder)) as found:
            yield found


def _burn_transaction_ids() -> None:
    with connection.cursor() as cursor:
        while True:
            cursor.execute("SELECT pg_current_xact_id()::text::bigint")
            if cursor.fetchone()[0] > HIGH:
                return


def _era() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_current_era()")
        return int(cursor.fetchone()[0])


def _xid(fact_id: UUID) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT xid::text::bigint FROM audit_ledger WHERE fact_id = %s", [fact_id])
        return int(cursor.fetchone()[0])


def test_a_dump_restored_into_a_new_cluster_neither_loses_nor_skips(
    cluster: SecondCluster,
) -> None:
    heard = Heard()
    listen("kernel.strangers_denied", key=key())(heard)
    skip_to_here()
    _burn_transaction_ids()
    taken = committed(1)
    deliver_all()
    waiting = committed(2)
    before = _era()

    cluster.restore(database.owner_url(connection.settings_dict["NAME"]), "restored")
    with database.as_role(cluster.runtime("restored")):
        fresh = committed(3)
        assert _era() == before + 1
        assert _xid(fresh.fact_id) < _xid(waiting.fact_id)
        deliver_all()
        later = committed(4)
        deliver_all()
        _assert_still_append_only(cluster)

    ids = [taken.fact_id, waiting.fact_id, fresh.fact_id, later.fact_id]
    assert heard.ids == ids


def _assert_still_append_only(cluster: SecondCluster) -> None:
    """Also for a superuser who plays replica, also on the partition itself."""
    part = f"audit_ledger_{LedgerEntry.objects.latest('number').recorded_at:%Y%m}"
    changes = ["UPDATE {} SET outcome = ''", "DELETE FROM {}", "TRUNCATE {}"]
    connection.close()
    with psycopg.connect(cluster.superuser("restored"), autocommit=True) as session:
        session.execute("SET session_replication_role = replica")
        for table in ("audit_ledger", part):
            for change in changes:
                with pytest.raises(errors.RestrictViolation):
                    session.execute(change.format(table))  # type: ignore[call-overload]


def test_a_new_timeline_opens_a_new_era(cluster: SecondCluster) -> None:
    heard = Heard()
    listen("kernel.strangers_denied", key=key())(heard)
    cluster.restore(database.owner_url(connection.settings_dict["NAME"]), "promoted")
    runtime = cluster.runtime("promoted")
    with database.as_role(runtime):
        skip_to_here()
        first = committed(1)
        before = _era()
    cluster.promote()
    with database.as_role(runtime):
        second = committed(2)
        deliver_all()
        eras = list(Era.objects.order_by("era").values_list("era", "timeline"))

    assert heard.ids == [first.fact_id, second.fact_id]
    assert eras[-2:] == [(before, 1), (before + 1, 2)]


def test_restore_may_force_an_era_and_readers_follow(cluster: SecondCluster) -> None:
    heard = Heard()
    listen("kernel.strangers_denied", key=key())(heard)
    skip_to_here()
    first, before = committed(1), _era()
    url = database.owner_url(connection.settings_dict["NAME"])

    with psycopg.connect(url) as owner:
        owner.execute("SELECT audit_force_era('restored')")
    second = committed(2)
    deliver_all()

    assert _era() == before + 1
    assert Era.objects.get(era=before + 1).reason == "restored"
    assert heard.ids == [first.fact_id, second.fact_id]


def test_an_idle_database_in_a_new_place_still_delivers_what_waits(cluster: SecondCluster) -> None:
    heard = Heard()
    listen("kernel.strangers_denied", key=key())(heard)
    skip_to_here()
    _burn_transaction_ids()
    waiting = committed(1)

    cluster.restore(database.owner_url(connection.settings_dict["NAME"]), "idle")
    with database.as_role(cluster.runtime("idle")):
        pump.run()
        assert delivery.settled() == delivery.last()

    assert heard.ids == [waiting.fact_id]


def test_nobody_opens_an_era_while_the_place_is_the_same() -> None:
    committed(1)
    before = _era()

    with connection.cursor() as cursor:
        cursor.execute("SELECT audit_enter_place()")

    assert _era() == before
