"""Append-only is the database's doing: for the runtime role by right, for the owner by trigger."""

from __future__ import annotations

from typing import Any

import psycopg
import pytest
from django.db import connection, transaction
from psycopg import errors, sql

from audit import probes
from audit.models import LedgerEntry
from tests import database
from tests.audit.listening import committed

CHANGES = ("UPDATE {} SET outcome = 'x'", "DELETE FROM {}", "TRUNCATE {}")


def _statements(fact_id: object) -> list[sql.Composed]:
    """Every kind of change to the ledger, to the partition that holds the fact, and to the eras."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT tableoid::regclass FROM audit_ledger WHERE fact_id = %s", [fact_id])
        tables = ("audit_ledger", str(cursor.fetchone()[0]), "audit_era")
    connection.close()
    return [
        sql.SQL(change.replace("outcome", "reason") if table == "audit_era" else change).format(
            sql.Identifier(table)
        )
        for table in tables
        for change in CHANGES
    ]


def _as_runtime() -> psycopg.Connection[Any]:
    return psycopg.connect(database.runtime_url(connection.settings_dict["NAME"]))


@pytest.mark.django_db(transaction=True)
def test_the_runtime_role_has_no_right_to_change_and_the_owner_is_refused_by_trigger() -> None:
    record = committed()
    refusals = {
        database.runtime_url(connection.settings_dict["NAME"]): errors.InsufficientPrivilege,
        database.owner_url(connection.settings_dict["NAME"]): errors.RestrictViolation,
    }

    for url, refusal in refusals.items():
        for statement in _statements(record.fact_id):
            with psycopg.connect(url) as session, pytest.raises(refusal) as caught:
                session.execute(statement)
            if refusal is errors.RestrictViolation:
                assert "append-only" in str(caught.value)

    assert LedgerEntry.objects.get(fact_id=record.fact_id).outcome == "denied"


@pytest.mark.parametrize(
    "statement",
    [
        "ALTER TABLE audit_ledger DISABLE TRIGGER ALL",
        "DROP TABLE audit_ledger",
        "SET session_replication_role = replica",
        "INSERT INTO audit_sealed_month (month) VALUES ('2020-01-01')",
        "SELECT audit_open_era('mine')",
        "SELECT audit_force_era('mine')",
        "SELECT audit_make_default()",
        "ALTER TABLE audit_ledger DETACH PARTITION audit_ledger_default",
        "ALTER FUNCTION audit_refuse_change() RENAME TO audit_allow_change",
        "INSERT INTO audit_ledger (era, xid) VALUES (9, '9')",
        "INSERT INTO audit_era VALUES (9, 9, 9, 9, 'mine')",
        "UPDATE audit_private SET salt = ''",
        "UPDATE audit_signing_key SET purpose = 'mine'",
        "CREATE TABLE public.mine (id integer)",
        "CREATE FUNCTION public.mine() RETURNS integer LANGUAGE sql AS 'SELECT 1'",
    ],
)
@pytest.mark.django_db
def test_the_runtime_role_cannot_go_round(statement: str) -> None:
    with _as_runtime() as session, pytest.raises(errors.InsufficientPrivilege):
        session.execute(statement)  # type: ignore[call-overload]


# The ruling that cannot be repaired later: these columns in this order, keyed so.
COLUMNS = {
    "id": "bigint", "era": "integer", "xid": "xid8", "recorded_at": "timestamp with time zone",
    "fact_id": "uuid", "name": "text", "version": "integer", "region": "text",
    "organization_id": "uuid", "actor_kind": "text", "actor_id": "uuid",
    "on_behalf_of_id": "uuid", "verb": "text", "target_type": "text", "target_id": "uuid",
    "outcome": "text", "policy_version": "integer", "causation_id": "uuid",
    "correlation_id": "uuid", "data": "jsonb", "commitments": "jsonb",
}  # fmt: skip


@pytest.mark.django_db
def test_the_row_is_as_it_was_ruled_and_points_at_no_table() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute"
            " WHERE attrelid = 'audit_ledger'::regclass AND attnum > 0 ORDER BY attnum"
        )
        columns = dict(cursor.fetchall())
        cursor.execute(
            "SELECT contype, pg_get_constraintdef(oid) FROM pg_constraint"
            " WHERE conrelid = 'audit_ledger'::regclass AND contype IN ('p', 'f')"
        )
        constraints = cursor.fetchall()
        cursor.execute("SELECT pg_get_partkeydef('audit_ledger'::regclass)")
        partitioned = cursor.fetchone()

    assert list(columns.items()) == list(COLUMNS.items())
    assert constraints == [("p", "PRIMARY KEY (id, recorded_at)")]
    assert partitioned == ("RANGE (recorded_at)",)


@pytest.mark.django_db
def test_the_runtime_role_owns_nothing() -> None:
    with _as_runtime() as session:
        owned = session.execute(
            "SELECT relname FROM pg_class WHERE pg_get_userbyid(relowner) = current_user"
            " UNION ALL SELECT proname FROM pg_proc WHERE pg_get_userbyid(proowner) = current_user"
            " UNION ALL SELECT nspname FROM pg_namespace"
            " WHERE pg_get_userbyid(nspowner) = current_user"
        ).fetchall()

    assert owned == []


@pytest.mark.django_db
def test_every_partition_is_guarded_by_triggers_that_always_fire() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT name FROM audit_partition")
        parts = {name for (name,) in cursor.fetchall()}
        cursor.execute(
            "SELECT tgrelid::regclass::text, array_agg(tgname::text ORDER BY tgname)"
            "  FROM pg_trigger WHERE tgenabled = 'A' GROUP BY 1"
        )
        always = dict(cursor.fetchall())

    assert len(parts) >= 5
    for table in {"audit_ledger", *parts}:
        assert always[table] == ["audit_ledger_rows", "audit_ledger_whole"]


@pytest.mark.django_db
def test_nobody_but_the_owner_has_rights_on_a_partition() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT p.name FROM audit_partition p JOIN pg_class c ON c.relname = p.name,"
            " aclexplode(c.relacl) a WHERE a.grantee <> c.relowner"
        )
        assert cursor.fetchall() == []


@pytest.mark.django_db(transaction=True)
def test_the_probe_is_silent_for_the_runtime_role_and_speaks_for_the_owner() -> None:
    assert probes.append_only() == ""

    with database.as_role(database.owner_url(connection.settings_dict["NAME"])):
        sentence = probes.append_only()

    assert sentence.startswith("Append-only is not enforced")


@pytest.mark.django_db
def test_every_function_of_the_owner_has_a_fixed_search_path_and_is_not_public() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(
            "SELECT proname, proconfig::text, has_function_privilege('public', oid, 'EXECUTE')"
            "  FROM pg_proc WHERE prosecdef AND pronamespace = 'public'::regnamespace"
        )
        found = cursor.fetchall()

    assert {name for name, *_ in found} == {
        "audit_drop_month",
        "audit_enter_place",
        "audit_make_month",
        "audit_misplaced_month",
    }
    for _name, config, public in found:
        assert "search_path=pg_catalog, public, pg_temp" in config
        assert not public
