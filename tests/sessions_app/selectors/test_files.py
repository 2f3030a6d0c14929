"""The files of a session as its page shows them, whatever a command left there."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kernel.errors import NotFoundError
from sessions_app.models import AgentSession
from sessions_app.runner.workspaces import make_workspace
from sessions_app.selectors.files import brief_list, file_of
from tests.factories.cast import Cast
from tests.sessions_app.work import make


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    return make(cast)


@pytest.fixture
def place(session: AgentSession) -> Path:
    return make_workspace(session.working_directory, session.pk)


def test_a_session_without_files_has_an_empty_list(session: AgentSession) -> None:
    assert brief_list(session) == []
    with pytest.raises(NotFoundError):
        file_of(session, "x")


def test_near_files_come_first_and_what_tools_fill_is_left_out(
    session: AgentSession, place: Path
) -> None:
    for path in ("a/b/deep", "top", "node_modules/x", ".git/x", ".home/x", "a/near"):
        (place / path).parent.mkdir(parents=True, exist_ok=True)
        (place / path).write_text("x")

    assert [one["path"] for one in brief_list(session)] == ["top", "a/near", "a/b/deep"]


def test_names_that_are_no_text_break_no_page(session: AgentSession, place: Path) -> None:
    (place / os.fsdecode(b"\xff\xfe")).write_text("x")
    (place / "new\nline").write_text("x")

    listed = [one["path"] for one in brief_list(session)]

    assert listed == ["new\nline"]
    assert file_of(session, listed[0])["content"] == "x"
    assert "".join(listed).encode()


def test_a_huge_directory_costs_a_bounded_look(session: AgentSession, place: Path) -> None:
    for number in range(3000):
        (place / f"f{number}").touch()
    for number in range(300):
        (place / f"d{number}" / "x").mkdir(parents=True)

    assert len(brief_list(session)) == 40


@pytest.mark.parametrize(
    "path",
    ["../../keys/master", "/etc/passwd", "link", "folder/out", "folder", "pipe", "", ".", "a\x00b",
     "x" * 5000, "loop"],
)  # fmt: skip
def test_what_is_no_file_of_the_workspace_is_not_found(
    session: AgentSession, place: Path, path: str
) -> None:
    (place / "link").symlink_to("/etc/passwd")
    (place / "folder").mkdir()
    (place / "folder" / "out").symlink_to("../../..")
    (place / "loop").symlink_to("loop")
    os.mkfifo(place / "pipe")

    with pytest.raises(NotFoundError):
        file_of(session, path)


def test_a_file_is_shown_as_far_as_it_can_be(session: AgentSession, place: Path) -> None:
    (place / "text").write_bytes(b"ok \xff")
    (place / "binary").write_bytes(b"a\x00b")
    (place / "long").write_bytes(b"x" * 300_000)
    (place / "inner").symlink_to("text")

    assert file_of(session, "text")["content"] == "ok \ufffd"
    assert file_of(session, "inner")["content"] == "ok \ufffd"
    assert (file_of(session, "binary")["binary"], file_of(session, "binary")["content"]) == (
        True,
        "",
    )
    found = file_of(session, "long")
    assert (found["truncated"], found["size"], len(found["content"])) == (True, 300_000, 262_144)
