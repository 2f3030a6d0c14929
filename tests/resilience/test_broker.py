"""The default broker is a folder: deleted or emptied, it delays a job and loses none."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psycopg
import pytest

from tests.resilience.test_kills import COMMANDS
from tests.stories.house import House, until

pytestmark = pytest.mark.kill
DELAY_SECONDS = 15


def deleted(broker: Path) -> None:
    """The whole folder is gone."""
    shutil.rmtree(broker)


def emptied(broker: Path) -> None:
    """The folders stand, nothing is in them."""
    for path in broker.rglob("*"):
        if path.is_file():
            path.unlink()


@pytest.mark.parametrize("loss", [deleted, emptied])
def test_a_lost_broker_delays_a_job_and_costs_no_worker(
    strong_house: House, loss: Callable[[Path], None]
) -> None:
    broker = strong_house.data_dir / "celery"
    workers = strong_house.pids(COMMANDS["worker"])

    with held(workers):
        job = invite(strong_house)
        until(lambda: list((broker / "messages").iterdir()), what="the hint")
        loss(broker)
    began = time.monotonic()
    until(lambda: attempts(strong_house, job), seconds=60, what="a worker to take the job")

    assert time.monotonic() - began < DELAY_SECONDS
    assert strong_house.pids(COMMANDS["worker"]) == workers


def test_a_job_asked_for_while_the_folder_is_gone_is_done(strong_house: House) -> None:
    workers = strong_house.pids(COMMANDS["worker"])

    shutil.rmtree(strong_house.data_dir / "celery")
    began = time.monotonic()
    job = invite(strong_house)
    until(lambda: attempts(strong_house, job), seconds=60, what="a worker to take the job")

    assert time.monotonic() - began < DELAY_SECONDS
    assert strong_house.pids(COMMANDS["worker"]) == workers


@contextmanager
def held(pids: list[int]) -> Iterator[None]:
    """Nobody of these moves meanwhile."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


def invite(house: House) -> str:
    """Invite somebody, which is a worker's job; its id."""
    address = f"frida-{secrets.token_hex(4)}@example.org"
    posted = house.alice.post("/invitations", {"email": address, "role": "member"})
    assert posted.status_code == 201, posted.text
    query = "SELECT id FROM kernel_job WHERE kind = %s ORDER BY created_at DESC LIMIT 1"
    with closing(psycopg.connect(database_url(house))) as database:
        row = database.execute(query, ["identity.send_invitation"]).fetchone()
    assert row is not None
    return str(row[0])


def attempts(house: House, job: str) -> int:
    """How often a worker took the job."""
    with closing(psycopg.connect(database_url(house))) as database:
        row = database.execute("SELECT attempts FROM kernel_job WHERE id = %s", [job]).fetchone()
    assert row is not None
    return int(row[0])


def database_url(house: House) -> str:
    """The runtime role's address, as the processes know it."""
    pid = house.pids(COMMANDS["keeper"])[0]
    text = Path(f"/proc/{pid}/environ").read_text()
    environment = dict(line.split("=", 1) for line in text.split("\0") if "=" in line)
    return environment["DATABASE_URL"]
