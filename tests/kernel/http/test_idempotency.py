"""`Idempotency-Key` on every POST: the deed is done once, the answer is given again."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import UUID

import pytest
from django.db import connections

from identity.models import Organization, Team
from kernel.actions import registry
from kernel.models import IdempotencyKey
from sessions_app.models import AgentSession
from tests.factories.cast import PASSWORD, Cast, make_cast
from tests.factories.http import Caller
from tests.factories.schema import operations
from tests.factories.targets import case_of
from tests.resilience.hostile import addressed, objects, rows


def _quiet(alice: Caller, where: str) -> None:
    assert alice.post(f"{where.rpartition('/')[0]}/cancel").status_code == 202


# A body with which each POST succeeds; what it needs first is done by the function beside it.
BODIES: dict[str, Any] = {
    "/approvals/{id}/approve": {},
    "/approvals/{id}/deny": {"reason": "no"},
    "/invitations": {"email": "yan@example.org", "role": "member"},
    "/mcp-servers": {"name": "time", "transport": "stdio", "command": "mcp-server-time"},
    "/mcp-servers/import": {"mcpServers": {"time": {"command": "mcp-server-time"}}},
    "/mcp-servers/{id}/disable": {},
    "/mcp-servers/{id}/enable": {},
    "/mcp-servers/{id}/refresh": {},
    "/me/password": {"current": PASSWORD, "new": "seven quiet mountains"},
    "/projects": {"name": "Once"},
    "/projects/{id}/members": {"user": "@charlie"},
    "/secrets": {"name": "once", "type": "token", "value": "told to nobody"},
    "/secrets/{id}/rotate": {"value": "told to nobody either"},
    "/sessions": {"name": "once"},
    "/sessions/{id}/attachments": {"kept": "as it is"},
    "/sessions/{id}/cancel": {},
    "/sessions/{id}/fork": {},
    "/sessions/{id}/messages": {"content": "/help"},
    "/sessions/{id}/query": {"prompt": "/help"},
    "/sessions/{id}/secrets": {"secret": "@secret"},
    "/sessions/{id}/shares": {"user": "@charlie", "role": "viewer"},
    "/sessions/{id}/terminals": {"rows": 24},
    "/sessions/{id}/terminals/{terminal}/input": {"data": "ls\r"},
    "/sessions/{id}/terminals/{terminal}/resize": {"rows": 24, "columns": 80},
    "/stops": {"reason": "a leak"},
    "/tasks": {"name": "once", "prompt_template": "/help", "report_format": "json"},
    "/tasks/{id}/execute": {},
    "/tasks/{id}/pause": {},
    "/teams": {"name": "Once"},
    "/teams/{id}/members": {"user": "@charlie"},
    "/tokens": {"name": "once"},
}
BEFORE: dict[str, Callable[[Caller, str], Any]] = {
    "/organizations/{id}/members/{member}/break-glass": lambda alice, where: alice.patch(
        where.removesuffix("/break-glass"), {"role": "owner"}
    ),
    "/sessions/{id}/archive": _quiet,
    "/sessions/{id}/restore": lambda alice, where: (
        _quiet(alice, where),
        alice.delete(where.removesuffix("/restore")),
    ),
    "/sessions/{id}/resume": _quiet,
    "/tasks/{id}/restore": lambda alice, where: alice.delete(where.removesuffix("/restore")),
    "/tasks/{id}/resume": lambda alice, where: alice.post(
        f"{where.removesuffix('/resume')}/pause", {}
    ),
}
# These have tests of their own: here, and where a stream is the answer, which is not kept.
ELSEWHERE = {
    "/invitations/accept",
    "/mcp-servers/{id}/tools/approve",
    "/organizations",
    "/sessions/{id}/ag-ui",
}
POSTS = sorted(p.removeprefix("/api/v1") for m, p, _ in operations() if m == "post")


def test_every_post_has_a_case() -> None:
    assert set(POSTS) == set(BODIES) | set(BEFORE) | ELSEWHERE


def repeated(caller: Caller, where: str, body: dict[str, Any]) -> Any:
    """The first answer, after the same request and another one with the same key."""
    first = caller.post(where, body, **{"Idempotency-Key": "one"})
    before = rows()
    again = caller.post(where, body, **{"Idempotency-Key": "one"})
    other = caller.post(where, {**body, "x": 1}, **{"Idempotency-Key": "one"})

    assert first.status_code < 300, first.content
    assert again.status_code == first.status_code
    assert again["Idempotency-Replayed"] == "true"
    if first.content:
        shown_once = {"token", "link"}
        kept = {name: value for name, value in first.json().items() if name not in shown_once}
        assert again.json() == kept
    assert (other.status_code, other.json()["code"]) == (409, "idempotency_mismatch")
    assert rows() == before
    return first


@pytest.mark.parametrize("path", sorted(set(BODIES) | set(BEFORE)))
def test_a_repetition_is_answered_and_changes_nothing(cast: Cast, path: str) -> None:
    known, alice = objects(cast), Caller(cast.alice)
    where = addressed(f"/api/v1{path}", known).removeprefix("/api/v1")
    BEFORE.get(path, lambda *_: None)(alice, where)
    meant = {"@charlie": cast.charlie.username, "@secret": known["secrets"][0]}
    body = {
        name: meant.get(value, value) if isinstance(value, str) else value
        for name, value in BODIES.get(path, {}).items()
    }

    repeated(alice, where, body)


def test_an_organization_is_founded_once(cast: Cast) -> None:
    body = {"name": "Third", "owner": cast.bob.username}

    made = repeated(Caller(cast.olga), "/organizations", body)

    assert Organization.objects.filter(name="Third").get().pk == UUID(made.json()["id"])


def test_an_invitation_is_accepted_once(cast: Cast) -> None:
    case = case_of(registry["identity.accept_invitation"], cast)

    repeated(Caller(cast.dora), "/invitations/accept", {"code": case.given["code"]})


def test_tools_are_approved_once(cast: Cast) -> None:
    case = case_of(registry["marketplace.approve_tools"], cast)

    repeated(Caller(cast.alice), f"/mcp-servers/{case.target.pk}/tools/approve", dict(case.given))


def test_a_refused_request_leaves_its_key_free(cast: Cast) -> None:
    alice, headers = Caller(cast.alice), {"Idempotency-Key": "again"}

    assert alice.post("/teams", {"name": ""}, **headers).status_code == 400
    assert not IdempotencyKey.objects.exists()
    assert alice.post("/teams", {"name": "Now"}, **headers).status_code == 201


def test_a_key_is_its_owners(cast: Cast) -> None:
    headers = {"Idempotency-Key": "shared"}
    made = [
        Caller(who).post("/sessions", {"name": "x"}, **headers) for who in (cast.alice, cast.bob)
    ]

    assert [one.status_code for one in made] == [201, 201]
    assert made[0].json()["id"] != made[1].json()["id"]


@pytest.mark.parametrize("key", ["", "k" * 256, "schlüssel", "a\tb"])
def test_a_key_that_cannot_be_kept_is_400(cast: Cast, key: str) -> None:
    answer = Caller(cast.alice).post("/teams", {"name": "x"}, **{"Idempotency-Key": key})

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["pointer"] == "/Idempotency-Key"
    assert Team.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_the_same_request_at_once_is_done_once() -> None:
    cast = make_cast()
    callers = [Caller(cast.alice) for _ in range(6)]

    def ask(caller: Caller) -> Any:
        try:
            return caller.post("/sessions", {"name": "race"}, **{"Idempotency-Key": "race"})
        finally:
            connections.close_all()

    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(ask, callers))

    made = AgentSession.objects.get()
    codes = {answer.status_code for answer in answers}
    assert 201 in codes
    assert codes <= {201, 409}
    for answer in answers:
        if answer.status_code == 201:
            assert answer.json()["id"] == str(made.pk)
        else:
            assert answer.json()["code"] == "idempotency_done"
