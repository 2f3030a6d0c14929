"""Versions of configuration and the entry of the deed that made them find each other."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps.registry import Apps
from django.db import connection, models, transaction
from django.test.utils import isolate_apps

from audit.events import EntryRead
from audit.models import LedgerEntry
from audit.selectors.versions import Change, changes_of, entry_of
from kernel.context import entered
from kernel.events import Record, publish
from kernel.history import edits, linked_models
from marketplace.engine.spec import ServerSpec
from marketplace.services import servers
from tests import database
from tests.factories.cast import Cast
from tests.factories.http import Caller

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def kept(cast: Cast) -> Iterator[tuple[type[Any], Apps]]:
    """A table of configuration with history, made by the owner for one test."""
    with isolate_apps("audit") as registry:

        class Setting(models.Model):
            organization_id = models.UUIDField()
            name = models.TextField()
            limit = models.IntegerField(null=True)
            secret = models.TextField(default="hush")
            history = edits(without=["secret"])

            class Meta:
                app_label = "audit"

            def __str__(self) -> str:
                return self.name

        with database.as_role(database.owner_url(connection.settings_dict["NAME"])):
            tables = [Setting, Setting.history.model]
            with connection.schema_editor() as editor:
                for table in tables:
                    editor.create_model(table)
            yield Setting, registry
            with connection.schema_editor() as editor:
                for table in tables:
                    editor.delete_model(table)


def _deed(cast: Cast) -> Record:
    return publish(EntryRead(organization_id=cast.acme.pk, target_id=None))


def _changes(record: Record, registry: Apps) -> list[Change]:
    return changes_of(LedgerEntry.objects.get(fact_id=record.fact_id), registry)


def test_creating_changing_and_deleting_show_at_their_own_entries(
    cast: Cast, kept: tuple[type[Any], Apps]
) -> None:
    setting, registry = kept
    with entered(), transaction.atomic():
        row = setting.objects.create(organization_id=cast.acme.pk, name="retries", limit=3)
        made = _deed(cast)
    key = str(row.pk)
    with entered(), transaction.atomic():
        row.limit, row.secret = 5, "more"
        row.save()
        changed = _deed(cast)
    with entered(), transaction.atomic():
        row.delete()
        deleted = _deed(cast)

    assert set(_changes(made, registry)) == {
        Change("audit.setting", key, "id", None, key),
        Change("audit.setting", key, "organization_id", None, str(cast.acme.pk)),
        Change("audit.setting", key, "name", None, "retries"),
        Change("audit.setting", key, "limit", None, "3"),
    }
    assert _changes(changed, registry) == [Change("audit.setting", key, "limit", "3", "5")]
    assert Change("audit.setting", key, "limit", "5", None) in _changes(deleted, registry)


def test_a_version_leads_to_its_entry_for_those_who_may_read_it(
    cast: Cast, kept: tuple[type[Any], Apps]
) -> None:
    setting, _registry = kept
    with entered(), transaction.atomic():
        setting.objects.create(organization_id=cast.acme.pk, name="retries")
        first = _deed(cast)
        _deed(cast)

    version = setting.history.get()

    found = entry_of(cast.anna, version)
    assert found is not None
    assert found.fact_id == first.fact_id
    assert entry_of(cast.dora, version) is None


def test_versions_of_another_tenant_stay_hidden(cast: Cast, kept: tuple[type[Any], Apps]) -> None:
    setting, registry = kept
    with entered(), transaction.atomic():
        setting.objects.create(organization_id=cast.other.pk, name="theirs")
        ours = _deed(cast)

    assert _changes(ours, registry) == []


def test_linked_models_are_found_by_their_base(kept: tuple[type[Any], Apps]) -> None:
    setting, registry = kept

    assert linked_models(registry) == [setting.history.model]


def test_what_an_administrator_changed_shows_at_the_entry_of_the_change(cast: Cast) -> None:
    spec = ServerSpec(name="git", transport="stdio", command="mcp-server-git")
    server = servers.register_server(cast.alice, cast.acme, spec=spec)

    servers.update_server(cast.alice, server, changes={"timeout_seconds": 90})

    record = LedgerEntry.objects.filter(verb="marketplace.update_server").latest("number")
    answer = Caller(cast.anna).get(f"/audit/events/{record.fact_id}").json()
    changed = {change["field"]: (change["old"], change["new"]) for change in answer["changes"]}
    assert changed == {"timeout_seconds": ("60", "90"), "generation": ("1", "2")}
    version = server.history.first()
    found = entry_of(cast.anna, version)
    assert version.history_user_id == cast.alice.pk
    assert found is not None
    assert found.fact_id == record.fact_id
