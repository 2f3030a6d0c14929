"""Story 0.1, 0.3, 0.4 and 0.8: sessions, broker, sandbox and danger, from outside."""

from __future__ import annotations

import os
import signal
from concurrent.futures import ThreadPoolExecutor

from tests.stories.house import House, until
from tests.stories.texts import story


@story("0.1")
def test_0_1_sessions(the_house: House) -> None:
    alice = the_house.alice
    session = alice.session("life of a session")

    result = alice.run(session, "/sh echo one; echo two")[0]
    assert result["content"] == "one\ntwo\n"
    assert result["exit_code"] == 0
    events = alice.events(session)
    assert [e["seq"] for e in events] == list(range(1, len(events) + 1))
    assert [e["type"] for e in events].count("RUN_FINISHED") == 1

    posted = alice.prompt(session, "/sh sleep 60")
    until(lambda: alice.get(f"/sessions/{session}").json()["status"] == "running", what="running")
    queued = alice.prompt(session, "/sh echo later")
    assert alice.post(f"/sessions/{session}/cancel").status_code == 202
    alice.settled(session)
    after = alice.events(session, after=posted["seq"])
    ends = {e["run"]: e["data"].get("outcome") for e in after if e["type"] == "RUN_FINISHED"}
    assert ends == {posted["run_id"]: "cancelled", queued["run_id"]: "success"}
    cut = [e for e in after if e["type"] == "TOOL_CALL_RESULT" and e["run"] == posted["run_id"]]
    assert [e["data"]["status"] for e in cut] == ["cancelled"]

    messages = alice.get(f"/sessions/{session}/messages").json()["results"]
    fork = alice.post(f"/sessions/{session}/fork", {"message_id": messages[1]["id"]}).json()
    copied = alice.get(f"/sessions/{fork['id']}/messages").json()["results"]
    assert [m["content"] for m in copied] == [m["content"] for m in messages[:2]]

    found = alice.get("/sessions", q="later").json()["results"]
    assert session in [row["id"] for row in found]
    assert alice.post(f"/sessions/{fork['id']}/archive").json()["status"] == "archived"
    assert alice.post(f"/sessions/{fork['id']}/messages", {"content": "x"}).status_code == 409
    assert alice.post(f"/sessions/{fork['id']}/resume").status_code == 202
    assert alice.delete(f"/sessions/{fork['id']}").status_code == 204
    shelf = alice.get("/sessions", shelf="trash").json()["results"]
    assert fork["id"] in [row["id"] for row in shelf]
    assert alice.post(f"/sessions/{fork['id']}/restore").status_code == 200


def test_0_1_quota(the_house: House) -> None:
    charlie = the_house.charlie
    ids = [charlie.session(f"quota {n}") for n in range(6)]
    for one in ids[:5]:
        charlie.prompt(one, "/sh sleep 120")

    refused = charlie.post(f"/sessions/{ids[5]}/messages", {"content": "/sh true"})
    queued = charlie.post(f"/sessions/{ids[0]}/messages", {"content": "/sh true"})

    assert refused.status_code == 429
    assert refused.headers["content-type"].startswith("application/problem+json")
    assert {"limit", "current", "remedy"} <= set(refused.json())
    assert charlie.get(f"/sessions/{ids[5]}/messages").json()["results"] == []
    assert queued.status_code == 202
    for one in ids[:5]:
        while charlie.post(f"/sessions/{one}/cancel").status_code == 202:
            pass


