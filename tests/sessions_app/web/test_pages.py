"""A new session by its form, and the part of its page that is fetched again while tools run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from identity.public import User
from sessions_app.models import AgentSession
from tests.factories.cast import Cast

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

    part = alice.get(page, headers={"HX-Target": "context-files"}).content.decode()
    whole = alice.get(page).content.decode()
    stranger = browser(cast.charlie).get(page, headers={"HX-Target": "context-files"})

    assert "notes.md" in part
    assert part.strip() in whole
    assert "Conversation" not in part
    assert stranger.status_code == 404


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
