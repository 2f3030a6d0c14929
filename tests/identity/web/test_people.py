"""People, teams, tokens, invitations and the organization's rules, without JavaScript."""

from __future__ import annotations

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Team,
    TeamMember,
    User,
)
from identity.selectors.tokens import token_of
from tests.factories.cast import Cast


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.fixture
def alice(cast: Cast) -> Client:
    return browser(cast.alice)


def _membership(cast: Cast, name: str) -> Membership:
    return Membership.objects.get(user=cast.people()[name])


def test_an_owner_sees_everybody_and_may_change_them(cast: Cast, alice: Client) -> None:
    page = alice.get("/settings/people")

    lines = {line.user.username: line for line in page.context["members"]}
    assert set(lines) == {p.username for p in (cast.alice, cast.bob, cast.charlie, cast.anna)}
    assert lines[cast.bob.username].teams == ["Platform"]
    assert lines[cast.bob.username].can_change
    assert lines[cast.alice.username].is_me
    assert not lines[cast.alice.username].can_change
    assert page.context["can_manage"] is True


def test_a_member_sees_and_changes_nothing(cast: Cast) -> None:
    bob = browser(cast.bob)

    page = bob.get("/settings/people")
    refused = bob.post(
        "/settings/people", {"member": str(_membership(cast, "charlie").pk), "role": "admin"}
    )

    assert page.context["can_manage"] is False
    assert not any(line.can_change for line in page.context["members"])
    assert 'action="/settings/people/invite"' not in page.content.decode()
    assert refused.status_code == 403
    assert _membership(cast, "charlie").role == "member"


def test_roles_change_and_people_go(cast: Cast, alice: Client) -> None:
    bob = str(_membership(cast, "bob").pk)

    assert alice.post("/settings/people", {"member": bob, "role": "admin"}).status_code == 302
    assert _membership(cast, "bob").role == "admin"
    assert alice.post("/settings/people", {"member": bob, "remove": "1"}).status_code == 302
    assert not Membership.objects.filter(user=cast.bob).exists()


def test_the_last_owner_is_told_why(cast: Cast, alice: Client) -> None:
    mine = str(_membership(cast, "alice").pk)

    answer = alice.post("/settings/people", {"member": mine, "role": "member"})

    assert answer.status_code == 409
    assert "keeps at least one owner" in answer.content.decode()


@pytest.mark.parametrize("member", ["", "not-a-key", "01890000-0000-7000-8000-000000000000"])
def test_unknown_members_are_404(cast: Cast, alice: Client, member: str) -> None:
    assert alice.post("/settings/people", {"member": member, "role": "admin"}).status_code == 404


def test_members_of_other_organizations_are_404(cast: Cast, alice: Client) -> None:
    dora = str(_membership(cast, "dora").pk)

    assert alice.post("/settings/people", {"member": dora, "role": "guest"}).status_code == 404


def test_an_invitation_shows_its_link_once(cast: Cast, alice: Client) -> None:
    answer = alice.post("/settings/people/invite", {"email": "zoe@example.org", "role": "member"})
    row = Invitation.objects.get()

    [line] = answer.context["invitations"]
    assert line.url.startswith("http://127.0.0.1:8000/invitations/qd_inv_")
    assert line.url in answer.content.decode()
    assert answer["Cache-Control"] == "no-store"
    assert "qd_inv_" not in alice.get("/settings/people").content.decode()
    assert alice.post("/settings/people/invite", {"withdraw": str(row.pk)}).status_code == 302
    assert alice.get("/settings/people").context["invitations"] == []


def test_a_stranger_joins_by_the_link(cast: Cast, alice: Client) -> None:
    answer = alice.post("/settings/people/invite", {"email": "zoe@example.org", "role": "member"})
    path = answer.context["invitations"][0].url.removeprefix("http://127.0.0.1:8000")
    stranger = Client()
    body = {"username": "zoe", "password1": "seven quiet mountains"}

    assert stranger.get(path).status_code == 200
    slip = stranger.post(path, {**body, "password2": "seven quiet mountain"})
    taken = stranger.post(
        path, {**body, "username": cast.bob.username, "password2": body["password1"]}
    )
    done = stranger.post(path, {**body, "password2": body["password1"]})

    assert list(slip.context["form"].errors) == ["password2"]
    assert taken.context["form"].non_field_errors() == ["This name is taken already."]
    assert (done.status_code, done["Location"]) == (302, "/")
    assert stranger.get("/settings/people").context["can_manage"] is False
    assert Client().get(path).status_code == 410


def test_somebody_signed_in_only_confirms(cast: Cast, alice: Client) -> None:
    answer = alice.post("/settings/people/invite", {"email": "dora@example.org", "role": "guest"})
    path = answer.context["invitations"][0].url.removeprefix("http://127.0.0.1:8000")
    dora = browser(cast.dora)

    assert dora.get(path).context["form"] is None
    assert dora.post(path)["Location"] == "/"
    assert Membership.objects.get(user=cast.dora, organization=cast.acme).role == "guest"
    assert dora.get("/settings").context["shell"]["organization"] == cast.acme


def test_the_choice_of_organization_stays_and_is_ones_own(cast: Cast) -> None:
    Membership.objects.create(organization=cast.other, user=cast.bob, role="member")
    bob = browser(cast.bob)

    shown = bob.get(f"/settings?organization={cast.other.slug}").context["shell"]
    again = bob.get("/settings").context["shell"]
    stranger = browser(cast.charlie)
    refused = stranger.get(f"/settings?organization={cast.other.slug}").context["shell"]

    assert (shown["organization"], again["organization"]) == (cast.other, cast.other)
    assert [row.pk for row in shown["organizations"]] == [cast.acme.pk, cast.other.pk]
    assert refused["organization"] == cast.acme
    assert [row.pk for row in refused["organizations"]] == [cast.acme.pk]