@story("0.3")
def test_0_3_one_tool_broker(the_house: House) -> None:
    alice, bob = the_house.alice, the_house.bob
    session = alice.session("approval", sdk_options={"permission_mode": "default"})
    alice.post(f"/sessions/{session}/shares", {"user": "bob", "role": "editor"})

    alice.run(session, "/sh mkdir -p build && touch build/x")
    alice.prompt(session, "/sh rm -rf build && echo gone >> log")
    assert alice.settled(session) == "waiting"
    pending = [a for a in bob.get("/approvals").json()["results"] if a["session_id"] == session]
    assert len(pending) == 1
    assert pending[0]["danger"] == "dangerous"
    for pid in the_house.pids("manage.py runner"):
        os.kill(pid, signal.SIGKILL)
    decided = bob.post(f"/approvals/{pending[0]['id']}/approve", {"reason": "fine"})
    assert decided.status_code == 200
    assert bob.post(f"/approvals/{pending[0]['id']}/approve").status_code == 200
    assert bob.post(f"/approvals/{pending[0]['id']}/deny").status_code == 409

    assert alice.settled(session, seconds=60) == "idle"
    assert alice.run(session, "/read log")[0]["content"] == "gone\n"
    calls = alice.get(f"/sessions/{session}/tool-calls").json()["results"]
    assert [c["status"] for c in calls] == ["ok", "ok", "ok"]


@story("0.4")
def test_0_4_sandbox(the_house: House) -> None:
    alice = the_house.alice
    session = alice.session("jail", sdk_options={"permission_mode": "bypassPermissions"})

    first = alice.run(session, "/sh id -u; cat /proc/net/dev | wc -l; ls /root; ls /tmp | wc -l")[0]
    outside = alice.run(
        session,
        "/sh timeout 3 bash -c 'echo > /dev/tcp/127.0.0.1/"
        f"{the_house.url.rsplit(':', 1)[1]}' && echo reached",
    )[0]
    link = alice.run(session, "/sh ln -s /etc/passwd out && echo made")
    read = alice.run(session, "/read out")[0]

    assert first["content"].splitlines()[0] != "0"
    assert "reached" not in outside["content"]
    assert link[0]["status"] == "ok"
    assert read["status"] == "error"
    calls = alice.get(f"/sessions/{session}/tool-calls").json()["results"]
    assert {c["sandbox_level"] for c in calls} == {"bubblewrap"}
    started = [e for e in alice.events(session) if e["type"] == "RUN_STARTED"]
    assert started[0]["data"]["sandbox"] == "bubblewrap"
    audit = the_house.anna.get("/audit/events", name="sessions.tool_call_started", limit=5)
    assert {row["data"]["sandbox_level"] for row in audit.json()["results"]} == {"bubblewrap"}


@story("0.8")
def test_0_8_danger(the_house: House) -> None:
    alice = the_house.alice
    session = alice.session("danger")
    cases = {
        "echo 'rm -rf /'": "none",
        "env X=1 sh -c 'rm -rf src'": "dangerous",
        "find . -name '*.py' -exec rm -rf {} +": "dangerous",
        "echo cm0gLXJmIHNyYwo= | base64 -d | sh": "dangerous",
        "$UNKNOWN --now": "caution",
    }

    for command in cases:
        alice.prompt(session, f"/sh {command}")
        alice.settled(session)
        for waiting in alice.get("/approvals").json()["results"]:
            if waiting["session_id"] == session:
                alice.post(f"/approvals/{waiting['id']}/deny")
        alice.settled(session)
    calls = alice.get(f"/sessions/{session}/tool-calls").json()["results"]

    assert {c["input"]["command"]: c["danger"] for c in calls} == cases
    assert all(c["reasons"] for c in calls if c["danger"] != "none")


def test_two_prompts_at_once_get_one_order(the_house: House) -> None:
    alice = the_house.alice
    session = alice.session("race")

    with ThreadPoolExecutor(8) as pool:
        posted = list(pool.map(lambda n: alice.prompt(session, f"/sh echo {n}"), range(8)))
    alice.settled(session, seconds=90)

    by_seq = [p["run_id"] for p in sorted(posted, key=lambda p: p["seq"])]
    started = [e["run"] for e in alice.events(session) if e["type"] == "RUN_STARTED"]
    assert started == by_seq
