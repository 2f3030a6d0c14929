"""A backup from the middle of a turn, restored elsewhere: nothing confirmed is lost."""

from __future__ import annotations

import secrets
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from launcher.cluster import SUPERUSER, Cluster
from launcher.roles import socket_url
from tests.resilience.test_kills import ends, sleepers
from tests.stories.house import House, Person, command, house, until

pytestmark = pytest.mark.kill


@pytest.fixture
def folder() -> Iterator[Path]:
    """Room for another installation, with a short name."""
    path = Path(tempfile.mkdtemp(prefix="qdd", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def ledger(data_dir: Path) -> dict[str, int]:
    """Every fact's id with its era."""
    cluster = Cluster(data_dir / "pg", data_dir / "keys")
    host = str(cluster.socket_directory)
    with psycopg.connect(socket_url(SUPERUSER, cluster.superuser_password, host)) as database:
        rows = database.execute("SELECT fact_id::text, era FROM audit_ledger").fetchall()
    return dict(rows)


def test_a_backup_from_the_middle_of_a_turn_goes_on_in_another_installation(
    strong_house: House, folder: Path
) -> None:
    old, new, backup = strong_house.data_dir, folder / "b", folder / "backup.tar"
    nap = 100_000 + secrets.randbelow(10**6)
    alice = strong_house.alice
    cut, waiting = alice.session("cut"), alice.session("waiting")
    run = alice.prompt(cut, f"/sh echo ran >> log; sleep {nap}; echo again >> log")["run_id"]
    alice.run(waiting, "/sh mkdir -p build && touch build/x")
    alice.prompt(waiting, "/sh rm -rf build && echo gone >> log")
    assert alice.settled(waiting) == "waiting"
    until(lambda: sleepers(nap), what="the command to run")
    known = {session: alice.events(session) for session in (cut, waiting)}
    facts = ledger(old)

    made = command("backup", "--data-dir", str(old), "--to", str(backup))
    assert (made.returncode, made.stdout) == (0, f"{backup}\n"), made.stderr
    alice.post(f"/sessions/{cut}/cancel")
    until(lambda: not sleepers(nap), what="the command to be gone")
    restored = command("restore", str(backup), "--data-dir", str(new))
    assert restored.returncode == 0, restored.stderr

    with house(new, strong_house.people) as after:
        alice = after.alice
        assert ends(alice.events(cut), run) == [("RUN_ERROR", "restored")]
        assert alice.settled(cut) == "idle"
        assert alice.run(cut, "/sh cat log")[0]["content"] == "ran\n"
        assert sleepers(nap) == []
        decide(after, waiting)
        assert alice.run(waiting, "/sh cat log; ls")[0]["content"] == "gone\nlog\n"
        for session, events in known.items():
            now = alice.events(session)
            assert now[: len(events)] == events
            assert [event["seq"] for event in now] == list(range(1, len(now) + 1))
        kept = ledger(new)
        assert {fact: kept.get(fact) for fact in facts} == facts
        assert set(kept.values()) == {*facts.values(), max(facts.values()) + 1}


def decide(after: House, session: str) -> None:
    """Approve what waits in a session; it runs, once."""
    alice: Person = after.alice
    found = alice.get("/approvals").json()["results"]
    (pending,) = [one for one in found if one["session_id"] == session]
    answer = alice.post(f"/approvals/{pending['id']}/approve", {"reason": "fine"})
    assert answer.status_code == 200, answer.text
    assert alice.settled(session, seconds=60) == "idle"
    calls = alice.get(f"/sessions/{session}/tool-calls").json()["results"]
    assert [call["status"] for call in calls] == ["ok", "ok"]
