"""`kill -9` of every process of the tree: it comes back, and nothing confirmed is lost."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

from tests.resilience.socket_client import Viewer
from tests.stories.house import House, Person, until

pytestmark = pytest.mark.kill
COMMANDS = {
    "web": "manage.py web",
    "runner": "manage.py runner",
    "worker": "config.celery worker",
    "beat": "config.celery beat",
    "gateway": "manage.py gateway",
    "keeper": "manage.py keeper",
}


def kill(house: House, service: str, deadly: signal.Signals = signal.SIGKILL) -> None:
    """End a service and wait until another process stands in its place."""
    before = set(house.pids(COMMANDS[service]))
    assert before
    for pid in before:
        os.kill(pid, deadly)
    until(lambda: set(house.pids(COMMANDS[service])) - before, what=f"another {service}")


def sleepers(seconds: int) -> list[str]:
    """Processes that run `sleep <seconds>`, in whatever sandbox."""
    wanted = f"sleep\0{seconds}\0".encode()
    found = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            if wanted in path.read_bytes():
                found.append(path.parent.name)
        except OSError:
            continue
    return found


def answers(person: Person) -> bool:
    """Whether the API and its database answer."""
    try:
        return person.get("/sessions", limit=1).status_code == 200
    except httpx.HTTPError:
        return False


def ends(events: list[dict[str, Any]], run: str) -> list[tuple[str, str]]:
    """How a run ended, as often as it did."""
    kinds = {"RUN_ERROR": "code", "RUN_FINISHED": "outcome"}
    mine = [e for e in events if e["run"] == run and e["type"] in kinds]
    return [(e["type"], e["data"][kinds[e["type"]]]) for e in mine]


def test_a_killed_runner_fails_its_turn_with_the_reason_and_the_next_prompt_runs(
    strong_house: House,
) -> None:
    alice = strong_house.alice
    session = alice.session("runner")
    cut = alice.prompt(session, "/sh echo ran >> log; sleep 4711; echo again >> log")
    until(lambda: sleepers(4711), what="the command to run")
    queued = alice.prompt(session, "/sh cat log")

    began = time.monotonic()
    kill(strong_house, "runner")
    until(lambda: ends(alice.events(session), cut["run_id"]), what="the turn to end")
    seconds = time.monotonic() - began
    alice.settled(session)

    events = alice.events(session)
    assert ends(events, cut["run_id"]) == [("RUN_ERROR", "runner_lost")]
    assert ends(events, queued["run_id"]) == [("RUN_FINISHED", "success")]
    results = [e["data"] for e in events if e["type"] == "TOOL_CALL_RESULT"]
    assert [(r["status"], r["content"]) for r in results][1:] == [("ok", "ran\n")]
    assert results[0]["status"] == "cancelled"
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert sleepers(4711) == []
    assert seconds < 10


@pytest.mark.parametrize("deadly", [signal.SIGKILL, signal.SIGTERM])
def test_the_end_of_a_web_process_costs_a_watcher_no_event_and_none_comes_twice(
    strong_house: House, deadly: signal.Signals
) -> None:
    alice = strong_house.alice
    session = alice.session("web")

    async def scene() -> Viewer:
        viewer = Viewer(strong_house.url, session, alice.token)
        watching = asyncio.create_task(viewer.watch())
        await asyncio.to_thread(
            alice.prompt, session, "/sh for i in $(seq 30); do echo $i; sleep 0.2; done"
        )
        while viewer.last < 8:
            await asyncio.sleep(0.05)
        await asyncio.to_thread(kill, strong_house, "web", deadly)
        await asyncio.to_thread(until, lambda: answers(alice), seconds=40)
        await asyncio.to_thread(alice.settled, session)
        length = len(await asyncio.to_thread(alice.events, session))
        async with asyncio.timeout(20):
            while viewer.last < length:
                await asyncio.sleep(0.05)
        watching.cancel()
        return viewer

    viewer = asyncio.run(scene())

    assert viewer.connections >= 2
    assert [seq for seq, _ in viewer.log] == list(range(1, viewer.last + 1))
    assert alice.results(session)[0]["content"].splitlines() == [str(n) for n in range(1, 31)]


@pytest.mark.parametrize("service", ["worker", "beat", "gateway", "keeper"])
def test_a_killed_helper_process_is_replaced_and_work_goes_on(
    strong_house: House, service: str
) -> None:
    alice = strong_house.alice
    session = alice.session(service)
    alice.prompt(session, "/sh sleep 1; echo through")

    kill(strong_house, service)
    alice.settled(session)

    assert alice.results(session)[0]["content"] == "through\n"
    assert alice.run(session, "/sh echo after")[0]["content"] == "after\n"


@pytest.mark.parametrize("service", ["worker", "keeper"])
def test_an_execution_whose_helper_is_killed_has_exactly_one_report(
    strong_house: House, service: str
) -> None:
    alice = strong_house.alice
    body = {"name": service, "prompt_template": "/sh echo through", "report_format": "pdf"}
    task = alice.post("/tasks", body).json()["id"]
    executed = alice.post(f"/tasks/{task}/execute").json()

    kill(strong_house, service)

    def report() -> Any:
        found = alice.get(f"/task-executions/{executed['execution_id']}").json()["report_id"]
        ready = found and alice.get(f"/reports/{found}").json()["status"] == "ready"
        return found if ready else None

    made = until(report, seconds=120, what="the report")
    facts = strong_house.anna.get("/audit/events", name="sessions.report_made", limit=200).json()
    assert [row["target"]["id"] for row in facts["results"]].count(made) == 1
    assert alice.results(executed["session_id"])[0]["content"] == "through\n"


@pytest.mark.parametrize("victim", ["postmaster", "backend"])
def test_a_killed_database_loses_nothing_confirmed_and_everybody_recovers(
    strong_house: House, victim: str
) -> None:
    alice = strong_house.alice
    nap = 100_000 + secrets.randbelow(10**6)  # ours alone: sleepers are looked for machine-wide
    session = alice.session(victim)
    alice.run(session, "/sh echo ran >> log")
    confirmed = alice.events(session)
    cut = alice.prompt(session, f"/sh echo twice >> log; sleep {nap}")
    until(lambda: sleepers(nap), what="the command to run")

    postmaster = int((strong_house.data_dir / "pg/postmaster.pid").read_text().split()[0])
    os.kill(postmaster if victim == "postmaster" else backend_of(postmaster), signal.SIGKILL)
    until(lambda: answers(alice), seconds=40, what="the API to answer")
    until(lambda: ends(alice.events(session), cut["run_id"]) or cancel(alice, session), seconds=40)
    alice.settled(session)

    events = alice.events(session)
    assert events[: len(confirmed)] == confirmed
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert len(ends(events, cut["run_id"])) == 1
    until(lambda: sleepers(nap) == [], what="the command to be gone")
    assert alice.run(session, "/sh cat log")[0]["content"] == "ran\ntwice\n"


def cancel(person: Person, session: str) -> None:
    """End a turn that outlived the database's absence."""
    person.post(f"/sessions/{session}/cancel")


def backend_of(postmaster: int) -> int:
    """A server process that serves some client."""
    children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
    lines = {int(pid): Path(f"/proc/{pid}/cmdline").read_bytes() for pid in children}
    return next(pid for pid, line in lines.items() if b"quarterdeck_runtime" in line)