def test_teams_by_forms(cast: Cast, alice: Client) -> None:
    assert alice.post("/settings/teams", {"name": "Data"}).status_code == 302
    team = Team.objects.get(slug="data")
    key = str(team.pk)
    bob = cast.bob.username

    assert alice.post("/settings/teams", {"team": key, "add": bob}).status_code == 302
    assert [m.user for m in team.members.all()] == [cast.bob]
    stranger = alice.post("/settings/teams", {"team": key, "add": cast.dora.username})
    assert stranger.status_code == 400
    assert "no such person" in stranger.content.decode()
    assert alice.post("/settings/teams", {"team": key, "remove": bob}).status_code == 302
    assert alice.post("/settings/teams", {"team": key, "rename": "Data 2"}).status_code == 302
    team.refresh_from_db()
    assert team.name == "Data 2"
    taken = alice.post("/settings/teams", {"name": "Platform"})
    assert list(taken.context["form"].errors) == ["name"]
    assert alice.post("/settings/teams", {"team": key, "delete": "1"}).status_code == 302
    assert not Team.objects.filter(pk=team.pk).exists()


def test_a_member_changes_no_team(cast: Cast) -> None:
    bob = browser(cast.bob)

    page = bob.get("/settings/teams")
    refused = bob.post("/settings/teams", {"team": str(cast.team.pk), "add": cast.charlie.username})

    assert page.context["can_manage"] is False
    assert refused.status_code == 403
    assert bob.post("/settings/teams", {"name": "Mine"}).status_code == 400
    assert Team.objects.filter(organization=cast.acme).count() == 1


def test_a_token_is_shown_on_one_answer(cast: Cast) -> None:
    bob = browser(cast.bob)

    made = bob.post("/settings/tokens/new", {"name": "ci", "scopes": ["read"]})
    row = ApiToken.objects.get()

    text = made.context["new_token"]
    assert token_of(text) == row
    assert made["Cache-Control"] == "no-store"
    assert text in made.content.decode()
    assert text not in bob.get("/settings/tokens").content.decode()
    assert bob.post(f"/settings/tokens/{row.pk}/revoke").status_code == 302
    assert token_of(text) is None
    assert [t.status for t in bob.get("/settings/tokens").context["tokens"]] == ["revoked"]


def test_a_nameless_token_is_not_made(cast: Cast) -> None:
    answer = browser(cast.bob).post("/settings/tokens/new", {"name": "", "expires_in_days": "0"})

    assert answer.status_code == 400
    assert set(answer.context["form"].errors) == {"name", "expires_in_days"}
    assert not ApiToken.objects.exists()


def test_tokens_of_others_are_404(cast: Cast) -> None:
    browser(cast.bob).post("/settings/tokens/new", {"name": "ci"})
    row = ApiToken.objects.get()

    assert browser(cast.charlie).post(f"/settings/tokens/{row.pk}/revoke").status_code == 404
    row.refresh_from_db()
    assert row.revoked_at is None


def test_the_rules_of_the_organization(cast: Cast, alice: Client) -> None:
    body = {"name": "Acme", "forbid_bypass": "on", "denied_tools": "shell\n\n shell \nwrite"}

    assert alice.post("/settings/organization", body).status_code == 302
    row = Organization.objects.get(pk=cast.acme.pk)
    assert (row.forbid_bypass, row.separate_approver) == (True, False)
    assert row.denied_tools == ["shell", "write"]
    assert "shell\nwrite" in alice.get("/settings/organization").content.decode()
    assert browser(cast.bob).get("/settings/organization").status_code == 403
    assert browser(cast.bob).post("/settings/organization", body).status_code == 403


def test_somebody_without_an_organization_has_their_own_pages(cast: Cast) -> None:
    olga = browser(cast.olga)

    assert olga.get("/settings").status_code == 200
    assert olga.get("/settings/tokens").status_code == 200
    assert olga.get("/settings/people").status_code == 404
    assert olga.post("/settings/tokens/new", {"name": "ops"}).context["new_token"]


@pytest.mark.parametrize(
    "path", ["people", "teams", "tokens", "password", "organization", "people/invite"]
)
def test_strangers_are_sent_to_the_door(db: None, path: str) -> None:
    answer = Client().get(f"/settings/{path}")

    assert answer["Location"] == f"/sign-in?next=/settings/{path}"


def _queries(client: Client, path: str) -> int:
    with CaptureQueriesContext(connection) as seen:
        answer = client.get(path)
    assert answer.status_code == 200
    return len(seen)


@pytest.mark.parametrize("path", ["/settings/people?limit=200", "/settings/teams"])
def test_queries_do_not_grow_with_rows(cast: Cast, alice: Client, path: str) -> None:
    counts: list[int] = []
    alice.get(path)

    for more in (1, 9, 90):
        _people_more(cast, more, len(counts))
        counts.append(_queries(alice, path))

    assert len(set(counts)) == 1, counts


def _people_more(cast: Cast, count: int, step: int) -> Any:
    made = User.objects.bulk_create(
        User(username=f"q{step}-{n}-{cast.acme.slug}") for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(organization=cast.acme, user=user, role="member") for user in made
    )
    for n, user in enumerate(made):
        group = Group.objects.create(name=f"g{step}-{n}-{cast.acme.slug}")
        team = Team.objects.create(
            organization=cast.acme, slug=f"t{step}-{n}", name=f"T{step} {n}", group=group
        )
        TeamMember.objects.create(team=team, user=user)
