"""The table of variables: what children are told, and what they are not."""

from __future__ import annotations

import base64
import stat
from dataclasses import fields
from pathlib import Path

import pytest

from launcher.environment import (
    NAMES,
    ServerEnvironment,
    for_migrations,
    for_services,
    server_environment,
)
from launcher.processes import service_programs
from launcher.roles import DatabaseUrls

URLS = DatabaseUrls(owner="postgresql://owner@/q", runtime="postgresql://runtime@/q")


def test_every_field_has_its_variable() -> None:
    assert set(NAMES) == {field.name for field in fields(ServerEnvironment)}


def test_a_fresh_installation_gets_everything_it_needs(tmp_path: Path) -> None:
    table = server_environment(tmp_path, "http://127.0.0.1:8000", URLS, {}).variables()

    keys = tmp_path / "keys"
    assert table == {
        "QUARTERDECK_DATA_DIR": str(tmp_path),
        "QUARTERDECK_PUBLIC_URL": "http://127.0.0.1:8000",
        "QUARTERDECK_SECRET_KEY": (keys / "django").read_text().strip(),
        "QUARTERDECK_MASTER_KEY": (keys / "master").read_text().strip(),
        "DATABASE_URL": URLS.runtime,
        "DATABASE_DIRECT_URL": URLS.runtime,
    }
    assert len(base64.b64decode(table["QUARTERDECK_MASTER_KEY"], validate=True)) == 32
    assert stat.S_IMODE((keys / "master").stat().st_mode) == 0o600
    assert stat.S_IMODE(keys.stat().st_mode) == 0o700


def test_keys_are_made_once(tmp_path: Path) -> None:
    first = server_environment(tmp_path, "http://a", URLS, {})
    second = server_environment(tmp_path, "http://a", URLS, {})

    assert first == second


def test_what_the_operator_sets_wins(tmp_path: Path) -> None:
    given = {
        "QUARTERDECK_PUBLIC_URL": "https://deck.example",
        "QUARTERDECK_SECRET_KEY": "s",
        "QUARTERDECK_MASTER_KEY": "m",
        "DATABASE_DIRECT_URL": "postgresql://direct",
        "REDIS_URL": "redis://r",
        "CELERY_BROKER_URL": "amqp://b",
        "QUARTERDECK_EGRESS_ALLOW": "10.0.0.0/8",
        "QUARTERDECK_DEBUG": "1",
    }

    table = server_environment(tmp_path, "http://127.0.0.1:1", URLS, given).variables()

    assert {name: table[name] for name in given} == given
    assert list((tmp_path / "keys").iterdir()) == []


def test_services_never_see_the_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_OWNER_URL", URLS.owner)
    monkeypatch.setenv("UNRELATED", "kept")
    table = server_environment(tmp_path, "http://a", URLS, {})

    services = for_services(table, "tree")
    migrations = for_migrations(services, URLS)

    assert URLS.owner not in services.values()
    assert services["UNRELATED"] == "kept"
    assert services["QUARTERDECK_TREE"] == "tree"
    assert migrations["DATABASE_URL"] == migrations["DATABASE_OWNER_URL"] == URLS.owner


def test_a_long_announcement_lengthens_the_patience_with_the_pages_alone() -> None:
    short, long = (
        {one.name: one.grace_seconds for found in programs.values() for one in found}
        for programs in (
            service_programs("127.0.0.1", 1, {}),
            service_programs("127.0.0.1", 1, {"QUARTERDECK_DRAIN_SECONDS": "30"}),
        )
    )

    assert long["web"] == short["web"] + 30
    assert {name: long[name] for name in long if name != "web"} == {
        name: short[name] for name in short if name != "web"
    }
