"""Files of a session by API: who may, what stands where, and what two writers find."""

from __future__ import annotations

import gzip
import os
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from asgiref.sync import async_to_sync

from sessions_app.models import AgentSession, FileChange
from sessions_app.runner.workspaces import make_workspace
from sessions_app.services import prompting, sharing
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.factories.http import Caller
from tests.factories.turns import drive_all
from tests.sessions_app.work import Work, make

__all__ = ["facts"]


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    made = make(cast)
    sharing.share(cast.alice, made, subject=cast.bob, role="editor")
    return made


@pytest.fixture
def place(session: AgentSession) -> Path:
    return make_workspace(session.working_directory, session.pk)


def at(session: AgentSession, path: str = "", part: str = "/content") -> str:
    return f"/sessions/{session.pk}/files{part}?path={quote(path, safe='')}"


def put(who: Caller, session: AgentSession, path: str, body: bytes, **headers: str) -> Any:
    return who.client.generic(
        "PUT", f"/api/v1{at(session, path)}", body,
        content_type="application/octet-stream", headers=headers,
    )  # fmt: skip


def read(response: Any) -> bytes:
    return b"".join(async_to_sync(_gathered)(response.streaming_content))


async def _gathered(parts: AsyncIterator[bytes]) -> list[bytes]:
    return [part async for part in parts]


def last(session: AgentSession) -> FileChange:
    return session.file_changes.latest("id")


def test_a_folder_is_shown_by_parts(cast: Cast, session: AgentSession, place: Path) -> None:
    alice, found = Caller(cast.alice), []
    for name in ("b/x", "a/y", "one", "two", ".home/hidden"):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_text("text")
    (place / os.fsdecode(b"\xff")).touch()

    where = f"/sessions/{session.pk}/files?limit=2"
    while where:
        page = alice.get(where).json()
        found += page["results"]
        where = (page["next"] or "").removeprefix("/api/v1")

    assert [(one["kind"], one["path"]) for one in found] == [
        ("directory", "a"), ("directory", "b"), ("file", "one"), ("file", "two"), ("file", ""),
    ]  # fmt: skip
    assert found[-1]["name"] == "\ufffd"
    below = alice.get(f"/sessions/{session.pk}/files?path=a").json()["results"]
    assert [one["path"] for one in below] == ["a/y"]


def test_before_the_first_turn_there_is_nothing_but_no_fault(
    cast: Cast, session: AgentSession
) -> None:
    alice = Caller(cast.alice)

    assert alice.get(f"/sessions/{session.pk}/files").json()["results"] == []
    assert alice.get(f"/sessions/{session.pk}/files?path=a").status_code == 404
    assert alice.get(at(session, "a")).status_code == 404
    assert alice.get(f"/sessions/{session.pk}/files/archive").status_code == 404


@pytest.mark.parametrize(
    "path", ["../../keys/master", "/etc/passwd", "link", "folder", "pipe", "", "a\x00b", "x" * 5000]
)
def test_what_is_no_file_here_is_not_found(
    cast: Cast, session: AgentSession, place: Path, path: str
) -> None:
    (place / "link").symlink_to("/etc/passwd")
    (place / "folder").mkdir()
    os.mkfifo(place / "pipe")

    assert Caller(cast.alice).get(at(session, path)).status_code == 404


