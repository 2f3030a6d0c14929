"""Sessions by API, as a client sees them."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from sessions_app.models import SessionEvent
from tests.factories.cast import Cast, token_for


def client_of(user: Any) -> Client:
    return Client(headers={"Authorization": f"Bearer {token_for(user)}"})


@pytest.fixture
def alice(cast: Cast) -> Client:
    return client_of(cast.alice)


def make(client: Client, **body: Any) -> dict[str, Any]:
    answer = client.post(
        "/api/v1/sessions", {"name": "One", **body}, content_type="application/json"
    )
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_a_new_session_is_idle_and_seen_by_its_owner_only(cast: Cast, alice: Client) -> None:
    made = make(alice)

    assert made["status"] == "idle"
    assert made["runtime"] == "embedded"
    assert alice.get(f"/api/v1/sessions/{made['id']}").json()["name"] == "One"
    for other in (cast.bob, cast.charlie, cast.dora, cast.anna, cast.olga):
        assert client_of(other).get(f"/api/v1/sessions/{made['id']}").status_code == 404


def test_unknown_fields_are_refused_with_a_pointer(alice: Client) -> None:
    answer = alice.post(
        "/api/v1/sessions", {"name": "x", "colour": 1}, content_type="application/json"
    )

    assert answer.status_code == 400
    assert answer["Content-Type"].startswith("application/problem+json")
    assert answer.json()["errors"][0]["pointer"] == "/colour"


def test_nobody_gets_401(db: None) -> None:
    answer = Client().get("/api/v1/sessions")

    assert answer.status_code == 401
    assert answer.json()["code"] == "not_signed_in"


def test_a_prompt_is_stored_and_queued_in_one_order(alice: Client) -> None:
    made = make(alice)

    first = alice.post(
        f"/api/v1/sessions/{made['id']}/messages",
        {"content": "/sh true"},
        content_type="application/json",
    )
    second = alice.post(
        f"/api/v1/sessions/{made['id']}/query",
        {"prompt": "/sh false"},
        content_type="application/json",
    )

    assert first.status_code == second.status_code == 202
    assert first.json()["seq"] < second.json()["seq"]
    seqs = list(
        SessionEvent.objects.filter(session_id=made["id"]).order_by("seq").values_list("seq")
    )
    assert [s for (s,) in seqs] == list(range(1, len(seqs) + 1))
    assert alice.get(f"/api/v1/sessions/{made['id']}").json()["status"] == "queued"


def test_idempotency_key_makes_one_session(alice: Client) -> None:
    body = {"name": "once"}
    headers = {"Idempotency-Key": "abc"}

    answers = [
        alice.post("/api/v1/sessions", body, content_type="application/json", headers=headers)
        for _ in range(2)
    ]

    assert answers[0].json()["id"] == answers[1].json()["id"]
    assert len(alice.get("/api/v1/sessions").json()["results"]) == 1


def test_sharing_lets_bob_read_and_revoking_takes_it_away(cast: Cast, alice: Client) -> None:
    made = make(alice)
    bob = client_of(cast.bob)
    url = f"/api/v1/sessions/{made['id']}/shares"

    share = alice.post(
        url, {"user": cast.bob.username, "role": "viewer"}, content_type="application/json"
    )

    assert share.status_code == 201, share.content
    assert bob.get(f"/api/v1/sessions/{made['id']}/messages").status_code == 200
    prompt = bob.post(
        f"/api/v1/sessions/{made['id']}/messages",
        {"content": "hi"},
        content_type="application/json",
    )
    assert prompt.status_code == 403
    assert alice.delete(f"{url}/{share.json()['id']}").status_code == 204
    assert bob.get(f"/api/v1/sessions/{made['id']}").status_code == 404


def test_the_sixth_busy_session_is_refused_and_nothing_is_made(alice: Client) -> None:
    ids = [make(alice, name=f"s{n}")["id"] for n in range(6)]
    for one in ids[:5]:
        alice.post(
            f"/api/v1/sessions/{one}/messages", {"content": "x"}, content_type="application/json"
        )

    sixth = alice.post(
        f"/api/v1/sessions/{ids[5]}/messages", {"content": "x"}, content_type="application/json"
    )

    assert sixth.status_code == 429
    assert sixth.json()["limit"] == sixth.json()["current"] == 5
    assert sixth.json()["remedy"]
    assert alice.get(f"/api/v1/sessions/{ids[5]}/messages").json()["results"] == []
