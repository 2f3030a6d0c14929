"""Halts by API: made, listed, ended; everything else is refused in the words of the contract."""

from __future__ import annotations

import pytest

from identity.models import Stop
from kernel.ids import uuid7
from tests.factories.cast import Cast
from tests.factories.http import Caller


def test_made_listed_ended(cast: Cast) -> None:
    alice, bob = Caller(cast.alice), Caller(cast.bob)

    made = alice.post("/stops", {"person": cast.bob.username, "reason": "a leak"})
    assert made.status_code == 201, made.content
    body = made.json()
    assert (body["scope"], body["tool"], body["reason"]) == ("person", "", "a leak")
    assert body["person"]["id"] == str(cast.bob.pk)
    assert body["stopped_by"]["id"] == str(cast.alice.pk)
    assert [one["id"] for one in bob.get("/stops").json()["results"]] == [body["id"]]
    assert Caller(cast.dora).get("/stops").json()["results"] == []

    assert bob.delete(f"/stops/{body['id']}").status_code == 403
    assert alice.delete(f"/stops/{body['id']}").status_code == 204
    assert bob.get("/stops").json()["results"] == []
    assert bob.get(f"/stops/{body['id']}").json()["ended_at"] is not None


def test_stopped_work_is_refused_with_409_and_the_reason(cast: Cast) -> None:
    alice = Caller(cast.alice)
    session = alice.post("/sessions", {"name": "s"}).json()["id"]
    alice.post("/stops", {"reason": "a leak"})

    refused = alice.post(f"/sessions/{session}/messages", {"content": "go"})

    assert refused.status_code == 409
    assert refused.json()["code"] == "stopped"
    assert refused.json()["reason"] == "a leak"
    assert alice.get(f"/sessions/{session}/messages").json()["results"] == []


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"person": "nobody-here"}, "/user"),
        ({"tool": "x" * 201}, "/tool"),
        ({"tool": ""}, "/tool"),
        ({"reason": "x" * 301}, "/reason"),
        ({"scope": "all"}, "/scope"),
    ],
)
def test_nonsense_is_400(cast: Cast, body: dict[str, str], pointer: str) -> None:
    refused = Caller(cast.alice).post("/stops", body)

    assert refused.status_code == 400
    assert [one["pointer"] for one in refused.json()["errors"]] == [pointer]
    assert not Stop.objects.exists()


def test_strangers(cast: Cast) -> None:
    body = {"organization": str(cast.acme.pk)}

    assert Caller(None).post("/stops", body).status_code == 401
    assert Caller(cast.dora).post("/stops", body).status_code == 404
    assert Caller(cast.bob).post("/stops", body).status_code == 403
    assert Caller(cast.alice).delete(f"/stops/{uuid7()}").status_code == 404
