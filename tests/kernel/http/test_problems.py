"""Errors: problem+json with a code, one status for one sort of refusal."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.services import creation, lifecycle
from tests.factories.cast import Cast
from tests.factories.http import Caller

MEMBERS = {"type", "title", "status", "code", "detail"}


def ask(cast: Cast, sort: str) -> Any:
    """A request that is refused for one sort of reason."""
    alice, bob = Caller(cast.alice), Caller(cast.bob)
    session = creation.create_session(
        cast.alice, cast.acme, spec=creation.SessionSpec(name="Refused")
    )
    path = f"/sessions/{session.pk}"
    if sort == "malformed":
        return alice.client.generic("POST", "/api/v1/teams", b"{", content_type="application/json")
    if sort == "invalid":
        return alice.post("/teams", {"name": ""})
    if sort == "not signed in":
        return Caller(None).get(path)
    if sort == "not to be seen":
        return bob.get(path)
    if sort == "not there":
        return alice.get("/no/such/address")
    if sort == "not allowed":
        alice.post(f"{path}/shares", {"user": cast.bob.username, "role": "viewer"})
        return bob.post(f"{path}/messages", {"content": "x"})
    if sort == "not now":
        lifecycle.archive(cast.alice, session)
        return alice.post(f"{path}/messages", {"content": "x"})
    return _over_quota(alice)


def _over_quota(alice: Caller) -> Any:
    paths = [f"/sessions/{alice.post('/sessions', {'name': 'x'}).json()['id']}" for _ in range(6)]
    return [alice.post(f"{path}/messages", {"content": "x"}) for path in paths][-1]


@pytest.mark.parametrize(
    ("sort", "status", "code"),
    [
        ("malformed", 400, "invalid"),
        ("invalid", 400, "invalid"),
        ("not signed in", 401, "not_signed_in"),
        ("not allowed", 403, "not_allowed"),
        ("not to be seen", 404, "not_found"),
        ("not there", 404, "not_found"),
        ("not now", 409, "archived"),
        ("quota", 429, "session_quota"),
    ],
)
def test_each_sort_of_refusal_has_its_status_and_code(
    cast: Cast, sort: str, status: int, code: str
) -> None:
    answer = ask(cast, sort)

    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert set(problem) >= MEMBERS
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["title"]
    assert problem["detail"]
    if status == 400:
        assert problem["errors"]
        assert all(set(one) == {"pointer", "detail"} for one in problem["errors"])
    if status == 429:
        assert (problem["limit"], problem["current"]) == (5, 5)
        assert problem["remedy"]
