"""Pages of files, as they work without scripts: browse, edit, be overtaken, upload, remove."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import quote

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from sessions_app.models import AgentSession
from sessions_app.runner.workspaces import make_workspace
from sessions_app.services import sharing
from tests.factories.cast import Cast
from tests.factories.turns import drive_all
from tests.sessions_app.web.test_pages import browser
from tests.sessions_app.work import make


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    return make(cast)


@pytest.fixture
def place(session: AgentSession) -> Path:
    return make_workspace(session.working_directory, session.pk)


def address(name: str, session: AgentSession, path: str = "") -> str:
    return f"{reverse(f'sessions:{name}', args=[session.pk])}?path={quote(path, safe='')}"


def test_a_folder_leads_to_what_is_in_it(cast: Cast, session: AgentSession, place: Path) -> None:
    (place / "src" / "deep").mkdir(parents=True)
    for name in ("src/a b&c.py", "top.md"):
        (place / name).write_text("text")
    (place / os.fsdecode(b"bad\xff")).touch()
    client = browser(cast.alice)

    top = client.get(address("files", session)).content.decode()
    below = client.get(address("files", session, "src")).content.decode()

    assert address("files", session, "src") in top
    assert address("file", session, "top.md") in top
    assert "bad\ufffd" in top
    assert address("file", session, "src/a b&c.py") in below
    assert client.get(address("files", session, "nowhere")).status_code == 404


def test_a_long_folder_is_shown_by_parts(cast: Cast, session: AgentSession, place: Path) -> None:
    for number in range(250):
        (place / f"file-{number:03}").touch()
    client = browser(cast.alice)

    first = client.get(address("files", session))

    assert (b"file-198" in first.content, b"file-230" in first.content) == (True, False)
    rest = client.get(f"{address('files', session)}&{first.context['more']}")
    assert b"file-249" in rest.content


@pytest.mark.django_db(transaction=True)
def test_an_edit_is_saved_and_says_so(cast: Cast, session: AgentSession, place: Path) -> None:
    target = place / "a.txt"
    target.write_bytes(b"\none\r\ntwo\r\n")
    client = browser(cast.alice)
    form = client.get(address("edit_file", session, "a.txt"))
    assert b'wrap="off">\n\none' in form.content

    sent = {"path": "a.txt", "version": form.context["version"], "content": "\r\none\r\n2\r\n"}
    saved = client.post(address("edit_file", session), sent)
    waiting = client.get(saved["Location"])
    drive_all()
    done = client.get(saved["Location"])

    assert (waiting["Refresh"], "Refresh" in done) == ("1", False)
    assert b"Saved." in done.content
    assert target.read_bytes() == b"\r\none\r\n2\r\n"


@pytest.mark.django_db(transaction=True)
def test_who_is_overtaken_sees_both_texts(cast: Cast, session: AgentSession, place: Path) -> None:
    target = place / "a.txt"
    target.write_text("first\n")
    client = browser(cast.alice)
    version = client.get(address("edit_file", session, "a.txt")).context["version"]
    sent = {"path": "a.txt", "version": version, "content": "mine\n"}
    pending = client.post(address("edit_file", session), sent)
    target.write_text("theirs\n")
    drive_all()

    told = client.get(pending["Location"])
    again = client.post(address("edit_file", session), sent)

    assert b"Go on with what you wrote" in told.content
    assert again.status_code == 409
    text = again.content.decode()
    assert ("mine" in text, "theirs" in text) == (True, True)
    assert again.context["version"] != version
    assert target.read_text() == "theirs\n"


@pytest.mark.django_db(transaction=True)
def test_files_are_uploaded_but_replace_none(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    (place / "in").mkdir()
    client = browser(cast.alice)
    files = [SimpleUploadedFile(name, b"\x00\xff" + name.encode()) for name in ("a.bin", "b.bin")]

    client.post(address("upload", session), {"folder": "in", "files": files})
    drive_all()
    again = {"folder": "in", "files": SimpleUploadedFile("a.bin", b"other")}
    refused = client.post(address("upload", session), again, follow=True)

    assert (place / "in/a.bin").read_bytes() == b"\x00\xffa.bin"
    assert (place / "in/b.bin").exists()
    assert b"in/a.bin is there already" in refused.content
    huge = SimpleUploadedFile("huge", b"x" * ((16 << 20) + 1))
    refused = client.post(address("upload", session), {"files": huge}, follow=True)
    assert b"larger than 16 MiB" in refused.content
    assert not (place / "huge").exists()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_removed_as_it_was_seen(cast: Cast, session: AgentSession, place: Path) -> None:
    (place / "a").write_text("x")
    client = browser(cast.alice)
    version = client.get(address("file", session, "a")).context["version"]

    went = client.post(address("remove_file", session, "a"), {"version": version})
    drive_all()

    assert not (place / "a").exists()
    assert b"Removed." in client.get(went["Location"]).content


def test_a_viewer_is_offered_nothing_to_write(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    (place / "a").write_text("x")
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    client = browser(cast.bob)

    shown = (
        client.get(address("files", session)).content
        + client.get(address("file", session, "a")).content
    )

    assert b'method="post" enctype' not in shown
    assert b"remove-file" not in shown
    sent = {"path": "a", "version": "", "content": "y"}
    assert client.post(address("edit_file", session), sent).status_code == 403
    client.post(address("upload", session), {"files": SimpleUploadedFile("b", b"x")})
    assert not session.file_changes.exists()
