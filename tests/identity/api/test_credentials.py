"""Tokens and invitations by API: shown once, scoped, revoked at once."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client

from identity.models import ApiToken, Membership, User
from kernel import clock
from kernel.models import IdempotencyKey
from tests.factories.cast import Cast
from tests.factories.http import Caller


def test_a_token_is_shown_once_and_works_until_revoked(cast: Cast) -> None:
    bob = Caller(cast.bob)

    made = bob.post("/tokens", {"name": "ci"})
    fresh = Caller(None, token=made.json()["token"])

    assert made.status_code == 201
    assert fresh.get("/me").json()["token"]["id"] == made.json()["id"]
    listed = {row["id"]: row for row in bob.get("/tokens").json()["results"]}
    assert "token" not in listed[made.json()["id"]]
    assert fresh.delete(f"/tokens/{made.json()['id']}").status_code == 204
    assert fresh.get("/me").status_code == 401


def test_a_reading_token_writes_nothing(cast: Cast) -> None:
    made = Caller(cast.bob).post("/tokens", {"name": "ro", "scopes": ["read"]}).json()
    reader = Caller(None, token=made["token"])

    assert reader.get("/me").status_code == 200
    refused = reader.patch("/me", {"full_name": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(("scopes", "status"), [(["metrics"], 200), (["read"], 403), ([], 403)])
def test_metrics_are_for_tokens_that_say_so(cast: Cast, scopes: list[str], status: int) -> None:
    made = Caller(cast.bob).post("/tokens", {"name": "prometheus", "scopes": scopes}).json()
    from_elsewhere = Client(
        REMOTE_ADDR="10.0.0.9", headers={"Authorization": f"Bearer {made['token']}"}
    )

    assert from_elsewhere.get("/metrics").status_code == status
    if scopes == ["metrics"]:
        assert Caller(None, token=made["token"]).get("/me").status_code == 403


def test_a_token_ends_in_time(cast: Cast) -> None:
    end = clock.now() + timedelta(hours=1)
    made = Caller(cast.bob).post("/tokens", {"name": "x", "expires_at": end.isoformat()}).json()

    with clock.shifted(hours=2):
        assert Caller(None, token=made["token"]).get("/me").status_code == 401


def test_tokens_of_others_are_nobodys_business(cast: Cast) -> None:
    made = Caller(cast.bob).post("/tokens", {"name": "ci"}).json()

    assert Caller(cast.charlie).get(f"/tokens/{made['id']}").status_code == 404
    assert Caller(cast.charlie).delete(f"/tokens/{made['id']}").status_code == 404
    assert made["id"] not in str(Caller(cast.alice).get("/tokens").content)
    assert Caller(cast.alice).delete(f"/tokens/{made['id']}").status_code == 204


def test_a_repeated_request_makes_one_token_and_keeps_no_text(cast: Cast) -> None:
    bob = Caller(cast.bob)

    first = bob.post("/tokens", {"name": "ci"}, **{"Idempotency-Key": "k1"})
    second = bob.post("/tokens", {"name": "ci"}, **{"Idempotency-Key": "k1"})

    assert (first.status_code, second.status_code) == (201, 201)
    assert second.json()["id"] == first.json()["id"]
    assert "token" not in second.json()
    assert first.json()["token"] not in str(IdempotencyKey.objects.get().body)
    assert ApiToken.objects.filter(name="ci").count() == 1


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"name": ""},
        {"name": "x", "scopes": ["all"]},
        {"name": "x", "scopes": "read"},
        {"name": 7},
        {"name": "x" * 121},
        {"name": "x", "expires_at": "yesterday"},
        {"name": "x", "expires_at": "2001-01-01T00:00:00Z"},
        {"name": "x", "digest": "0" * 64},
        [],
        "text",
    ],
)
def test_hostile_bodies_make_no_token(cast: Cast, body: object) -> None:
    bob = Caller(cast.bob)

    answer = bob.post("/tokens", body)

    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"].startswith("application/problem+json")
    assert ApiToken.objects.filter(user=cast.bob).count() == 1


def test_an_invitation_from_link_to_member(cast: Cast) -> None:
    alice = Caller(cast.alice)
    made = alice.post("/invitations", {"email": "zoe@example.org", "role": "member"})
    code = made.json()["link"].rpartition("/")[2]

    assert made.status_code == 201
    assert "link" not in alice.get(f"/invitations/{made.json()['id']}").json()
    body = {"code": code, "username": "zoe", "password": "seven quiet mountains"}
    joined = Caller(None).post("/invitations/accept", body)

    assert joined.status_code == 200, joined.content
    zoe = User.objects.get(username="zoe")
    assert joined.json()["id"] == str(zoe.pk)
    assert Membership.objects.get(user=zoe).role == "member"
    again = Caller(None).post("/invitations/accept", {**body, "username": "zoe2"})
    assert (again.status_code, again.json()["code"]) == (409, "invitation_gone")


def test_an_invitation_is_refused_without_its_code_or_a_password(cast: Cast) -> None:
    made = Caller(cast.alice).post("/invitations", {"email": "z@example.org", "role": "guest"})
    code = made.json()["link"].rpartition("/")[2]

    unknown = Caller(None).post("/invitations/accept", {"code": "qd_inv_nothing"})
    bare = Caller(None).post("/invitations/accept", {"code": code, "username": "z"})
    nobody = Caller(None).post("/invitations/accept", {"code": code})

    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_invitation")
    assert (bare.status_code, bare.json()["errors"][0]["pointer"]) == (400, "/password")
    assert nobody.status_code == 400


def test_invitations_are_managers_business(cast: Cast) -> None:
    made = Caller(cast.alice).post("/invitations", {"email": "z@example.org", "role": "guest"})
    path = f"/invitations/{made.json()['id']}"

    assert Caller(cast.bob).get(path).status_code == 404
    assert Caller(cast.bob).get("/invitations").json()["results"] == []
    assert (
        Caller(cast.bob)
        .post("/invitations", {"email": "y@example.org", "role": "guest"})
        .status_code
        == 403
    )
    assert Caller(cast.alice).delete(path).status_code == 204
    assert Caller(cast.alice).get(path).json()["revoked_at"] is not None
