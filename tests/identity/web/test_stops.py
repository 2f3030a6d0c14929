"""The stop button, the banner on every page, and the page of stops."""

from __future__ import annotations

from django.test import Client

from identity.models import Stop
from identity.services.stops import stop
from tests.factories.cast import Cast

PAGES = ("/sessions", "/settings", "/settings/people", "/settings/tokens", "/settings/stops")


def browser(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


def test_the_button_stops_and_the_page_resumes(cast: Cast) -> None:
    alice = browser(cast.alice)
    assert 'popovertarget="halt"' in alice.get("/settings").text

    pressed = alice.post("/settings/stops", {"reason": "a leak"})

    assert pressed.status_code == 302
    made = Stop.objects.get()
    assert (made.scope, made.reason) == ("organization", "a leak")
    assert alice.post("/settings/stops", {"resume": str(made.pk)}).status_code == 302
    made.refresh_from_db()
    assert made.ended_at is not None
    assert 'class="halt"' not in alice.get("/settings").text


def test_the_banner_is_on_every_page_of_the_organization_and_nowhere_else(cast: Cast) -> None:
    stop(cast.alice, cast.acme, reason="<b>a leak</b>")

    for address in PAGES:
        text = browser(cast.bob).get(address).text
        assert 'class="halt"' in text, address
        assert "&lt;b&gt;a leak&lt;/b&gt;" in text
        assert "<b>a leak</b>" not in text
        assert 'class="halt"' not in browser(cast.dora).get(address).text


def test_a_person_or_a_tool_by_form(cast: Cast) -> None:
    alice = browser(cast.alice)

    alice.post("/settings/stops", {"person": cast.bob.username, "tool": "", "reason": ""})
    alice.post("/settings/stops", {"person": "", "tool": "git", "reason": ""})
    both = alice.post("/settings/stops", {"person": cast.bob.username, "tool": "git"})

    assert set(Stop.objects.values_list("scope", flat=True)) == {"person", "tool"}
    assert both.status_code == 400
    assert "not both at once" in both.text


def test_members_read_and_may_not(cast: Cast) -> None:
    made = stop(cast.alice, cast.acme, reason="a leak")
    bob = browser(cast.bob)

    assert "a leak" in bob.get("/settings/stops").text
    assert 'popovertarget="halt"' not in bob.get("/settings/stops").text
    assert bob.post("/settings/stops", {"reason": "mine"}).status_code == 403
    assert bob.post("/settings/stops", {"resume": str(made.pk)}).status_code == 403
    assert browser(cast.dora).post("/settings/stops", {"resume": str(made.pk)}).status_code == 404
    assert bob.post("/settings/stops", {"resume": "nonsense"}).status_code == 404
    made.refresh_from_db()
    assert made.ended_at is None
