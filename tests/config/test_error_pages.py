"""What went wrong is said on pages in the API's own words, also when the database is gone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import OperationalError
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils.html import escape

from config.web import broken
from identity.public import User
from kernel.errors import QuotaError, StaleFormError
from kernel.http.pages import page
from sessions_app.services import sharing
from tests.factories.cast import Cast
from tests.sessions_app.work import make

TOO_LARGE = {"content": "x" * (2 << 20)}


def browser(person: User, *, strict: bool = False) -> Client:
    client = Client(enforce_csrf_checks=strict, raise_request_exception=False)
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def ask(cast: Cast, sort: str) -> tuple[Any, Any]:
    """The same refusal on a page and from the API."""
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    page = reverse("sessions:detail", args=[session.pk])
    api = f"/api/v1/sessions/{session.pk}"
    alice = browser(cast.alice)
    if sort == "not found":
        return browser(cast.charlie).get(page), browser(cast.charlie).get(api)
    if sort == "no address":
        return alice.get("/no/such/page"), alice.get("/api/v1/no/such/page")
    if sort == "stale form":
        alice = browser(cast.alice, strict=True)
        return alice.post(f"{page}/prompt", {"content": "x"}), alice.post(f"{api}/messages")
    alice.raise_request_exception = False
    return (
        alice.post(f"{page}/prompt", TOO_LARGE, content_type="application/x-www-form-urlencoded"),
        alice.post(f"{api}/messages", TOO_LARGE, content_type="application/json"),
    )


@pytest.mark.parametrize(
    ("sort", "status"),
    [("not found", 404), ("no address", 404), ("stale form", 403), ("too large", 413)],
)
def test_a_page_says_what_the_api_says(cast: Cast, sort: str, status: int) -> None:
    shown, told = ask(cast, sort)

    assert shown.status_code == told.status_code == status
    assert shown["Content-Type"].startswith("text/html")
    text, problem = shown.content.decode(), told.json()
    assert escape(problem["detail"]) in text
    assert escape(problem["title"]) in text
    assert f">{status}<" in text


def test_a_limit_is_explained_with_its_remedy(cast: Cast, rf: RequestFactory) -> None:
    @page
    def limited(request: HttpRequest) -> HttpResponse:
        raise QuotaError("Five sessions at most.", limit=5, current=5, remedy="Cancel one.")

    request = rf.get("/")
    request.user = cast.alice
    shown = limited(request)

    assert shown.status_code == 429
    assert "Five sessions at most." in shown.content.decode()
    assert "Cancel one." in shown.content.decode()


def test_the_page_of_a_fault_asks_the_database_nothing(
    cast: Cast, rf: RequestFactory, django_assert_num_queries: Any
) -> None:
    request = rf.get("/sessions")
    request.user = cast.alice

    with django_assert_num_queries(0):
        shown = broken(request)

    assert shown.status_code == 500
    assert "it is logged" in shown.content.decode()


def test_a_lost_database_shows_the_page_of_a_fault(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(*_args: Any, **_given: Any) -> Any:
        raise OperationalError

    alice = browser(cast.alice)
    monkeypatch.setattr("sessions_app.web.pages.Tabs", gone)

    shown = alice.get(reverse("sessions:list"))

    assert shown.status_code == 500
    assert "Something failed on our side" in shown.content.decode()


def test_a_stale_form_has_one_message_everywhere() -> None:
    assert "reload the page" in StaleFormError().detail
