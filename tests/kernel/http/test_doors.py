"""Who comes in and how: bearer first, cookie with CSRF, addresses without a slash at their end."""

from __future__ import annotations

import json

import pytest
from django.test import Client

from sessions_app.models import AgentSession
from tests.factories.cast import Cast, token_for
from tests.factories.schema import operations

NOWHERE = "00000000-0000-7000-8000-000000000000"


def browser_of(cast: Cast, *, enforce: bool = False) -> Client:
    client = Client(enforce_csrf_checks=enforce)
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize("path", ["/api/v1/sessions", "/api/v1/approvals", "/api/v1/me"])
def test_a_slash_at_the_end_is_another_address(cast: Cast, path: str) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_for(cast.alice)}"})

    assert client.get(path).status_code == 200
    answer = client.get(f"{path}/")
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer["Content-Type"] == "application/problem+json"


def test_schema_and_docs_have_one_and_need_no_sign_in(db: None) -> None:
    assert Client().get("/api/schema/").status_code == 200
    assert Client().get("/api/docs/").status_code == 200


def test_anonymous_is_401_everywhere_and_told_how_to_come_in(db: None) -> None:
    for method, path, _operation in operations():
        if path.endswith(("/accept", "/events", "/stream")):
            continue
        answer = Client().generic(
            method.upper(),
            path.format_map(_Anywhere()),
            b"{}",
            content_type="application/json",
        )
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
        assert answer["WWW-Authenticate"].startswith("Bearer"), path


class _Anywhere(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return NOWHERE


def test_a_wrong_token_is_401_even_beside_a_good_cookie(cast: Cast) -> None:
    answer = browser_of(cast).get("/api/v1/me", headers={"Authorization": "Bearer qd_pat_wrong"})

    assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in")


def test_a_cookie_writes_only_with_the_csrf_token(cast: Cast) -> None:
    browser, body = browser_of(cast, enforce=True), json.dumps({"name": "by cookie"})

    assert browser.get("/api/v1/sessions").status_code == 200
    refused = browser.post("/api/v1/sessions", body, content_type="application/json")
    assert (refused.status_code, refused.json()["code"]) == (403, "stale_form")
    assert not AgentSession.objects.exists()

    browser.get("/sessions")
    token = browser.cookies["quarterdeck_csrf"].value
    made = browser.post(
        "/api/v1/sessions",
        body,
        content_type="application/json",
        headers={"X-CSRFToken": token},
    )
    assert made.status_code == 201, made.content


def test_accept_is_ignored(cast: Cast) -> None:
    client = Client(headers={"Authorization": f"Bearer {token_for(cast.alice)}"})
    paths = [p for m, p, _ in operations() if m == "get" and "{" not in p and "admin" not in p]

    for path in paths:
        if path == "/api/v1/audit/export":
            continue
        for accept in ("text/html", "application/xml;q=1", "image/*", "nonsense"):
            answer = client.get(path, headers={"Accept": accept})
            assert answer.status_code == 200, (path, accept)
            assert answer["Content-Type"].startswith("application/json"), (path, accept)
