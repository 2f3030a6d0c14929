"""Sharing by API: a person by name or id, a team by slug or id, a role, perhaps an end."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from kernel import clock
from tests.factories.cast import Cast
from tests.factories.http import Caller


@pytest.fixture
def alice(cast: Cast) -> Caller:
    return Caller(cast.alice)


@pytest.fixture
def path(alice: Caller) -> str:
    made = alice.post("/sessions", {"name": "Shared"}).json()
    return f"/sessions/{made['id']}/shares"


def subjects(cast: Cast) -> dict[str, dict[str, str]]:
    return {
        "by name": {"user": cast.bob.username},
        "by id": {"user": str(cast.bob.pk)},
        "team by slug": {"team": cast.team.slug},
        "team by id": {"team": str(cast.team.pk)},
    }


@pytest.mark.parametrize("how", ["by name", "by id", "team by slug", "team by id"])
def test_a_share_is_made_listed_and_taken_back(
    cast: Cast, alice: Caller, path: str, how: str
) -> None:
    bob, session = Caller(cast.bob), path.removesuffix("/shares")
    assert bob.get(session).status_code == 404

    made = alice.post(path, {**subjects(cast)[how], "role": "commenter"})

    assert made.status_code == 201, made.content
    assert set(made.json()) == {"id", "kind", "subject", "role", "expires_at"}
    assert (made.json()["kind"], made.json()["role"]) == (
        "team" if "team" in how else "user",
        "commenter",
    )
    assert bob.get(session).status_code == 200
    listed = alice.get(path).json()
    assert listed == {"results": [made.json()], "next": None, "previous": None}
    assert alice.delete(f"{path}/{made.json()['id']}").status_code == 204
    assert bob.get(session).status_code == 404
    assert alice.delete(f"{path}/{made.json()['id']}").status_code == 404


def test_another_role_replaces_the_first(cast: Cast, alice: Caller, path: str) -> None:
    first = alice.post(path, {"user": cast.bob.username, "role": "viewer"}).json()

    second = alice.post(path, {"user": cast.bob.username, "role": "editor"})

    assert (second.status_code, second.json()["role"]) == (201, "editor")
    assert second.json()["id"] == first["id"]
    assert len(alice.get(path).json()["results"]) == 1


def test_a_share_ends_in_time(cast: Cast, alice: Caller, path: str) -> None:
    end = clock.now() + timedelta(hours=1)
    made = alice.post(
        path, {"user": cast.bob.username, "role": "viewer", "expires_at": end.isoformat()}
    )

    assert made.json()["expires_at"] == end.isoformat().replace("+00:00", "Z")
    assert Caller(cast.bob).get(path).status_code == 200
    with clock.shifted(hours=2):
        assert Caller(cast.bob).get(path).status_code == 404


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"role": "viewer"}, "/user"),
        ({"user": "@bob", "team": "platform", "role": "viewer"}, "/user"),
        ({"user": "@bob"}, "/role"),
        ({"user": "@bob", "role": "owner"}, "/role"),
        ({"user": "@bob", "role": "admin"}, "/role"),
        ({"user": "nobody-here", "role": "viewer"}, "/user"),
        ({"user": "@dora", "role": "viewer"}, "/user"),
        ({"team": "nothing", "role": "viewer"}, "/team"),
        ({"user": "@bob", "role": "viewer", "expires_at": "soon"}, "/expires_at"),
    ],
)
def test_what_cannot_be_shared_is_400(
    cast: Cast, alice: Caller, path: str, body: dict[str, Any], pointer: str
) -> None:
    people = {f"@{name}": who.username for name, who in cast.people().items()}

    answer = alice.post(path, {**body, "user": people.get(body["user"], body["user"])}
                        if "user" in body else body)  # fmt: skip

    assert answer.status_code == 400, answer.content
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert alice.get(path).json()["results"] == []


def test_only_the_owner_shares(cast: Cast, alice: Caller, path: str) -> None:
    alice.post(path, {"user": cast.bob.username, "role": "editor"})
    body = {"user": cast.charlie.username, "role": "viewer"}

    found = {name: Caller(who).post(path, body).status_code for name, who in cast.people().items()}

    assert found == {
        "alice": 201, "bob": 403, "charlie": 403, "dora": 404, "olga": 404, "anna": 404,
    }  # fmt: skip
