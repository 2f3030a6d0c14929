"""Terminals by API and page: who opens, types, watches and ends them."""

from __future__ import annotations

from typing import Any

import pytest

from kernel.streams import Entry, append
from sessions_app.models import AgentSession, Terminal
from sessions_app.services import lifecycle, sharing
from sessions_app.streams import SESSIONS
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.sessions_app.work import make


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    made = make(cast)
    sharing.share(cast.alice, made, subject=cast.bob, role="editor")
    return made


def opened(who: Caller, session: AgentSession, **size: Any) -> dict[str, Any]:
    answer = who.post(f"/sessions/{session.pk}/terminals", size)
    assert answer.status_code == 201, answer.content
    return dict(answer.json())


def test_who_opened_types_others_watch_and_the_owner_ends(
    cast: Cast, session: AgentSession
) -> None:
    alice, bob = Caller(cast.alice), Caller(cast.bob)
    made = opened(bob, session, rows=30)
    where = f"/sessions/{session.pk}/terminals/{made['id']}"

    assert (made["status"], made["rows"], made["columns"]) == ("starting", 30, 80)
    assert bob.post(f"{where}/input", {"data": "ls\r"}).status_code == 204
    assert bob.post(f"{where}/resize", {"rows": 10, "columns": 20}).status_code == 204
    assert alice.post(f"{where}/input", {"data": "ls\r"}).status_code == 403
    assert alice.get(where).json()["id"] == made["id"]
    frames = b"".join(bytes(one.frame) for one in Terminal.objects.get().inputs.order_by("id"))
    assert frames == b"D\x00\x00\x00\x03ls\rR\x00\x00\x00\x04\x00\x0a\x00\x14"
    assert alice.delete(where).status_code == 204
    refused = bob.post(f"{where}/input", {"data": "ls\r"})
    assert (refused.status_code, refused.json()["code"]) == (409, "terminal_ended")
    assert not Terminal.objects.get().inputs.exists()


def test_viewers_watch_and_strangers_know_nothing(cast: Cast, session: AgentSession) -> None:
    made = opened(Caller(cast.alice), session)
    where = f"/sessions/{session.pk}/terminals/{made['id']}"
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    bob = Caller(cast.bob)

    assert bob.get(where).status_code == 200
    assert bob.post(f"/sessions/{session.pk}/terminals").status_code == 403
    assert bob.delete(where).status_code == 403
    for stranger in (cast.charlie, cast.dora, cast.olga, cast.anna):
        caller = Caller(stranger)
        assert caller.get(where).status_code == 404
        assert caller.post(f"{where}/input", {"data": "x"}).status_code == 404
        assert caller.post(f"/sessions/{session.pk}/terminals").status_code == 404
    elsewhere = make(cast)
    other = Caller(cast.alice).get(f"/sessions/{elsewhere.pk}/terminals/{made['id']}")
    assert other.status_code == 404


@pytest.mark.parametrize(
    ("part", "body", "pointer"),
    [
        ("", {"rows": 1}, "/rows"),
        ("", {"columns": 501}, "/columns"),
        ("/input", {"data": ""}, "/data"),
        ("/input", {"data": "x" * 16_001}, "/data"),
        ("/input", {"keys": "x"}, "/keys"),
        ("/resize", {"rows": 10}, "/columns"),
    ],
)
def test_bad_input_is_400(
    cast: Cast, session: AgentSession, part: str, body: dict[str, Any], pointer: str
) -> None:
    alice = Caller(cast.alice)
    made = opened(alice, session)
    where = f"/sessions/{session.pk}/terminals" + (f"/{made['id']}{part}" if part else "")

    refused = alice.post(where, body)

    assert refused.status_code == 400
    assert pointer in [one["pointer"] for one in refused.json()["errors"]]


def test_there_are_only_so_many_and_none_in_the_archive(cast: Cast, session: AgentSession) -> None:
    alice = Caller(cast.alice)
    first, _second = opened(alice, session), opened(alice, session)

    refused = alice.post(f"/sessions/{session.pk}/terminals")
    alice.delete(f"/sessions/{session.pk}/terminals/{first['id']}")

    assert (refused.status_code, refused.json()["code"]) == (429, "terminal_quota")
    opened(alice, session)
    lifecycle.archive(cast.alice, session)
    assert alice.post(f"/sessions/{session.pk}/terminals").status_code == 409


def test_a_shell_that_reads_nothing_is_not_fed_for_ever(cast: Cast, session: AgentSession) -> None:
    alice = Caller(cast.alice)
    where = f"/sessions/{session.pk}/terminals/{opened(alice, session)['id']}/input"

    found = [alice.post(where, {"data": "x"}).status_code for _ in range(201)]

    assert (set(found[:200]), found[200]) == ({204}, 409)


def test_without_scripts_a_page_shows_text_and_takes_commands(
    cast: Cast, session: AgentSession, client: Any
) -> None:
    client.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    went = client.post(f"/sessions/{session.pk}/terminals")
    terminal = Terminal.objects.get()
    colored = "\x1b[31m<red>\x1b[0m\r\n\x1b]0;title\x07one\rtwo\r\n$ "
    data = {"name": "terminal.output", "terminal_id": str(terminal.pk), "delta": colored}
    append(SESSIONS, session.pk, cast.alice, [Entry(type="CUSTOM", data=data)])

    page = client.get(went["Location"])
    typed = client.post(
        f"/sessions/{session.pk}/terminals/{terminal.pk}/type", {"command": "make test"}
    )

    assert b"&lt;red&gt;\ntwo\n$ </pre>" in page.content
    assert (typed.status_code, b"make test\r" in bytes(terminal.inputs.get().frame)) == (302, True)
    client.post(f"/sessions/{session.pk}/terminals/{terminal.pk}/close")
    assert b"It was closed." in client.get(went["Location"]).content
