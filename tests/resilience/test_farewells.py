"""A session that is over takes its own MCP servers along, at once and not after the idle hour."""

from __future__ import annotations

import secrets
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from tests.marketplace.installed import system_python
from tests.stories.house import House, Person, until

pytestmark = pytest.mark.kill
STANDIN = Path(__file__).resolve().parents[1] / "standins/mcp_raw.py"
FREE = {"permission_mode": "bypassPermissions"}


@pytest.fixture
def server(strong_house: House) -> Iterator[tuple[str, str]]:
    """A server with a process for each session: its name and id."""
    folder = strong_house.data_dir / "servers" / secrets.token_hex(4)
    folder.mkdir(parents=True, mode=0o755)
    folder.parent.chmod(0o755)
    shutil.copy(STANDIN, folder)
    alice, name = strong_house.alice, f"own{secrets.token_hex(4)}"
    body = {
        "name": name,
        "transport": "stdio",
        "command": system_python(),
        "args": [str(folder / STANDIN.name)],
        "read_only_paths": [str(folder)],
        "state": "session",
    }
    made = alice.post("/mcp-servers", body)
    assert made.status_code == 201, made.text
    path = f"/mcp-servers/{made.json()['id']}"
    until(lambda: alice.get(path).json()["checked_at"], seconds=60, what="the listing")
    yield name, made.json()["id"]
    shutil.rmtree(folder)


def archived(alice: Person, session: str) -> httpx.Response:
    """It is put away."""
    return alice.post(f"/sessions/{session}/archive")


def trashed(alice: Person, session: str) -> httpx.Response:
    """It is thrown away."""
    return alice.delete(f"/sessions/{session}")


def cancelled(alice: Person, session: str) -> httpx.Response:
    """Its turn is stopped."""
    alice.prompt(session, "/sh sleep 300")
    until(lambda: alice.get(f"/sessions/{session}").json()["status"] == "running", what="the turn")
    return alice.post(f"/sessions/{session}/cancel")


@pytest.mark.parametrize("deed", [archived, trashed, cancelled])
def test_servers_of_a_session_end_with_it_and_those_of_others_go_on(
    strong_house: House, server: tuple[str, str], deed: Callable[[Person, str], httpx.Response]
) -> None:
    alice, (name, server_id) = strong_house.alice, server
    over, other = (
        alice.session(word, mcp_servers=[server_id], sdk_options=FREE) for word in ("over", "other")
    )
    markers = {session: f"mcp-{secrets.token_hex(6)}" for session in (over, other)}
    for session, marker in markers.items():
        alice.run(session, f'/tool {name}.children {{"marker": "{marker}"}}')
        until(lambda marker=marker: len(marked(marker)) == 2, what="the server's children")

    answer = deed(alice, over)
    assert answer.status_code < 300, answer.text
    until(lambda: not marked(markers[over]), seconds=15, what="the servers to end")

    assert len(marked(markers[other])) == 2
    assert alice.run(other, f"/tool {name}.count {{}}")[0]["content"] == "1"
    assert trashed(alice, other).status_code == 204
    until(lambda: not marked(markers[other]), seconds=15, what="the other's servers to end")


def marked(marker: str) -> list[psutil.Process]:
    """Processes with this word on their command line, in whatever sandbox."""
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if marker in (one.info["cmdline"] or ())]
