"""The doctor finds what was planted, names it and says what to do; else it finds nothing."""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import psycopg
import pytest

from launcher.arguments import ROOT, Options
from launcher.keys import master_key
from launcher.operate import doctor
from launcher.operate.archive import PARTIAL
from launcher.operate.checks.base import Site as Patient
from launcher.operate.doctor import connected, examine, run_doctor
from launcher.roles import DatabaseUrls
from tests import database
from tests.launcher.operate.conftest import Site


@pytest.fixture
def patient(site: Site) -> Iterator[Patient]:
    """A well installation that does not run."""
    urls = DatabaseUrls(database.owner_url(site.name), database.runtime_url(site.name))
    with connected(urls.runtime) as connection:
        yield Patient(site.data_dir, port=0, urls=urls, database=connection)


def told(patient: Patient, name: str) -> list[str]:
    """What one check finds; every finding has its remedy."""
    findings = examine(patient, (name,))[name]
    assert all(one.text and one.remedy for one in findings)
    return [one.text for one in findings]


def as_owner(patient: Patient, *statements: str) -> None:
    assert patient.urls is not None
    with psycopg.connect(patient.urls.owner, autocommit=True) as owner:
        for statement in statements:
            owner.execute(statement)


def test_a_well_installation_is_well(patient: Patient) -> None:
    found = examine(patient, tuple(name for name in doctor.CHECKS if name != "durability"))

    assert {name: findings for name, findings in found.items() if findings} == {}


def test_an_empty_place_is_well(tmp_path: Path) -> None:
    found = examine(Patient(tmp_path / "none", port=0, given={"PATH": os.environ["PATH"]}))

    assert {name: findings for name, findings in found.items() if findings} == {}


def loose_keys(patient: Patient) -> None:
    (patient.data_dir / "keys").chmod(0o755)


def loose_key(patient: Patient) -> None:
    (patient.data_dir / "keys" / "master").chmod(0o640)


def loose_demo(patient: Patient) -> None:
    (patient.data_dir / "demo.json").touch(0o644)
    (patient.data_dir / "demo.json").chmod(0o644)


def wrong_key(patient: Patient) -> None:
    (patient.data_dir / "keys" / "master").write_text(master_key())


def lost_key(patient: Patient) -> None:
    (patient.data_dir / "keys" / "master").unlink()


def half_restore(patient: Patient) -> None:
    (patient.data_dir / "restoring").touch()


def half_backup(patient: Patient) -> None:
    (patient.data_dir / "backups").mkdir()
    (patient.data_dir / "backups" / f"b.tar{PARTIAL}").touch()


def pending(patient: Patient) -> None:
    as_owner(
        patient, "DELETE FROM django_migrations WHERE app = 'operations' OR name = '0001_ledger'"
    )


def newer(patient: Patient) -> None:
    as_owner(patient, "INSERT INTO django_migrations VALUES (DEFAULT, 'audit', '0999_z', now())")


def stale_lease(patient: Patient) -> None:
    as_owner(patient, job("lease_until", "now() - interval '1 hour'"))


def given_up(patient: Patient) -> None:
    as_owner(patient, job("failed_at", "now()"))


def dead_letter(patient: Patient) -> None:
    as_owner(
        patient,
        "INSERT INTO audit_dead_letter VALUES (gen_random_uuid(), 'x', gen_random_uuid(), 9, '', "
        "now(), now())",
    )


def unguarded(patient: Patient) -> None:
    as_owner(patient, "DROP TRIGGER audit_ledger_whole ON audit_ledger_default")


def set_back(patient: Patient) -> None:
    as_owner(
        patient,
        "INSERT INTO audit_ledger (recorded_at, fact_id, name, version, region, actor_kind, verb, "
        "target_type, outcome, policy_version, data, commitments) VALUES (now() + "
        "interval '1 hour', gen_random_uuid(), 'x', 1, '', 'x', '', '', '', 1, '{}', '{}')",
    )


def job(column: str, value: str) -> str:
    return (
        "INSERT INTO kernel_job (id, kind, queue, payload, context, run_at, created_at, attempts, "
        f"max_attempts, owner, epoch, error, {column}) VALUES (gen_random_uuid(), 'x', 'default', "
        f"'{{}}', '{{}}', now(), now(), 1, 5, '', 1, '', {value})"
    )


