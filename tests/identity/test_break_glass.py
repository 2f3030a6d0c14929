"""The break-glass owner: the mark changes hands on page and API, and the command line lets in."""

from __future__ import annotations

import io

import pytest
from axes.models import AccessAttempt
from django.core.management import CommandError, call_command
from django.test import Client

from audit.models import LedgerEntry
from identity.models import Membership
from tests.factories.cast import PASSWORD, Cast
from tests.factories.http import Caller

NEW_PASSWORD = "seven quiet mountains"


@pytest.fixture
def owners(cast: Cast) -> Cast:
    """alice holds the mark; bob owns acme, too."""
    Membership.objects.filter(user=cast.alice).update(is_break_glass=True)
    Membership.objects.filter(user=cast.bob).update(role="owner")
    return cast


def _holder(cast: Cast) -> object:
    return Membership.objects.get(organization=cast.acme, is_break_glass=True).user


def _browser(user: object) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")  # type: ignore[arg-type]
    return client


def test_its_holder_gives_the_mark_away_on_the_page(owners: Cast) -> None:
    bob = str(Membership.objects.get(user=owners.bob).pk)
    alice = _browser(owners.alice)

    lines = {line.user: line for line in alice.get("/settings/people").context["members"]}
    done = alice.post("/settings/people", {"member": bob, "break_glass": "1"})

    assert lines[owners.alice].is_break_glass
    assert [user for user, line in lines.items() if line.can_be_break_glass] == [owners.bob]
    assert done.status_code == 302
    assert _holder(owners) == owners.bob


def test_another_owner_is_offered_nothing_and_takes_nothing(owners: Cast) -> None:
    mine = str(Membership.objects.get(user=owners.bob).pk)
    bob = _browser(owners.bob)

    page = bob.get("/settings/people")
    refused = bob.post("/settings/people", {"member": mine, "break_glass": "1"})

    assert not any(line.can_be_break_glass for line in page.context["members"])
    assert refused.status_code == 403
    assert _holder(owners) == owners.alice


def test_the_mark_changes_hands_by_api(owners: Cast) -> None:
    path = f"/organizations/{owners.acme.pk}/members/{{}}/break-glass"

    taken = Caller(owners.bob).post(path.format(owners.bob.pk))
    hostile = Caller(owners.alice).post(path.format(owners.bob.pk), {"role": "admin"})
    member = Caller(owners.alice).post(path.format(owners.charlie.pk))
    stranger = Caller(owners.dora).post(path.format(owners.bob.pk))
    given = Caller(owners.alice).post(path.format(owners.bob.pk))

    assert (taken.status_code, hostile.status_code, stranger.status_code) == (403, 400, 404)
    assert (member.status_code, member.json()["code"]) == (409, "owners_only")
    assert (given.status_code, given.json()["is_break_glass"]) == (200, True)
    assert _holder(owners) == owners.bob


def test_the_command_line_lets_in_when_nothing_else_does(owners: Cast) -> None:
    stuck = Client()
    for _ in range(10):
        stuck.post("/sign-in", {"username": owners.alice.username, "password": "forgotten"})
    assert AccessAttempt.objects.filter(username=owners.alice.username).exists()
    assert stuck.post("/sign-in", _with(owners, PASSWORD)).status_code == 429
    out = io.StringIO()

    call_command("break_glass", owners.acme.slug, stdout=out)

    name, link = out.getvalue().split()
    path = link.removeprefix("http://127.0.0.1:8000")
    body = {"password1": NEW_PASSWORD, "password2": NEW_PASSWORD}
    assert name == owners.alice.username
    assert stuck.post(path, body).status_code == 302
    assert stuck.post("/sign-in", _with(owners, NEW_PASSWORD)).status_code == 302
    loud = LedgerEntry.objects.filter(
        organization_id=owners.acme.pk, name="identity.break_glass_used"
    ).order_by("number")
    assert [(one.actor_kind, one.data["way"]) for one in loud] == [
        ("system", "link"),
        ("user", "password"),
    ]


def test_the_command_line_says_when_there_is_nobody(cast: Cast) -> None:
    for slug in ("no-such-place", cast.acme.slug):
        with pytest.raises(CommandError):
            call_command("break_glass", slug)


def _with(cast: Cast, password: str) -> dict[str, str]:
    return {"username": cast.alice.username, "password": password}
