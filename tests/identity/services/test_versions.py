"""Who edited organizations, roles and teams: every version finds the entry of its deed."""

from __future__ import annotations

import html
from typing import Any

import pytest
from django.db import models
from django.test import Client

from audit.models import LedgerEntry
from audit.selectors.versions import entry_of
from identity.models import Membership, Organization, Team, User
from identity.services import memberships, teams
from identity.services.organizations import OrganizationChanges, change_organization
from kernel.history import linked_models
from tests.factories.cast import Cast
from tests.factories.http import Caller

PERSONAL = {"email", "username", "full_name", "password", "address", "phone"}


def _entry(verb: str) -> LedgerEntry:
    return LedgerEntry.objects.filter(verb=verb).latest("number")


def _shown(cast: Cast, entry: LedgerEntry) -> dict[str, tuple[str | None, str | None]]:
    """What the auditor reads on the entry's page and, the same, by API."""
    anna = Client()
    anna.force_login(cast.anna, backend="django.contrib.auth.backends.ModelBackend")
    page = anna.get(f"/audit/{entry.fact_id}")
    told = Caller(cast.anna).get(f"/audit/events/{entry.fact_id}").json()["changes"]
    for line in page.context["history"]:
        assert (line["new"] or "") in html.unescape(page.content.decode())
    found = {line["field"]: (line["old"], line["new"]) for line in page.context["history"]}
    assert found == {line["field"]: (line["old"], line["new"]) for line in told}
    return found


def _links(cast: Cast, row: Any, verb: str, editor: User) -> dict[str, tuple[Any, Any]]:
    version, entry = row.history.first(), _entry(verb)
    found = entry_of(cast.anna, version)
    assert found is not None
    assert (found.fact_id, version.history_user_id) == (entry.fact_id, editor.pk)
    assert entry_of(cast.dora, version) is None
    return _shown(cast, entry)


def test_rules_of_an_organization(cast: Cast) -> None:
    changes = OrganizationChanges(name="Acme & Sons", denied_tools=["shell"])

    change_organization(cast.alice, cast.acme, changes=changes)

    assert _links(cast, cast.acme, "identity.change_organization", cast.alice) == {
        "name": ("Acme", "Acme & Sons"),
        "denied_tools": ("[]", "['shell']"),
    }


def test_every_version_leads_to_its_entry(cast: Cast) -> None:
    for name in ("Acme One", "Acme Two"):
        changes = OrganizationChanges(name=name)
        change_organization(cast.alice, cast.acme, changes=changes)
    path = f"/audit/versions/identity.organization/{cast.acme.pk}"
    alice = Client()
    alice.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")

    page = alice.get(path)

    newest, older, first = page.context["versions"]
    assert [(c.field, c.old, c.new) for c in newest["changes"]] == [
        ("name", "Acme One", "Acme Two")
    ]
    assert (newest["actor"].name, older["kind"], first["kind"]) == ("Alice", "Changed", "Created")
    assert newest["entry"].number > older["entry"].number
    for version in (newest, older):
        assert f'href="/audit/{version["entry"].number}"' in page.content.decode()
    assert path in alice.get("/settings/organization").content.decode()
    assert path in alice.get(f"/audit/{newest['entry'].number}").content.decode()


@pytest.mark.parametrize(("who", "status"), [("anna", 200), ("bob", 403), ("dora", 404)])
def test_versions_are_for_readers_of_the_ledger(cast: Cast, who: str, status: int) -> None:
    change_organization(cast.alice, cast.acme, changes=OrganizationChanges(name="Acme One"))
    person = Client()
    person.force_login(cast.people()[who], backend="django.contrib.auth.backends.ModelBackend")

    answer = person.get(f"/audit/versions/identity.organization/{cast.acme.pk}")

    assert answer.status_code == status
    read = LedgerEntry.objects.filter(name="audit.ledger_read", actor_id=cast.people()[who].pk)
    assert read.filter(organization_id=cast.acme.pk).exists() == (status == 200)
    nothing = person.get(f"/audit/versions/identity.user/{cast.bob.pk}")
    assert nothing.status_code == (403 if who == "bob" else 404)


def test_roles(cast: Cast) -> None:
    row = Membership.objects.get(user=cast.bob)

    memberships.change_role(cast.alice, row, role="admin")

    found = _links(cast, row, "identity.change_role", cast.alice)
    assert found == {"role": ("member", "admin")}


def test_the_break_glass_mark_shows_on_both_sides(cast: Cast) -> None:
    rows = {name: Membership.objects.get(user=cast.people()[name]) for name in ("alice", "bob")}
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    memberships.change_role(cast.alice, rows["bob"], role="owner")

    memberships.appoint_break_glass(cast.alice, rows["bob"])

    marks = {name: row.history.first().is_break_glass for name, row in rows.items()}
    assert marks == {"alice": False, "bob": True}
    found = _links(cast, rows["bob"], "identity.appoint_break_glass", cast.alice)
    assert found["is_break_glass"] == ("False", "True")


def test_who_left_is_told_with_what_they_were(cast: Cast) -> None:
    row = Membership.objects.get(user=cast.charlie)

    memberships.remove_member(cast.alice, row)

    found = _shown(cast, _entry("identity.remove_member"))
    assert found["role"] == ("member", None)
    assert found["user"] == (str(cast.charlie.pk), None)


def test_teams(cast: Cast) -> None:
    made = teams.create_team(cast.alice, cast.acme, name="Data")
    assert _links(cast, made, "identity.create_team", cast.alice)["name"] == (None, "Data")

    teams.rename_team(cast.alice, made, name="Data and friends")
    found = _links(cast, made, "identity.rename_team", cast.alice)
    assert found == {"name": ("Data", "Data and friends")}

    key = made.pk
    teams.delete_team(cast.alice, made)
    assert Team.history.filter(id=key).first().history_type == "-"
    gone = _shown(cast, _entry("identity.delete_team"))
    assert gone["name"] == ("Data and friends", None)


def test_an_organizations_versions_show_to_nobody_elses_auditor(cast: Cast) -> None:
    change_organization(cast.dora, cast.other, changes=OrganizationChanges(name="Theirs"))
    theirs = _entry("identity.change_organization")

    assert Caller(cast.anna).get(f"/audit/events/{theirs.fact_id}").status_code == 404
    assert Caller(cast.dora).get(f"/audit/events/{theirs.fact_id}").json()["changes"] != []
    version = Organization.history.filter(id=cast.other.pk).first()
    assert entry_of(cast.anna, version) is None


@pytest.mark.parametrize("model", linked_models(), ids=lambda model: model.__name__)
def test_no_version_keeps_a_personal_field(model: type[models.Model]) -> None:
    """Erasing a person destroys keys and empties rows; versions must hold nothing of theirs."""
    kept = {
        field.name
        for field in model.tracked_fields  # type: ignore[attr-defined]
        if field.name in PERSONAL or isinstance(field, (models.EmailField, models.BinaryField))
    }

    assert kept == set()
