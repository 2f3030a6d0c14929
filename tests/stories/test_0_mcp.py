"""Story 0.5: MCP servers on stdio and HTTP, of both eras, from outside."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.marketplace.installed import system_python
from tests.stories.house import House, Person, until
from tests.stories.texts import story

STANDINS = Path(__file__).resolve().parents[1] / "standins"
TOKEN = "tok-5f2c9a71d0e84b36"
FREE = {"permission_mode": "bypassPermissions"}


@pytest.fixture
def programs(the_house: House) -> Iterator[Path]:
    """The stand-in server where the operator puts programs."""
    folder = the_house.data_dir / "servers" / "standins"
    folder.mkdir(parents=True, mode=0o755)
    folder.parent.chmod(0o755)
    shutil.copy(STANDINS / "mcp_raw.py", folder)
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def remote() -> Iterator[str]:
    """The address of a server on HTTP; the operator allows this loopback address."""
    argv = [sys.executable, str(STANDINS / "mcp_modern.py"), "--http", "127.0.0.2"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield f"http://127.0.0.2:{int(process.stdout.readline())}/mcp"
        process.kill()


def on_stdio(programs: Path, *flags: str) -> dict[str, Any]:
    return {
        "transport": "stdio",
        "command": system_python(),
        "args": [str(programs / "mcp_raw.py"), *flags],
        "env": {"TOKEN": TOKEN},
        "read_only_paths": [str(programs)],
    }


def register(person: Person, name: str, **body: Any) -> str:
    """Register and wait until the gateway has listed the tools."""
    made = person.post("/mcp-servers", {"name": name, **body})
    assert made.status_code == 201, made.text
    server = str(made.json()["id"])
    assert until(lambda: person.get(f"/mcp-servers/{server}").json()["checked_at"], seconds=60)
    return server


@story("0.5")
def test_0_5_mcp(the_house: House, programs: Path, remote: str) -> None:
    alice, bob = the_house.alice, the_house.bob
    servers = {
        "older": register(alice, "older", **on_stdio(programs)),
        "newer": register(alice, "newer", **on_stdio(programs, "--modern")),
        "remote": register(
            alice,
            "remote",
            transport="http",
            url=remote,
            headers={"Authorization": f"Bearer {TOKEN}"},
        ),
    }

    shown = {name: bob.get(f"/mcp-servers/{one}").json() for name, one in servers.items()}
    revisions = {name: one["protocol_revision"] for name, one in shown.items()}
    assert revisions == {"older": "2025-11-25", "newer": "2026-07-28", "remote": "2026-07-28"}
    assert {one["tools_state"] for one in shown.values()} == {"approved"}

    session = alice.session("tools", mcp_servers=list(servers.values()), sdk_options=FREE)
    said = {
        prompt: alice.run(session, f"/tool {prompt}")[0]
        for prompt in (
            'older.echo {"text": "one"}',
            'newer.echo {"text": "two"}',
            'remote.add {"a": 1, "b": 2}',
            "older.fail {}",
            "older.protest {}",
            "remote.token {}",
        )
    }
    contents = [one["content"] for one in said.values()]
    assert contents[:3] == ["one", "two", "3"]
    assert contents[3] == "failed with [redacted]"
    assert "[redacted]" in contents[4]
    assert contents[5] == "[redacted]"
    everything = [
        bob.get("/mcp-servers").text,
        alice.get("/mcp-servers/export").text,
        alice.get(f"/sessions/{session}/events").text,
        alice.get(f"/sessions/{session}/tool-calls").text,
        the_house.anna.get("/audit/events", limit=200).text,
        *(path.read_text(errors="replace") for path in the_house.data_dir.rglob("*.log")),
    ]
    assert [text for text in everything if TOKEN in text] == []


def test_0_5_no_child_is_left(the_house: House, programs: Path) -> None:
    alice = the_house.alice
    server = register(alice, "family", **on_stdio(programs))
    session = alice.session("family", mcp_servers=[server], sdk_options=FREE)
    marker = f"stray-{server}"
    alice.run(session, f'/tool family.children {{"marker": "{marker}"}}')
    until(lambda: len(marked(marker)) == 2, what="the children")

    for pid in the_house.pids("manage.py gateway"):
        os.kill(pid, signal.SIGKILL)

    until(lambda: not marked(marker), what="the children to be gone")
    again = until(
        lambda: [
            one
            for one in alice.run(session, '/tool family.echo {"text": "back"}')
            if one["status"] == "ok"
        ],
        seconds=60,
    )
    assert again[0]["content"] == "back"


def test_0_5_only_admins_register(the_house: House, programs: Path) -> None:
    refused = the_house.bob.post("/mcp-servers", {"name": "mine", **on_stdio(programs)})
    inline = the_house.bob.post("/sessions", {"name": "x", "mcp_servers": [{"command": "sh"}]})

    assert refused.status_code == 403
    assert inline.status_code == 400


def marked(marker: str) -> list[int]:
    """Processes anywhere on the machine whose command line holds the marker."""
    found = psutil.process_iter(["cmdline", "pid"])
    return [one.info["pid"] for one in found if marker in (one.info["cmdline"] or [])]
