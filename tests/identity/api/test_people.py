"""Oneself, organizations, members, teams and people by API, as clients see them."""

from __future__ import annotations

from typing import Any

import pytest

from identity.models import Membership, User
from tests.factories.cast import PASSWORD, Cast
from tests.factories.http import Caller


@pytest.fixture
def alice(cast: Cast) -> Caller:
    return Caller(cast.alice)


def _ids(answer: Any) -> set[str]:
    return {row["id"] for row in answer.json()["results"]}


def test_me(cast: Cast) -> None:
    me = Caller(cast.bob).get("/me").json()

    assert me["id"] == str(cast.bob.pk)
    assert [(o["slug"], o["role"]) for o in me["organizations"]] == [(cast.acme.slug, "member")]
    assert me["token"]["name"] == "test"
    assert me["is_operator"] is False
    assert "password" not in str(me)


def test_me_changes_name_and_nothing_else(cast: Cast) -> None:
    bob = Caller(cast.bob)

    assert bob.patch("/me", {"full_name": "Bob the Builder"}).json()["name"] == "Bob the Builder"
    refused = bob.patch("/me", {"is_staff": True})

    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"pointer": "/is_staff", "detail": "This field is not known."}
    ]
    assert not User.objects.get(pk=cast.bob.pk).is_staff


def test_a_password_changes_with_the_present_one(cast: Cast) -> None:
    bob = Caller(cast.bob)

    wrong = bob.post("/me/password", {"current": "no", "new": "seven quiet mountains"})
    weak = bob.post("/me/password", {"current": PASSWORD, "new": "short"})
    right = bob.post("/me/password", {"current": PASSWORD, "new": "seven quiet mountains"})

    assert (wrong.status_code, wrong.json()["code"]) == (400, "wrong_password")
    assert (weak.status_code, weak.json()["errors"][0]["pointer"]) == (400, "/new")
    assert right.status_code == 204
    assert User.objects.get(pk=cast.bob.pk).check_password("seven quiet mountains")


def test_organizations_are_ones_own(cast: Cast, alice: Caller) -> None:
    mine = alice.get("/organizations")

    assert _ids(mine) == {str(cast.acme.pk)}
    assert mine.json()["results"][0]["role"] == "owner"
    assert alice.get(f"/organizations/{cast.other.pk}").status_code == 404
    assert Caller(cast.olga).get("/organizations").json()["results"] == []
    assert Caller(cast.olga).get(f"/organizations/{cast.acme.pk}").status_code == 404


def test_rules_of_an_organization(cast: Cast, alice: Caller) -> None:
    path = f"/organizations/{cast.acme.pk}"

    answer = alice.patch(path, {"forbid_bypass": True, "allowed_domains": ["pypi.org"]})

    assert answer.status_code == 200
    assert (answer.json()["forbid_bypass"], answer.json()["allowed_domains"]) == (
        True,
        ["pypi.org"],
    )
    assert Caller(cast.bob).patch(path, {"forbid_bypass": False}).status_code == 403
    assert Caller(cast.dora).patch(path, {"forbid_bypass": False}).status_code == 404
    assert alice.patch(path, {"forbid_bypass": "perhaps"}).status_code == 400
    assert alice.patch(path, {"slug": "mine"}).status_code == 400


def test_only_operators_found_further_organizations(cast: Cast) -> None:
    body = {"name": "New Venture", "owner": cast.bob.username}

    refused = Caller(cast.bob).post("/organizations", {"name": "Mine"})
    made = Caller(cast.olga).post("/organizations", body)
    unknown = Caller(cast.olga).post("/organizations", {"name": "X", "owner": "nobody at all"})

    assert refused.status_code == 403
    assert made.status_code == 201
    assert Membership.objects.get(organization=made.json()["id"]).user == cast.bob
    assert unknown.status_code == 400


def test_members(cast: Cast, alice: Caller) -> None:
    path = f"/organizations/{cast.acme.pk}/members"
    listed = alice.get(path).json()["results"]

    assert {m["user"]["username"] for m in listed} == {
        p.username for p in (cast.alice, cast.bob, cast.charlie, cast.anna)
    }
    by_person = alice.get(f"{path}/{cast.bob.pk}").json()
    assert alice.get(f"{path}/{by_person['id']}").json() == by_person
    assert alice.patch(f"{path}/{cast.bob.pk}", {"role": "admin"}).json()["role"] == "admin"
    assert alice.patch(f"{path}/{cast.alice.pk}", {"role": "member"}).status_code == 409
    assert alice.delete(f"{path}/{cast.bob.pk}").status_code == 204
    assert alice.get(f"{path}/{cast.bob.pk}").status_code == 404
    assert Caller(cast.charlie).delete(f"{path}/{cast.alice.pk}").status_code == 403
    assert Caller(cast.charlie).delete(f"{path}/{cast.charlie.pk}").status_code == 204
    assert Caller(cast.dora).get(path).status_code == 404


def test_teams(cast: Cast, alice: Caller) -> None:
    made = alice.post("/teams", {"name": "Data"}).json()
    path = f"/teams/{made['id']}"

    added = alice.post(f"{path}/members", {"user": cast.bob.username, "role": "lead"})
    assert added.status_code == 201
    assert (added.json()["user"]["username"], added.json()["role"]) == (cast.bob.username, "lead")
    assert alice.get(path).json()["member_count"] == 1
    assert [m["user"]["id"] for m in alice.get(f"{path}/members").json()["results"]] == [
        str(cast.bob.pk)
    ]
    assert alice.patch(path, {"name": "Data Platform"}).json()["name"] == "Data Platform"
    assert alice.post(f"{path}/members", {"user": cast.dora.username}).status_code == 400
    assert Caller(cast.charlie).patch(path, {"name": "x"}).status_code == 403
    assert Caller(cast.dora).get(path).status_code == 404
    assert alice.delete(f"{path}/members/{cast.bob.pk}").status_code == 204
    assert alice.delete(path).status_code == 204
    assert alice.get(path).status_code == 404


def test_people_are_found_by_parts_of_their_names(cast: Cast, alice: Caller) -> None:
    tail = cast.bob.username.rpartition("-")[2]

    assert _ids(alice.get(f"/users?q=bob {tail}")) == {str(cast.bob.pk)}
    assert _ids(alice.get(f"/users?q={tail}")) == {
        str(p.pk) for p in (cast.alice, cast.bob, cast.charlie, cast.anna)
    }
    assert _ids(alice.get(f"/users?q=dora-{tail}")) == set()
    assert alice.get(f"/users/{cast.dora.pk}").status_code == 404
    assert set(alice.get(f"/users/{cast.bob.pk}").json()) == {"id", "username", "name", "kind"}


def test_statistics_are_the_operators(cast: Cast, alice: Caller) -> None:
    counts = Caller(cast.olga).get("/admin/stats").json()["counts"]

    assert counts["identity.users"] == User.objects.count()
    assert counts["identity.organizations"] == 2
    assert all(isinstance(number, int) for number in counts.values())
    assert alice.get("/admin/stats").status_code == 403
    assert Caller(None).get("/admin/stats").status_code == 401


@pytest.mark.parametrize(
    "path",
    [
        "/me",
        "/organizations",
        "/invitations",
        "/teams",
        "/tokens",
        "/users",
        "/admin/stats",
    ],
)
def test_strangers_get_401(db: None, path: str) -> None:
    answer = Caller(None).get(path)

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")
