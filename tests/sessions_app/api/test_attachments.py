"""Attachments: uploaded, named by a prompt, laid where the agent works, shown with care."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from sessions_app.models import AgentSession, Attachment, Message
from sessions_app.runner.workspaces import make_workspace
from sessions_app.services import forking, sharing
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.factories.turns import drive_all
from tests.sessions_app.engine.test_media import PLACE, png, png_chunk
from tests.sessions_app.work import make

PICTURE = png(2, 2, png_chunk(b"tEXt", PLACE))


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    made = make(cast)
    sharing.share(cast.alice, made, subject=cast.bob, role="editor")
    return made


def send(
    who: Caller, session: AgentSession, body: bytes, name: str = "a.png", **headers: str
) -> Any:
    where = f"/api/v1/sessions/{session.pk}/attachments?name={name}"
    return who.client.generic("POST", where, body, content_type="image/svg+xml", headers=headers)


def prompt(who: Caller, session: AgentSession, *ids: str) -> Any:
    body = {"content": "/ls .attachments", "attachments": list(ids)}
    return who.post(f"/sessions/{session.pk}/messages", body)


@pytest.mark.django_db(transaction=True)
def test_what_is_given_to_a_prompt_lies_where_the_agent_works(
    cast: Cast, session: AgentSession
) -> None:
    alice = Caller(cast.alice)
    first = send(alice, session, PICTURE)
    assert (first.status_code, first.json()["media_type"]) == (201, "image/png")
    second = send(alice, session, b"words", "a.png").json()

    posted = prompt(alice, session, first.json()["id"], second["id"])
    drive_all()

    assert posted.status_code == 202, posted.content
    place = make_workspace(session.working_directory, session.pk)
    laid = place / ".attachments/a.png"
    assert (PLACE in laid.read_bytes(), laid.read_bytes()[:4]) == (False, b"\x89PNG")
    assert (place / ".attachments/a-2.png").read_bytes() == b"words"
    assert laid.stat().st_uid == place.stat().st_uid
    said = session.messages.filter(role="assistant").earliest("seq").content
    assert "`.attachments/a.png` (image/png" in said
    told = session.events.get(type="TEXT_MESSAGE_END", data__role="user").data["attachments"]
    message = Message.objects.get(pk=posted.json()["id"])
    assert told == message.attachments
    assert [one["path"] for one in told] == [".attachments/a.png", ".attachments/a-2.png"]


def test_pictures_are_shown_and_all_else_is_a_download(cast: Cast, session: AgentSession) -> None:
    alice = Caller(cast.alice)
    sent = {
        "image": send(alice, session, PICTURE).json()["id"],
        "page": send(alice, session, b"<svg onload='alert(1)'/>", "a.svg").json()["id"],
    }

    shown = {
        name: alice.get(f"/sessions/{session.pk}/attachments/{key}") for name, key in sent.items()
    }

    assert shown["image"]["Content-Type"] == "image/png"
    assert shown["image"]["Content-Disposition"].startswith("inline")
    assert shown["page"]["Content-Type"] == "application/octet-stream"
    assert shown["page"]["Content-Disposition"].startswith("attachment")
    for one in shown.values():
        assert one["X-Content-Type-Options"] == "nosniff"
        assert one["Content-Security-Policy"] == "sandbox; default-src 'none'"


def test_a_form_may_send_it_and_a_repetition_sends_it_once(
    cast: Cast, session: AgentSession
) -> None:
    alice, where = Caller(cast.alice), f"/api/v1/sessions/{session.pk}/attachments"
    large = b"\xff" * (3 << 20)

    made = alice.client.post(where, {"file": SimpleUploadedFile("../../etc/b.bin", large)})
    once = [send(alice, session, large, **{"Idempotency-Key": "k"}) for _ in range(2)]

    assert (made.status_code, made.json()["name"]) == (201, "b.bin")
    assert [one.status_code for one in once] == [201, 201]
    assert once[0].json()["id"] == once[1].json()["id"]
    assert session.attachments.count() == 2


@pytest.mark.parametrize(
    ("body", "status"), [(b"", 400), (b"x" * ((16 << 20) + 1), 413)], ids=["empty", "huge"]
)
@pytest.mark.parametrize("key", ["", "again"])
def test_nothing_and_too_much_are_refused(
    cast: Cast, session: AgentSession, body: bytes, status: int, key: str
) -> None:
    headers = {"Idempotency-Key": key} if key else {}

    assert send(Caller(cast.alice), session, body, **headers).status_code == status
    assert not Attachment.objects.exists()


def test_a_browser_sends_it_with_its_cookie(cast: Cast, session: AgentSession) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    browser.get(f"/sessions/{session.pk}")
    token = {"X-CSRFToken": browser.cookies["quarterdeck_csrf"].value}
    where, kind = f"/api/v1/sessions/{session.pk}/attachments?name=a", "application/octet-stream"

    assert browser.generic("POST", where, PICTURE, kind).status_code == 403
    sent = browser.generic("POST", where, PICTURE, kind, headers=token)
    form = browser.post(where, {"file": SimpleUploadedFile("b", b"x")}, headers=token)

    assert (sent.status_code, sent.json()["media_type"]) == (201, "image/png")
    assert (form.status_code, form.json()["name"]) == (201, "b")


def test_a_form_without_its_file_is_400(cast: Cast, session: AgentSession) -> None:
    alice, where = Caller(cast.alice), f"/api/v1/sessions/{session.pk}/attachments"

    assert alice.client.post(where, {"other": "x"}).status_code == 400
    broken = alice.client.generic("POST", where, b"--x", "multipart/form-data; boundary=y")
    assert broken.status_code == 400


def test_a_prompt_takes_only_its_authors_own_fresh_files(cast: Cast, session: AgentSession) -> None:
    alice, bob = Caller(cast.alice), Caller(cast.bob)
    other = make(cast)
    bobs = send(bob, session, PICTURE).json()["id"]
    elsewhere = send(alice, other, PICTURE).json()["id"]
    mine = send(alice, session, PICTURE).json()["id"]

    for ids in ([bobs], [elsewhere], [mine, mine], [str(session.pk)]):
        refused = prompt(alice, session, *ids)
        assert refused.status_code == 400
        assert refused.json()["errors"][0]["pointer"] == f"/attachments/{len(ids) - 1}"
    assert prompt(alice, session, mine).status_code == 202
    assert prompt(alice, session, mine).status_code == 400
    assert session.messages.count() == 1


def test_viewers_look_and_strangers_know_nothing(cast: Cast, session: AgentSession) -> None:
    key = send(Caller(cast.alice), session, PICTURE).json()["id"]
    where = f"/sessions/{session.pk}/attachments"
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")

    assert send(Caller(cast.bob), session, PICTURE).status_code == 403
    assert Caller(cast.bob).get(f"{where}/{key}").status_code == 200
    for stranger in (cast.charlie, cast.dora, cast.olga):
        assert send(Caller(stranger), session, PICTURE).status_code == 404
        assert Caller(stranger).get(f"{where}/{key}").status_code == 404
        assert Caller(stranger).get(where).status_code == 404
    other = make(cast)
    assert Caller(cast.alice).get(f"/sessions/{other.pk}/attachments/{key}").status_code == 404
    assert session.attachments.count() == 1


def test_a_fork_keeps_what_its_messages_were_given(cast: Cast, session: AgentSession) -> None:
    alice = Caller(cast.alice)
    prompt(alice, session, send(alice, session, PICTURE).json()["id"])
    copy = forking.fork(cast.alice, session)

    [given] = copy.messages.get(role="user").attachments

    shown = alice.get(f"/sessions/{copy.pk}/attachments/{given['id']}")
    assert (shown.status_code, given["path"]) == (200, ".attachments/a.png")
    assert copy.attachments.get().message_id == copy.messages.get(role="user").pk


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x", "x"), ("a\\b\\c.txt", "c.txt"), ("", "file"), ("...", "file"), ("\x00\n", "\ufffd"),
        (".bashrc", "bashrc"), ("%F0%9F%92%A5" * 60, None),
    ],
)  # fmt: skip
def test_a_name_is_only_a_name(
    cast: Cast, session: AgentSession, name: str, kept: str | None
) -> None:
    made = send(Caller(cast.alice), session, b"x", name.replace("\x00", "%00").replace("\n", "%0A"))

    assert made.status_code == 201, made.content
    found = made.json()["name"]
    assert found == kept or (kept is None and 0 < len(found.encode()) <= 120)


@pytest.mark.django_db(transaction=True)
def test_a_prompt_is_posted_with_its_files_without_scripts(
    cast: Cast, session: AgentSession, client: Any
) -> None:
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    file = SimpleUploadedFile("shot.png", PICTURE)

    client.post(f"/sessions/{session.pk}/prompt", {"content": "/help", "files": [file]})

    message = session.messages.get(role="user")
    assert [one["name"] for one in message.attachments] == ["shot.png"]
    page = client.get(f"/sessions/{session.pk}").content.decode()
    assert (
        f'<img src="/api/v1/sessions/{session.pk}/attachments/{message.attachments[0]["id"]}"'
        in page
    )
    assert Path(message.attachments[0]["path"]).parent.name == ".attachments"
