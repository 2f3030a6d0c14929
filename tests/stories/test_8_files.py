"""Story 8.5: files and a terminal of a session, from outside."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import httpx

from tests.sessions_app.engine.test_media import PLACE, png, png_chunk
from tests.stories.house import House, Person, until
from tests.stories.texts import story


def api(person: Person, method: str, path: str, **given: Any) -> httpx.Response:
    with person.api as client:
        return client.request(method, path, **given)


def at(person: Person, where: str, path: str) -> httpx.Response:
    return api(person, "GET", where, params={"path": path})


def saved(person: Person, session: str, path: str, body: bytes, **headers: str) -> dict[str, Any]:
    where = f"/sessions/{session}/files"
    asked = api(
        person, "PUT", f"{where}/content", params={"path": path}, content=body, headers=headers
    )
    assert asked.status_code == 202, asked.text
    change = f"{where}/changes/{asked.json()['id']}"
    return dict(
        until(
            lambda: (found := person.get(change).json())["status"] != "pending" and found,
            what=f"{path} to be written",
        )
    )


def output(person: Person, session: str, terminal: str) -> str:
    events = [e["data"] for e in person.events(session) if e["data"].get("terminal_id") == terminal]
    return "".join(data.get("delta", "") for data in events)


def closed_to(person: Person, *paths: str) -> None:
    assert {person.get(path).status_code for path in paths} == {404}


@story("8.5")
def test_8_5_files(the_house: House) -> None:
    alice, bob = the_house.alice, the_house.bob
    session = alice.session("files")
    shared = alice.post(f"/sessions/{session}/shares", {"user": bob.username, "role": "editor"})
    assert shared.status_code == 201
    files = f"/sessions/{session}/files"
    plan = f"{files}/content?path=notes/plan.md"

    # A screenshot is dropped into a prompt.
    picture = png(2, 2, png_chunk(b"tEXt", PLACE))
    sent = api(alice, "POST", f"/sessions/{session}/attachments?name=shot.png", content=picture)
    assert (sent.status_code, sent.json()["media_type"]) == (201, "image/png")
    prompt = {"content": "/sh wc -c .attachments/shot.png", "attachments": [sent.json()["id"]]}
    assert alice.post(f"/sessions/{session}/messages", prompt).status_code == 202
    alice.settled(session)
    assert alice.results(session)[0]["content"].startswith(str(sent.json()["size"]))
    assert PLACE not in bob.get(f"/sessions/{session}/attachments/{sent.json()['id']}").content

    # The working directory is browsed, edited by two, and downloaded.
    assert saved(alice, session, "notes/plan.md", b"one\n")["status"] == "done"
    names = [one["path"] for one in at(bob, files, "notes").json()["results"]]
    assert names == ["notes/plan.md"]
    version = at(bob, f"{files}/content", "notes/plan.md").headers["etag"]
    again = saved(bob, session, "notes/plan.md", b"two\n", **{"If-Match": version})
    assert again["size_before"] == 4
    late = api(alice, "PUT", plan, content=b"three\n", headers={"If-Match": version})
    assert (late.status_code, late.json()["code"]) == (409, "file_changed")
    assert at(alice, f"{files}/content", "notes/plan.md").content == b"two\n"
    history = at(alice, f"{files}/changes", "notes/plan.md").json()["results"]
    assert [one["actor_id"] for one in history] == [bob.id, alice.id]
    archive = io.BytesIO(alice.get(f"{files}/archive").content)
    with tarfile.open(fileobj=archive, mode="r:gz") as packed:
        assert "files/notes/plan.md" in packed.getnames()

    # A terminal stands in the same sandbox; the other one watches.
    terminal = alice.post(f"/sessions/{session}/terminals").json()["id"]
    where = f"/sessions/{session}/terminals/{terminal}"
    until(lambda: "$" in output(bob, session, terminal), what="a prompt of the shell")
    assert alice.post(f"{where}/input", {"data": "cat notes/plan.md; pwd\r"}).status_code == 204
    until(lambda: "two" in output(bob, session, terminal), what="the file's content")
    assert "/workspace" in output(bob, session, terminal)
    assert bob.post(f"{where}/input", {"data": "x"}).status_code == 403
    assert alice.get(where).json()["opened_by"] == alice.id
    assert alice.delete(where).status_code == 204
    assert alice.get(where).json()["reason"] == "closed"

    closed_to(the_house.charlie, files, f"{files}/archive", where)