def test_a_download_is_never_shown_in_our_origin(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    (place / "páge.html").write_text("<script>alert(1)</script>")

    sent = Caller(cast.alice).get(at(session, "páge.html"))

    assert read(sent) == b"<script>alert(1)</script>"
    assert sent["Content-Type"] == "application/octet-stream"
    assert sent["Content-Disposition"] == "attachment; filename*=utf-8''p%C3%A1ge.html"
    assert (sent["X-Content-Type-Options"], sent["Content-Length"]) == ("nosniff", "25")
    assert "sandbox" in sent["Content-Security-Policy"]


def test_the_whole_directory_comes_as_an_archive(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    (place / "a").write_text("content of a")

    sent = Caller(cast.alice).get(f"/sessions/{session.pk}/files/archive")

    assert sent["Content-Disposition"] == 'attachment; filename="work.tar.gz"'
    assert b"content of a" in gzip.decompress(read(sent))


@pytest.mark.django_db(transaction=True)
def test_saving_names_what_one_read_and_two_writers_lose_nothing(
    cast: Cast, session: AgentSession, place: Path, facts: Facts
) -> None:
    alice, bob = Caller(cast.alice), Caller(cast.bob)
    assert put(alice, session, "notes/a.md", b"one\n").status_code == 202
    drive_all()
    seen = alice.get(at(session, "notes/a.md"))["ETag"]
    assert bob.get(at(session, "notes/a.md"))["ETag"] == seen

    assert put(bob, session, "notes/a.md", b"bob's\n", **{"If-Match": seen}).status_code == 202
    drive_all()
    refused = put(alice, session, "notes/a.md", b"alice's\n", **{"If-Match": seen})

    assert (refused.status_code, refused.json()["code"]) == (409, "file_changed")
    assert (place / "notes/a.md").read_text() == "bob's\n"
    assert put(alice, session, "notes/a.md", b"new?\n").status_code == 409
    owner = place.stat()
    assert (place / "notes/a.md").stat().st_uid == (place / "notes").stat().st_uid == owner.st_uid
    history = alice.get(f"/sessions/{session.pk}/files/changes").json()["results"]
    assert [(one["actor_name"], one["size_before"], one["size_after"]) for one in history] == [
        ("Bob", 4, 6), ("Alice", None, 4),
    ]  # fmt: skip
    told = [e.data for e in session.events.all() if e.data.get("name") == "file.changed"]
    assert [one["path"] for one in told] == ["notes/a.md"] * 2
    by = [e.actor_name for e in session.events.all() if e.data.get("name") == "file.changed"]
    assert by == ["Alice", "Bob"]


@pytest.mark.django_db(transaction=True)
def test_who_is_overtaken_between_asking_and_writing_is_told(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    alice = Caller(cast.alice)
    (place / "a").write_text("one")
    seen = alice.get(at(session, "a"))["ETag"]
    change = put(alice, session, "a", b"two", **{"If-Match": seen}).json()
    assert change["status"] == "pending"
    assert put(alice, session, "a", b"three").status_code == 409
    (place / "a").write_text("by a command")

    drive_all()

    shown = alice.get(f"/sessions/{session.pk}/files/changes/{change['id']}").json()
    assert (shown["status"], "changed since you read it" in shown["problem"]) == ("conflict", True)
    assert (place / "a").read_text() == "by a command"
    assert sorted(one.name for one in place.iterdir()) == [".home", "a"]


@pytest.mark.django_db(transaction=True)
def test_a_run_under_way_keeps_other_hands_out(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    alice = Caller(cast.alice)
    prompting.prompt(cast.alice, session, content="/sh true")
    Work(session).start()

    refused = put(alice, session, "a", b"x")

    assert (refused.status_code, refused.json()["code"]) == (409, "run_writes")
    assert not session.file_changes.exists()


@pytest.mark.django_db(transaction=True)
def test_what_the_agent_writes_stands_in_the_same_history(
    cast: Cast, session: AgentSession, place: Path, facts: Facts
) -> None:
    session.sdk_options = {**session.sdk_options, "permission_mode": "acceptEdits"}
    session.save(update_fields=["sdk_options"])
    prompting.prompt(cast.alice, session, content="/write a\nhello")

    drive_all()

    found = last(session)
    assert (found.path, found.actor_kind, found.size_before, found.size_after) == (
        "a", "agent", None, 6,
    )  # fmt: skip
    assert found.tool_call is not None
    assert (place / "a").read_text() == "hello\n"


@pytest.mark.django_db(transaction=True)
def test_a_file_is_removed_if_it_is_still_the_same(
    cast: Cast, session: AgentSession, place: Path
) -> None:
    alice = Caller(cast.alice)
    (place / "a").write_text("one")
    seen = alice.get(at(session, "a"))["ETag"]
    assert alice.send("DELETE", at(session, "a"), **{"If-Match": '"0"'}).status_code == 409

    assert alice.send("DELETE", at(session, "a"), **{"If-Match": seen}).status_code == 202
    drive_all()

    assert not (place / "a").exists()
    assert alice.send("DELETE", at(session, "a")).status_code == 404


@pytest.mark.parametrize(
    "path",
    ["", "/etc/x", "../x", "a/../../x", "a//b", "./a", "a\nb", "a\x1bb", "a/", "x" * 300,
     "a/" * 2100 + "x"],
)  # fmt: skip
def test_a_path_nobody_may_write_is_400(
    cast: Cast, session: AgentSession, place: Path, path: str
) -> None:
    refused = put(Caller(cast.alice), session, path, b"x")

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/path")
    assert not session.file_changes.exists()


@pytest.mark.parametrize("given", ['W/"x"', "a b", '"' + "x" * 200 + '"', '"'])
def test_a_condition_we_do_not_know_is_400(cast: Cast, session: AgentSession, given: str) -> None:
    refused = put(Caller(cast.alice), session, "a", b"x", **{"If-Match": given})

    assert (refused.status_code, refused.json()["errors"][0]["pointer"]) == (400, "/If-Match")


def test_a_file_over_the_limit_is_413(cast: Cast, session: AgentSession) -> None:
    refused = put(Caller(cast.alice), session, "a", b"x" * ((16 << 20) + 1))

    assert (refused.status_code, refused.json()["code"]) == (413, "too_large")
    assert not session.file_changes.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("path", ["link/x", "folder", "file/below"])
def test_what_cannot_be_written_is_refused_with_a_reason(
    cast: Cast, session: AgentSession, place: Path, path: str
) -> None:
    (place / "link").symlink_to("/tmp")
    (place / "folder").mkdir()
    (place / "file").touch()
    put(Caller(cast.alice), session, path, b"x", **{"If-Match": "*"})

    drive_all()

    found = last(session)
    assert (found.status, bool(found.problem)) == ("refused", True)
    assert not Path("/tmp/x").exists()


def test_viewers_read_editors_write_and_others_know_nothing(
    cast: Cast, session: AgentSession, place: Path, facts: Facts
) -> None:
    (place / "a").write_text("secret")
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    bob = Caller(cast.bob)

    assert read(bob.get(at(session, "a"))) == b"secret"
    for path in ("a", "new", "../x"):
        assert put(bob, session, path, b"x").status_code == 403
        assert bob.delete(at(session, path)).status_code == 403
    for stranger in (cast.charlie, cast.dora, cast.olga, cast.anna):
        caller = Caller(stranger)
        assert caller.get(at(session, "a")).status_code == 404
        assert caller.get(f"/sessions/{session.pk}/files").status_code == 404
        assert caller.get(f"/sessions/{session.pk}/files/changes").status_code == 404
        assert put(caller, session, "a", b"x").status_code == 404
    assert not session.file_changes.exists()


def test_reading_by_office_is_recorded(cast: Cast, place: Path, facts: Facts) -> None:
    from_bob = AgentSession.objects.get(working_directory__pk=place.name)
    AgentSession.objects.filter(pk=from_bob.pk).update(owner=cast.bob)
    (place / "a").write_text("bob's")
    facts.records.clear()

    assert read(Caller(cast.alice).get(at(from_bob, "a"))) == b"bob's"

    assert [r.fact.name for r in facts.records] == ["sessions.session_content_read"]