@pytest.mark.parametrize(
    ("plant", "name", "words"),
    [
        (loose_keys, "permissions", "keys may be entered by others (mode 0755)"),
        (loose_key, "permissions", "master may be read by others (mode 0640)"),
        (loose_demo, "permissions", "demo.json may be read by others (mode 0644)"),
        (wrong_key, "master key", "does not open what is stored in audit_subject_key"),
        (lost_key, "master key", "The master key is missing"),
        (half_restore, "data directory", "did not come to its end"),
        (half_backup, "data directory", "half a backup"),
        (pending, "migrations", "1 migrations are pending, audit.0001_ledger first"),
        (newer, "migrations", "A newer Quarterdeck has migrated the database (audit.0999_z)"),
        (stale_lease, "leases", "1 jobs are held by workers that fell silent"),
        (given_up, "queues", "1 jobs were given up within a day"),
        (dead_letter, "delivery", "1 facts could not be delivered"),
        (unguarded, "append-only", "1 partitions of the ledger have lost the trigger"),
        (set_back, "clock", "s ahead: the clock was set back"),
    ],
)
def test_a_planted_fault_is_found_and_named(
    patient: Patient, plant: Callable[[Patient], None], name: str, words: str
) -> None:
    plant(patient)

    (text,) = told(patient, name)
    assert words in text


def test_one_role_for_both_is_no_append_only(patient: Patient) -> None:
    assert patient.urls is not None
    with connected(patient.urls.owner) as connection:
        (text,) = told(replace(patient, database=connection), "append-only")

    assert text == "The role that runs could change the ledger."


@contextmanager
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def test_a_port_that_somebody_has_is_found(patient: Patient) -> None:
    with listening() as port:
        (text,) = told(replace(patient, port=port), "port")

    assert f"Port {port} on 127.0.0.1 is in use" in text


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("mail.example.org", "no address of a mail server"),
        ("smtp://127.0.0.1:1", "127.0.0.1 cannot be used: Connection refused"),
    ],
)
def test_a_mail_server_that_is_none_is_found(patient: Patient, url: str, words: str) -> None:
    (text,) = told(replace(patient, given={"QUARTERDECK_EMAIL_URL": url}), "mail")

    assert words in text


def test_too_few_connections_are_found(patient: Patient) -> None:
    given = {"DATABASE_POOL": "5000"}

    (text,) = told(replace(patient, given=given), "connections")

    assert "Quarterdeck may need" in text


def test_a_front_end_of_other_sources_is_found(patient: Patient, tmp_path: Path) -> None:
    shutil.copytree(ROOT / "frontend" / "src", tmp_path / "code" / "frontend" / "src")

    (text,) = told(replace(patient, root=tmp_path / "code"), "front end")

    assert "not built" in text


def test_no_sandbox_is_found(patient: Patient) -> None:
    given = {**os.environ, "QUARTERDECK_SANDBOX": "container", "PATH": "/nowhere"}

    (text,) = told(replace(patient, given=given), "sandbox")

    assert text.startswith("Agents can run no tool here: ")


def test_processes_that_are_gone_are_found(patient: Patient) -> None:
    with subprocess.Popen(["true"]) as childless:
        note = {"pid": childless.pid, "url": "http://127.0.0.1:1"}

    texts = told(replace(patient, note=note), "processes")

    names = ("web", "runner", "worker", "beat", "gateway", "keeper")
    assert texts == [f"The process {name} does not run." for name in names]
    assert told(replace(patient, note=note), "keeper") != []
    assert told(replace(patient, note=note), "port") == [
        "http://127.0.0.1:1 is not ready (nobody answers yet)."
    ]


def test_a_database_of_another_version_and_one_that_is_gone(tmp_path: Path) -> None:
    patient = Patient(tmp_path, port=0, given={})
    (tmp_path / "migrated").touch()

    (gone,) = told(patient, "embedded database")
    (tmp_path / "pg").mkdir()
    (tmp_path / "pg" / "PG_VERSION").write_text("16\n")
    (older,) = told(patient, "embedded database")

    assert "is gone" in gone
    assert "was made by PostgreSQL 16" in older


def test_the_command_tells_people_and_programs(
    site: Site, capsys: pytest.CaptureFixture[str]
) -> None:
    loose_key(Patient(site.data_dir))
    options = Options("doctor", site.data_dir, port=0)

    assert run_doctor(options) == 1
    shown = capsys.readouterr().out
    assert run_doctor(replace(options, json=True)) == 1
    document = json.loads(capsys.readouterr().out)

    assert "FINDING  permissions: " in shown
    assert f"remedy: chmod 0600 {site.data_dir}/keys/master" in shown
    (check,) = [one for one in document["checks"] if one["name"] == "permissions"]
    assert check["ok"] is False
    assert check["findings"][0]["remedy"] == f"chmod 0600 {site.data_dir}/keys/master"


def test_a_database_that_is_away_is_found(
    site: Site, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://x@127.0.0.1:1/x")
    monkeypatch.delenv("DATABASE_OWNER_URL")

    assert run_doctor(Options("doctor", site.data_dir, port=0)) == 1
    assert "FINDING  database: The database of DATABASE_URL cannot be used" in (
        capsys.readouterr().out
    )


def test_a_server_that_forgets_is_found(patient: Patient) -> None:
    off = [one for one in ("fsync", "full_page_writes") if patient.ask(f"SHOW {one}") == "off"]

    assert told(patient, "durability") == [f"The server runs with {one} off." for one in off]
