"""Signing in and out with a browser, throttled, and without a clue for guessers."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.events import SignedIn, SignedOut, SignInFailed
from identity.models import User
from identity.services.accounts import deactivate_account
from identity.services.passwords import offer_password_link
from tests.factories.cast import PASSWORD, Cast
from tests.factories.facts import Facts

NEW = "seven quiet mountains"


def _sign_in(name: str, password: str = PASSWORD, **given: Any) -> tuple[Client, Any]:
    client = Client(REMOTE_ADDR=given.pop("address", "127.0.0.1"))
    return client, client.post("/sign-in", {"username": name, "password": password, **given})


def test_in_and_out(cast: Cast, facts: Facts) -> None:
    client, answer = _sign_in(cast.bob.username)

    assert (answer.status_code, answer["Location"]) == (302, "/")
    assert client.get("/settings").status_code == 200
    assert client.get("/sign-out").status_code == 405
    assert client.post("/sign-out")["Location"] == "/sign-in"
    assert client.get("/settings")["Location"] == "/sign-in?next=/settings"
    assert [type(r.fact) for r in facts.records] == [SignedIn, SignedOut]


def test_every_failure_reads_the_same(cast: Cast, facts: Facts) -> None:
    deactivate_account(cast.olga, cast.charlie)
    tries = [
        (cast.bob.username, "wrong"),
        ("nobody-by-this-name", "wrong"),
        (cast.charlie.username, PASSWORD),
    ]

    answers = [_sign_in(name, password)[1] for name, password in tries]

    assert {answer.status_code for answer in answers} == {401}
    errors = {tuple(a.context["form"].non_field_errors()) for a in answers}
    assert len(errors) == 1
    assert [f.target_id for f in facts.of(SignInFailed)] == [cast.bob.pk, None, cast.charlie.pk]
    assert {f.reason for f in facts.of(SignInFailed)} == {"wrong"}


def test_too_many_failures_lock_this_name_from_this_address_only(cast: Cast, facts: Facts) -> None:
    for _attempt in range(10):
        _client, last = _sign_in(cast.bob.username, "wrong", address="10.0.0.1")
    _client, right = _sign_in(cast.bob.username, address="10.0.0.1")
    _client, elsewhere = _sign_in(cast.bob.username, address="10.0.0.2")

    assert last.status_code == 429
    assert right.status_code == 429
    assert "Too many attempts" in right.content.decode()
    assert PASSWORD not in right.content.decode()
    assert elsewhere.status_code == 302
    assert [f.reason for f in facts.of(SignInFailed)][-1] == "throttled"


@pytest.mark.parametrize(
    ("wanted", "goes"),
    [
        ("/settings/people", "/settings/people"),
        ("https://evil.example/", "/"),
        ("//evil.example/", "/"),
        ("javascript:alert(1)", "/"),
        ("/\\evil.example", "/"),
        ("", "/"),
    ],
)
def test_next_stays_in_the_house(cast: Cast, wanted: str, goes: str) -> None:
    _client, answer = _sign_in(cast.bob.username, next=wanted)

    assert answer["Location"] == goes


def test_the_page_carries_next_along(cast: Cast) -> None:
    page = Client().get("/sign-in?next=/settings/people")

    assert 'name="next" value="/settings/people"' in page.content.decode()


def test_signing_in_needs_the_csrf_token(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)

    answer = client.post("/sign-in", {"username": cast.bob.username, "password": PASSWORD})

    assert answer.status_code == 403


def test_the_session_key_changes_at_sign_in(cast: Cast) -> None:
    client = Client()
    session = client.session
    session["before"] = True
    session.save()
    before = session.session_key

    client.post("/sign-in", {"username": cast.bob.username, "password": PASSWORD})

    assert client.session.session_key != before


def test_a_deactivated_person_is_out_at_the_next_request(cast: Cast) -> None:
    client, _answer = _sign_in(cast.bob.username)
    assert client.get("/settings").status_code == 200

    deactivate_account(cast.olga, cast.bob)

    assert client.get("/settings").status_code == 302


def test_a_password_change_keeps_this_browser_and_ends_the_others(cast: Cast) -> None:
    here, _ = _sign_in(cast.bob.username)
    there, _ = _sign_in(cast.bob.username)
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW}

    answer = here.post("/settings/password", body)

    assert answer.status_code == 302
    assert here.get("/settings/password").status_code == 200
    assert there.get("/settings/password").status_code == 302
    assert _sign_in(cast.bob.username, NEW)[1].status_code == 302


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"old_password": "wrong"}, "old_password"),
        ({"new_password1": "short", "new_password2": "short"}, "new_password1"),
        ({"new_password2": "something else altogether"}, "new_password2"),
    ],
)
def test_a_refused_password_change_says_where(
    cast: Cast, change: dict[str, str], field: str
) -> None:
    client, _ = _sign_in(cast.bob.username)
    body = {"old_password": PASSWORD, "new_password1": NEW, "new_password2": NEW, **change}

    answer = client.post("/settings/password", body)

    assert answer.status_code == 400
    assert list(answer.context["form"].errors) == [field]
    assert NEW not in answer.content.decode()
    assert User.objects.get(pk=cast.bob.pk).check_password(PASSWORD)


def test_a_password_link_works_once(cast: Cast) -> None:
    link = offer_password_link(cast.olga, cast.bob)
    path = f"/password/{cast.bob.pk}/{link.code}"
    client = Client()

    assert client.get(path).status_code == 200
    weak = client.post(path, {"password1": "short", "password2": "short"})
    done = client.post(path, {"password1": NEW, "password2": NEW})

    assert list(weak.context["form"].errors) == ["password1"]
    assert (done.status_code, done["Location"]) == (302, "/sign-in")
    assert client.get(path).status_code == 410
    assert _sign_in(cast.bob.username, NEW)[1].status_code == 302


def test_a_made_up_password_link_opens_nothing(cast: Cast) -> None:
    path = f"/password/{cast.bob.pk}/abc-0123456789"

    assert Client().get(path).status_code == 410
    assert Client().post(path, {"password1": NEW, "password2": NEW}).status_code == 410
    assert Client().get(f"/password/{cast.acme.pk}/abc-012").status_code == 404
    assert User.objects.get(pk=cast.bob.pk).check_password(PASSWORD)


def test_secrets_are_not_cached(cast: Cast) -> None:
    assert "no-store" in Client().get("/sign-in")["Cache-Control"]
