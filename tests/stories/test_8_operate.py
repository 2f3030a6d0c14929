"""Stories 8.7 and 8.8: halting everything, and keeping an installation alive, from outside."""

from __future__ import annotations

import json
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.resilience.test_kills import ends, sleepers
from tests.stories.house import House, Person, command, house, until
from tests.stories.texts import story


@pytest.fixture
def elsewhere() -> Iterator[Path]:
    """Room for another installation."""
    path = Path(tempfile.mkdtemp(prefix="qdo", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def going(the_house: House) -> Iterator[House]:
    """The house; whatever a test stopped goes on afterwards."""
    yield the_house
    for stop in the_house.alice.get("/stops").json()["results"]:
        the_house.alice.delete(f"/stops/{stop['id']}")


def named(person: Person, name: str) -> list[dict[str, Any]]:
    """Entries of the ledger of one name."""
    found = person.get("/audit/events", name=name, limit=50).json()["results"]
    return [dict(one) for one in found]


def refused(person: Person, session: str, reason: str) -> None:
    """A prompt is refused with 409, `stopped` and the reason, and leaves no trace."""
    before = len(person.events(session))
    no = person.post(f"/sessions/{session}/messages", {"content": "/sh echo no"})
    assert (no.status_code, no.json()["code"]) == (409, "stopped")
    assert reason in no.json()["detail"]
    assert len(person.events(session)) == before


@story("8.7")
def test_8_7_stop(going: House) -> None:
    alice, bob = going.alice, going.bob
    nap = 100_000 + time.time_ns() % 10**6
    running, other = alice.session("running"), bob.session("other")
    cut = alice.prompt(running, f"/sh echo ran >> log; sleep {nap}")["run_id"]
    behind = alice.prompt(running, "/sh echo after >> log; cat log")["run_id"]
    until(lambda: sleepers(nap), what="the command to run")

    assert bob.post("/stops", {"reason": "mine"}).status_code == 403
    began = time.monotonic()
    assert alice.post("/stops", {"reason": "a leaked key"}).status_code == 201
    until(lambda: not sleepers(nap), what="the command to be gone")
    assert time.monotonic() - began < 20  # a net; benchmarks/stop.py measures five seconds

    until(lambda: ends(alice.events(running), cut), what="the turn to end")
    (end,) = [e for e in alice.events(running) if e["run"] == cut and e["type"] == "RUN_FINISHED"]
    assert end["data"]["outcome"] == "cancelled"
    assert "a leaked key" in end["data"]["reason"]
    refused(alice, running, "a leaked key")
    refused(bob, other, "a leaked key")
    assert going.charlie.get("/stops").json()["results"][0]["reason"] == "a leaked key"
    assert going.dora.get("/stops").json()["results"] == []
    elsewhere = going.dora.session("elsewhere")
    assert going.dora.run(elsewhere, "/sh echo on")[0]["content"] == "on\n"

    # It outlives those who drive turns; the prompt behind it keeps its place and goes on.
    for pid in going.pids("manage.py runner"):
        os.kill(pid, signal.SIGKILL)
    until(lambda: len(going.pids("manage.py runner")) == 1, what="another runner")
    assert ends(alice.events(running), behind) == []
    resumed = command("resume", "--org", "acme", "--data-dir", str(going.data_dir))
    assert resumed.stdout == "resumed all agents of acme\n", resumed.stderr
    assert alice.settled(running, seconds=60) == "idle"
    assert ends(alice.events(running), behind) == [("RUN_FINISHED", "success")]
    assert alice.results(running)[-1]["content"] == "ran\nafter\n"


def test_8_7_a_person_or_a_tool_by_the_command_line(going: House) -> None:
    given = ("--org", "acme", "--data-dir", str(going.data_dir))
    alice, bob = going.alice, going.bob
    hers, his = alice.session("hers"), bob.session("his")

    assert command("stop", "--person", "bob", *given).returncode == 0
    refused(bob, his, "Bob Tanaka")
    assert alice.run(hers, "/sh echo x")[0]["content"] == "x\n"
    assert command("stop", "--tool", "shell", "--reason", "rules changed", *given).returncode == 0
    (denied,) = alice.run(hers, "/sh echo y")
    assert denied["status"] == "denied"
    assert "rules changed" in denied["content"]

    again = command("resume", *given)
    assert len(again.stdout.splitlines()) == 2, again.stderr
    assert bob.run(his, "/sh echo back")[0]["content"] == "back\n"
    until(lambda: len(named(going.anna, "identity.work_resumed")) >= 2, what="the ledger")
    assert len(named(going.anna, "identity.work_stopped")) >= 2


def troubles(data_dir: Path) -> list[str]:
    """What the doctor finds; jobs that other tests made fail are remembered for a day."""
    found = json.loads(command("doctor", "--json", "--data-dir", str(data_dir)).stdout)
    return [one["name"] for one in found["checks"] if not one["ok"] and one["name"] != "queues"]


@story("8.8")
def test_8_8_operate(the_house: House, elsewhere: Path) -> None:
    data_dir, backup, copy = the_house.data_dir, elsewhere / "b.tar", elsewhere / "d"
    alice = the_house.alice
    session = alice.session("kept")
    alice.run(session, "/sh echo kept > file; head -c 300000 /dev/zero | tr '\\0' x")
    known = alice.events(session)

    # It is well, also before it is made; what other tests broke in the house mends itself.
    unmade = command("doctor", "--port", "0", "--data-dir", str(elsewhere / "none"))
    assert unmade.returncode == 0, unmade.stdout
    until(lambda: not troubles(data_dir), seconds=60, what="the doctor to be content")

    # Backed up while it runs; the keys lie apart.
    made = command("backup", "--to", str(backup), "--data-dir", str(data_dir))
    assert (made.returncode, made.stdout) == (0, f"{backup}\n"), made.stderr
    key = (data_dir / "keys" / "master").read_text().strip()
    assert key in backup.with_name("b.tar.keys").read_text()
    assert key.encode() not in backup.read_bytes()
    taken = command("restore", str(backup), "--data-dir", str(data_dir))
    assert taken.returncode == 1
    assert "already runs" in taken.stderr

    # Restored elsewhere it is the same house; nothing newer is in it, and the ledger tells.
    alice.run(session, "/sh echo later > file")
    restored = command("restore", str(backup), "--data-dir", str(copy))
    assert restored.returncode == 0, restored.stderr
    with house(copy, the_house.people) as twin:
        assert twin.alice.events(session)[: len(known)] == known
        assert twin.alice.run(session, "/sh cat file")[0]["content"] == "kept\n"
        spilled = [one for one in twin.alice.results(session) if one["blob"]]
        call = spilled[0]["tool_call_id"]
        content = twin.alice.get(f"/sessions/{session}/tool-calls/{call}/output")
        assert content.text.strip("x") == ""
        assert len(content.text) == 300_000
        assert twin.alice.get("/me").json()["username"] == "alice"

    # What is wrong is named with its remedy; the data are already those of this version.
    (copy / "keys" / "master").chmod(0o644)
    ill = command("doctor", "--port", "0", "--data-dir", str(copy))
    assert ill.returncode == 1
    assert f"remedy: chmod 0600 {copy}/keys/master" in ill.stdout
    upgraded = command("upgrade", "--data-dir", str(copy))
    assert upgraded.returncode == 0
    assert "nothing to do" in upgraded.stderr
