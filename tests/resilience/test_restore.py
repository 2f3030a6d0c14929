"""A dump from the middle of a turn, restored into another cluster: nothing confirmed is lost."""

from __future__ import annotations

import secrets
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from launcher.cluster import SUPERUSER, Cluster
from launcher.postgres import start_private
from launcher.roles import socket_url
from tests.resilience.test_kills import ends, sleepers
from tests.stories.house import House, Person, house, until

pytestmark = [pytest.mark.kill, pytest.mark.xdist_group("resilience")]
FILES = ("keys", "work", "blobs")
"""What belongs to a backup besides the database."""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Room for two installations, with a short name."""
    path = Path(tempfile.mkdtemp(prefix="qdd", dir="/tmp"))
    path.chmod(0o711)
    yield path
    shutil.rmtree(path, ignore_errors=True)


def superuser(cluster: Cluster) -> str:
    """The DSN of the superuser in the product's database."""
    return socket_url(SUPERUSER, cluster.superuser_password, str(cluster.socket_directory))


def dump(data_dir: Path, target: Path) -> None:
    """pg_dump a running installation."""
    cluster = Cluster(data_dir / "pg", data_dir / "keys")
    _run(cluster.binaries / "pg_dump", "-Fc", "-f", target, superuser(cluster))


def restore(source: Path, backup: Path, data_dir: Path) -> None:
    """Files and keys, then pg_restore into a cluster made anew."""
    data_dir.mkdir()
    for name in FILES:
        if (source / name).exists():
            _run("cp", "-a", source / name, data_dir / name)
    with start_private(data_dir) as server:
        cluster = server.cluster
        tool = cluster.binaries / "pg_restore"
        _run(tool, "--exit-on-error", "-d", superuser(cluster), backup)


def ledger(data_dir: Path) -> dict[str, int]:
    """Every fact's id with its era."""
    cluster = Cluster(data_dir / "pg", data_dir / "keys")
    with psycopg.connect(superuser(cluster)) as database:
        rows = database.execute("SELECT fact_id::text, era FROM audit_ledger").fetchall()
    return dict(rows)


def test_a_dump_from_the_middle_of_a_turn_goes_on_in_another_cluster(folder: Path) -> None:
    old, new, backup = folder / "a", folder / "b", folder / "dump"
    nap = 100_000 + secrets.randbelow(10**6)
    with house(old) as before:
        alice = before.alice
        cut, waiting = alice.session("cut"), alice.session("waiting")
        run = alice.prompt(cut, f"/sh echo ran >> log; sleep {nap}; echo again >> log")["run_id"]
        alice.run(waiting, "/sh mkdir -p build && touch build/x")
        alice.prompt(waiting, "/sh rm -rf build && echo gone >> log")
        assert alice.settled(waiting) == "waiting"
        until(lambda: sleepers(nap), what="the command to run")
        known = {session: alice.events(session) for session in (cut, waiting)}
        facts = ledger(old)
        dump(old, backup)
    until(lambda: not sleepers(nap), what="the command to be gone")

    restore(old, backup, new)
    with house(new) as after:
        alice = after.alice
        until(lambda: ends(alice.events(cut), run), seconds=10, what="the turn to end")

        assert ends(alice.events(cut), run) == [("RUN_ERROR", "runner_lost")]
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


def _run(*command: object) -> None:
    subprocess.run([str(part) for part in command], check=True, timeout=300)
