"""Tools that run away are contained and reported, and the installation goes on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.resilience.test_broker import database_url
from tests.resilience.test_kills import sleepers
from tests.stories.house import House, Person, until

pytestmark = pytest.mark.kill
FREE = {"permission_mode": "bypassPermissions"}


@pytest.fixture
def room(strong_house: House) -> Iterator[tuple[Person, str]]:
    """A session whose tools nobody has to allow, with a time limit of its own."""
    alice = strong_house.alice
    yield alice, alice.session("runaway", sdk_options={**FREE, "timeout_seconds": 8})
    began = time.monotonic()
    assert alice.run(alice.session("next", sdk_options=FREE), "/sh echo fine")[0]["status"] == "ok"
    assert time.monotonic() - began < 15


def test_a_fork_bomb_is_contained(room: tuple[Person, str]) -> None:
    alice, session = room

    result = alice.run(session, "/sh bomb() { bomb | bomb & sleep 4713; }; bomb; sleep 4713")

    assert [r["status"] for r in result] in (["error"], ["cancelled"])
    until(lambda: sleepers(4713) == [], what="its processes to be gone")


def test_endless_output_is_cut_and_said_so(room: tuple[Person, str]) -> None:
    alice, session = room

    result = alice.run(session, "/sh head -c 10G /dev/zero | tr '\\0' 'x'")[0]

    assert result["status"] == "error"
    assert "output limit" in result["content"]
    assert len(result["content"]) < 200_000


def test_an_endless_loop_ends_at_its_time_limit(room: tuple[Person, str]) -> None:
    alice, _ = room
    session = alice.session("loop", sdk_options={**FREE, "timeout_seconds": 2})

    posted = alice.prompt(session, "/sh while :; do :; done")
    alice.settled(session)

    events = alice.events(session, after=posted["seq"])
    results = [e["data"] for e in events if e["type"] == "TOOL_CALL_RESULT"]
    assert [r["status"] for r in results] in (["error"], ["cancelled"])
    assert len([e for e in events if e["type"] in {"RUN_FINISHED", "RUN_ERROR"}]) == 1


def test_a_link_out_of_the_workspace_leads_nowhere(room: tuple[Person, str]) -> None:
    alice, session = room

    alice.run(session, "/sh ln -s /etc/hostname out; ln -s / root; ln -s ../.. up")
    name = Path("/etc/hostname").read_bytes()
    tries = ("/read out", "/read root/etc/hostname", "/read up/keys/master", "/write out stolen")
    results = [alice.run(session, one)[0]["status"] for one in tries]

    assert set(results[:3]) <= {"error", "denied"}
    assert Path("/etc/hostname").read_bytes() == name


def test_the_database_and_the_house_cannot_be_reached_from_inside(
    strong_house: House, room: tuple[Person, str]
) -> None:
    alice, session = room
    socket = database_url(strong_house).rpartition("host=")[2].replace("%2F", "/")
    port = strong_house.url.rpartition(":")[2]
    script = (
        f"ls {socket} && echo seen; ls {strong_house.data_dir}/keys && echo seen; "
        f"(echo > /dev/tcp/127.0.0.1/{port}) && echo reached; "
        f"cat /proc/*/environ 2>/dev/null | tr '\\0' '\\n' | grep -c DATABASE_URL"
    )

    result = alice.run(session, f"/sh {script}")[0]

    assert "seen" not in result["content"].splitlines()
    assert "reached" not in result["content"].splitlines()
    assert result["content"].splitlines()[-1] == "0"
