"""A new session by its form, and the part of its page that is fetched again while tools run."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils.html import escape

from identity.public import User
from sessions_app.models import AgentSession
from sessions_app.services import lifecycle, prompting, sharing
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.sessions_app.work import make

FORM = {
    "name": "Certificates",
    "prompt": "/sh date",
    "runtime": "embedded",
    "permission_mode": "default",
    "max_turns": "50",
    "timeout_seconds": "600",
}


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("given", "reason"),
    [
        ({"permission_mode": "bypassPermissions"}, "does not allow bypassPermissions"),
        ({"working_directory": "/etc"}, "not one the operator allows"),
        ({"working_directory": "work"}, "Give an absolute path"),
    ],
)
def test_a_refusal_comes_back_with_all_that_was_typed(
    cast: Cast, settings: Any, given: dict[str, str], reason: str
) -> None:
    settings.WORKSPACE_ROOTS = ("/srv",)
    cast.acme.forbid_bypass = True
    cast.acme.save()

    shown = browser(cast.alice).post(reverse("sessions:new"), {**FORM, **given})

    text = shown.content.decode()
    assert reason in text
    assert all(value in text for value in ("Certificates", "/sh date", *given.values()))
    assert not AgentSession.objects.exists()


def test_a_copy_is_offered_where_the_operator_names_folders(cast: Cast, settings: Any) -> None:
    alice = browser(cast.alice)
    settings.WORKSPACE_ROOTS = ()
    without = alice.get(reverse("sessions:new")).content.decode()
    settings.WORKSPACE_ROOTS = ("/srv",)
    offered = alice.get(reverse("sessions:new")).content.decode()
    made = alice.post(reverse("sessions:new"), {**FORM, "working_directory": "/srv/shop"})

    assert "working_directory" not in without
    assert "A folder in /srv" in offered
    assert made.status_code == 302
    assert AgentSession.objects.get().working_directory.seed == "/srv/shop"


def test_the_files_alone_are_fetched_again(cast: Cast, data_dir: Path) -> None:
    alice = browser(cast.alice)
    alice.post(reverse("sessions:new"), FORM)
    session = AgentSession.objects.get()
    root = data_dir / "work" / str(session.working_directory_id)
    root.mkdir(parents=True)
    (root / "notes.md").write_text("kept\n")
    page = reverse("sessions:detail", args=[session.pk])

    part = untokened(alice.get(page, headers={"HX-Target": "context-files"}))
    whole = untokened(alice.get(page))
    stranger = browser(cast.charlie).get(page, headers={"HX-Target": "context-files"})

    assert "notes.md" in part
    assert part.strip() in whole
    assert "Conversation" not in part
    assert stranger.status_code == 404


def untokened(answer: Any) -> str:
    """A page without the forms' tokens, which are masked anew each time."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]+', r"\1", answer.content.decode())


def made_by(alice: Client) -> AgentSession:
    alice.post(reverse("sessions:new"), {**FORM, "prompt": ""})
    return AgentSession.objects.get()


def test_people_and_teams_are_shared_with_by_the_names_offered(cast: Cast) -> None:
    alice = browser(cast.alice)
    session = made_by(alice)
    page, share = (reverse(f"sessions:{name}", args=[session.pk]) for name in ("detail", "share"))
    before = browser(cast.bob).get(page).status_code

    offered = alice.get(page).context["fellows"]
    unknown = alice.post(share, {"user": "nobody", "role": "viewer"}, follow=True)
    alice.post(share, {"user": cast.team.slug, "role": "editor"})
    shown = browser(cast.bob).get(page)

    keys = [one["key"] for one in offered]
    assert {cast.bob.username, cast.team.slug} <= set(keys)
    assert not {cast.alice.username, cast.dora.username} & set(keys)
    assert "No person or team of this organization is called nobody." in unknown.content.decode()
    assert (before, shown.status_code) == (404, 200)
    assert shown.context["can"]["prompt"]
    assert shown.context["fellows"] == []


def test_the_message_about_the_trash_offers_the_way_back(cast: Cast) -> None:
    alice = browser(cast.alice)
    session = made_by(alice)
    undo = reverse("sessions:restore", args=[session.pk])

    said = alice.post(reverse("sessions:trash", args=[session.pk]), follow=True).content.decode()
    alice.post(undo)

    session.refresh_from_db()
    assert f'action="{undo}"' in said
    assert session.trashed_at is None


def test_the_list_says_who_drives_what_is_unread_and_how_many_there_are(cast: Cast) -> None:
    alice, bob = browser(cast.alice), browser(cast.bob)
    session = made_by(alice)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")
    prompting.prompt(cast.alice, session, content="one")
    address = reverse("sessions:list")

    before = bob.get(f"{address}?tab=shared")
    bob.get(reverse("sessions:detail", args=[session.pk]))
    after = bob.get(f"{address}?tab=shared")

    assert [(one["key"], one["count"]) for one in before.context["tabs"]] == [
        ("mine", 0),
        ("shared", 1),
        ("team", 0),
        ("archive", 0),
        ("trash", 0),
    ]
    row, seen = before.context["sessions"][0], after.context["sessions"][0]
    assert (row["owner"], row["driver"], row["at_work"]) == (cast.alice, cast.alice, True)
    assert (row["unread"], seen["unread"]) == (1, 0)
    assert "count-new" in before.content.decode()
    assert "count-new" not in after.content.decode()


def test_the_column_beside_a_session_is_fetched_again_by_itself(cast: Cast) -> None:
    alice = browser(cast.alice)
    session, other = made_by(alice), make(cast)
    AgentSession.objects.filter(pk=other.pk).update(total_messages=1000)
    page = reverse("sessions:detail", args=[session.pk])

    part = alice.get(page, headers={"HX-Target": "sessions-column"}).content.decode()

    assert "99+" in part
    assert f'data-session="{other.pk}"' in part
    assert "composer" not in part


REFUSALS = {
    "blank": (" \n", 400),
    "too long": ("x" * 500_001, 400),
    "archived": ("keep these words", 409),
    "viewer": ("keep these words", 403),
    "quota": ("keep these words", 429),
}


@pytest.mark.parametrize("reason", REFUSALS)
def test_a_refused_prompt_comes_back_with_the_text_and_the_reason(cast: Cast, reason: str) -> None:
    (text, status), session, person = REFUSALS[reason], make(cast), cast.alice
    if reason == "archived":
        lifecycle.archive(cast.alice, session)
    if reason == "viewer":
        sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
        person = cast.bob
    if reason == "quota":
        for _ in range(5):
            prompting.prompt(cast.alice, make(cast), content="busy")

    shown = browser(person).post(reverse("sessions:prompt", args=[session.pk]), {"content": text})
    told = Caller(person).post(f"/sessions/{session.pk}/messages", {"content": text}).json()

    page = shown.content.decode()
    assert shown.status_code == status == told["status"]
    assert shown.context["draft"] == text
    assert escape(text) in page
    if status != 400:
        assert escape(told["detail"]) in page
    assert shown.context["problem"]["title"] == told["title"]
    assert not session.messages.exists()


def test_a_prompt_to_what_one_may_not_see_is_not_found(cast: Cast) -> None:
    session = make(cast)

    answer = browser(cast.charlie).post(
        reverse("sessions:prompt", args=[session.pk]), {"content": "x"}
    )

    assert answer.status_code == 404
