"""The operators' admin: every save, delete and bulk action is a verb, driven as a browser does."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.core.exceptions import ImproperlyConfigured
from django.test import Client

from identity.events import (
    AccountCreated,
    AccountDeactivated,
    OperatorAppointed,
    OrganizationCreated,
    TokenRevoked,
)
from identity.models import ApiToken, Membership, Organization, User
from identity.services.passwords import link_works
from kernel.http.admin import VerbAdmin
from tests.factories.cast import Cast, token_for
from tests.factories.facts import Facts

BACKEND = "django.contrib.auth.backends.ModelBackend"
NEW_USER = {"username": "zoe", "full_name": "Zoe", "email": "zoe@example.org"}


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend=BACKEND)
    return client


@pytest.fixture
def olga(cast: Cast) -> Client:
    return browser(cast.olga)


def _act(client: Client, path: str, name: str, *rows: Any, **more: str) -> Any:
    body = {"action": name, "_selected_action": [str(row.pk) for row in rows], **more}
    return client.post(path, body, follow=True)


def _said(answer: Any) -> list[str]:
    return [str(message) for message in answer.context["messages"]]


def test_strangers_go_through_the_one_sign_in(db: None) -> None:
    first = Client().get("/operate/")
    second = Client().get(first["Location"])

    assert first["Location"] == "/operate/login/?next=/operate/"
    assert second["Location"] == "/sign-in?next=/operate/"


@pytest.mark.parametrize("name", ["alice", "bob", "charlie", "dora", "anna"])
def test_nobody_but_operators_enters(cast: Cast, name: str) -> None:
    client = browser(cast.people()[name])

    for path in ("/operate/", "/operate/identity/user/", "/operate/identity/apitoken/"):
        assert client.get(path, follow=True).status_code == 403


def test_the_first_page_counts_and_lists(cast: Cast, olga: Client) -> None:
    page = olga.get("/operate/")

    assert page.status_code == 200
    assert page.context["counts"]["Organizations"] == 2
    shown = {model["object_name"] for app in page.context["app_list"] for model in app["models"]}
    assert {"User", "Organization", "Membership", "Team", "ApiToken"} <= shown
    assert "Group" not in shown


@pytest.mark.parametrize("model", ["user", "organization", "membership", "team", "apitoken"])
@pytest.mark.parametrize("query", ["", "?q=a", "?o=1", "?q=%00"])
def test_every_list_opens(cast: Cast, olga: Client, model: str, query: str) -> None:
    token_for(cast.bob)

    assert olga.get(f"/operate/identity/{model}/{query}").status_code == 200


def test_every_row_opens(cast: Cast, olga: Client) -> None:
    token_for(cast.bob)
    rows = [cast.bob, cast.acme, Membership.objects.first(), cast.team, ApiToken.objects.first()]

    for row in rows:
        assert row is not None
        path = f"/operate/identity/{row._meta.model_name}/{row.pk}/change/"
        assert olga.get(path).status_code == 200


def test_a_new_account_is_a_deed_and_shows_its_link(cast: Cast, olga: Client, facts: Facts) -> None:
    answer = olga.post("/operate/identity/user/add/", NEW_USER)

    zoe = User.objects.get(username="zoe")
    [(user, link)] = answer.context["links"]
    assert user == zoe
    assert link_works(zoe, link.rpartition("/")[2])
    assert "no-store" in answer["Cache-Control"]
    assert facts.names() == ["identity.account_created", "identity.password_link_offered"]
    assert facts.of(AccountCreated)[0].target_id == zoe.pk
    assert not LogEntry.objects.exists()


def test_a_refused_account_keeps_what_was_typed(cast: Cast, olga: Client) -> None:
    body = {**NEW_USER, "username": cast.bob.username}

    answer = olga.post("/operate/identity/user/add/", body)

    assert answer.status_code == 200
    assert "zoe@example.org" in answer.content.decode()
    assert "username" in answer.context["adminform"].form.errors
    assert not User.objects.filter(email="zoe@example.org").exists()


def _switches(**on: bool) -> dict[str, str]:
    return {name: "on" for name, value in on.items() if value}


def test_switches_are_verbs(cast: Cast, olga: Client, facts: Facts) -> None:
    path = f"/operate/identity/user/{cast.bob.pk}/change/"

    saved = olga.post(path, _switches(is_active=True, is_staff=True))
    closed = olga.post(path, _switches(is_active=False, is_staff=True))

    assert (saved.status_code, closed.status_code) == (302, 302)
    cast.bob.refresh_from_db()
    assert (cast.bob.is_active, cast.bob.is_staff) == (False, True)
    assert [f.target_id for f in facts.of(OperatorAppointed)] == [cast.bob.pk]
    assert [f.target_id for f in facts.of(AccountDeactivated)] == [cast.bob.pk]


def test_nothing_but_the_switches_changes(cast: Cast, olga: Client, facts: Facts) -> None:
    path = f"/operate/identity/user/{cast.bob.pk}/change/"
    body = {**_switches(is_active=True), "username": "evil", "email": "evil@example.org"}

    olga.post(path, {**body, "is_superuser": "on", "password": "x", "kind": "service"})

    row = User.objects.get(pk=cast.bob.pk)
    assert (row.username, row.is_superuser, row.kind) == (cast.bob.username, False, "person")
    assert facts.names() == []


def test_a_refused_switch_says_why_on_the_form(cast: Cast, olga: Client) -> None:
    path = f"/operate/identity/user/{cast.alice.pk}/change/"

    answer = olga.post(path, _switches(is_active=False))

    assert answer.status_code == 200
    assert "keeps at least one owner" in answer.content.decode()
    cast.alice.refresh_from_db()
    assert cast.alice.is_active


def test_bulk_actions_call_the_verb_for_each(cast: Cast, olga: Client, facts: Facts) -> None:
    answer = _act(olga, "/operate/identity/user/", "deactivate", cast.alice, cast.bob, cast.charlie)

    said = _said(answer)
    assert "Deactivate: 2 done." in said
    assert any("keeps at least one owner" in text for text in said)
    assert {f.target_id for f in facts.of(AccountDeactivated)} == {cast.bob.pk, cast.charlie.pk}
    cast.alice.refresh_from_db()
    assert cast.alice.is_active


def test_password_links_for_many(cast: Cast, olga: Client) -> None:
    answer = _act(olga, "/operate/identity/user/", "offer_links", cast.bob, cast.charlie)

    assert {user for user, _link in answer.context["links"]} == {cast.bob, cast.charlie}
    assert "no-store" in answer["Cache-Control"]


def test_accounts_are_not_deleted(cast: Cast, olga: Client) -> None:
    assert olga.get(f"/operate/identity/user/{cast.bob.pk}/delete/").status_code == 403
    _act(olga, "/operate/identity/user/", "delete_selected", cast.bob, post="yes")

    assert User.objects.filter(pk=cast.bob.pk).exists()


def test_a_tenant_is_founded_with_its_owner(cast: Cast, olga: Client, facts: Facts) -> None:
    body = {"name": "New Venture", "slug": "new-venture", "home_region": "local"}

    missing = olga.post("/operate/identity/organization/add/", body)
    made = olga.post("/operate/identity/organization/add/", {**body, "owner": str(cast.bob.pk)})

    assert "owner" in missing.context["adminform"].form.errors
    assert made.status_code == 302
    organization = Organization.objects.get(slug="new-venture")
    assert Membership.objects.get(organization=organization).is_break_glass
    assert [f.target_id for f in facts.of(OrganizationCreated)] == [organization.pk]


def test_tenants_and_members_are_read_only(cast: Cast, olga: Client, facts: Facts) -> None:
    membership = Membership.objects.get(user=cast.bob)
    paths = [
        f"/operate/identity/organization/{cast.acme.pk}/change/",
        f"/operate/identity/membership/{membership.pk}/change/",
        f"/operate/identity/team/{cast.team.pk}/change/",
    ]

    answers = [olga.post(path, {"name": "mine", "role": "owner"}) for path in paths]

    assert [answer.status_code for answer in answers] == [403, 403, 403]
    assert facts.names() == []


def test_the_break_glass_mark_moves(cast: Cast, olga: Client) -> None:
    row = Membership.objects.get(user=cast.alice)

    _act(olga, "/operate/identity/membership/", "appoint_as_break_glass_owner", row)

    row.refresh_from_db()
    assert row.is_break_glass


def test_tokens_are_revoked_and_show_no_text(cast: Cast, olga: Client, facts: Facts) -> None:
    text = token_for(cast.bob)
    row = ApiToken.objects.get()

    _act(olga, "/operate/identity/apitoken/", "revoke", row)

    row.refresh_from_db()
    assert row.revoked_at is not None
    assert [f.target_id for f in facts.of(TokenRevoked)] == [row.pk]
    page = olga.get(f"/operate/identity/apitoken/{row.pk}/change/").content.decode()
    assert row.digest in page
    assert text not in page
    assert olga.get("/operate/identity/apitoken/?state=live").status_code == 200
    assert olga.get("/operate/identity/apitoken/?state=dead").status_code == 200


def test_history_is_the_ledgers(cast: Cast, olga: Client) -> None:
    answer = olga.get(f"/operate/identity/user/{cast.bob.pk}/history/", follow=True)

    assert _said(answer) == ["What was done here stands in the audit ledger."]


def test_leaving_and_passwords_are_everybodys(cast: Cast, olga: Client) -> None:
    out = olga.post("/operate/logout/")

    assert (out.status_code, out["Location"]) == (307, "/sign-out")
    assert olga.get("/operate/password_change/")["Location"] == "/settings/password"


def test_an_admin_that_writes_beside_the_verbs_does_not_start() -> None:
    with pytest.raises(ImproperlyConfigured):
        type("Loose", (VerbAdmin,), {"list_editable": ("name",)})
    with pytest.raises(ImproperlyConfigured):
        type("Nested", (VerbAdmin,), {"inlines": (object,)})


def test_every_registered_admin_is_a_verb_admin() -> None:
    loose = [
        model.__name__
        for model, registered in admin.site._registry.items()
        if not isinstance(registered, VerbAdmin)
    ]

    assert loose == []
