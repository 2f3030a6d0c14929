"""From a prompt to what a second person sees: a real installation, asked as its people ask it.

`first_event`: alice posts a prompt; bob's open socket gets its first event. `finished`: the same
until the result of `/sh true`, run in the sandbox, reaches bob. The floor, measured in turns with
them on the same machine: bare bubblewrap running `true`, and one journal transaction (an insert
and a commit) on the same PostgreSQL. An installation of its own is started for it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

import psycopg

from benchmarks.fan_out.sockets import PING, TEXT, Frames, answer_ping, open_socket
from benchmarks.figures import load_average, percentile
from tests.stories.house import Person, house

PROMPTS, PATIENCE_SECONDS = 20, 60
BARE = ("bwrap", "--ro-bind", "/", "/", "--unshare-all", "--die-with-parent", "true")


class Watching:
    """Bob's socket on one session."""

    def __init__(self, person: Person, session: str) -> None:
        port = int(person.url.rsplit(":", 1)[1])
        self.line = open_socket(port, f"/ws/sessions/{session}", person.token)
        self.line.settimeout(PATIENCE_SECONDS)
        self.frames = Frames()
        self.come: deque[tuple[float, dict[str, object]]] = deque()

    def until(self, wanted: Callable[[dict[str, object]], bool]) -> float:
        """The moment in which a wanted event arrived; those that came with it are kept."""
        limit = time.perf_counter() + PATIENCE_SECONDS
        while time.perf_counter() < limit:
            while self.come:
                at, event = self.come.popleft()
                if wanted(event):
                    return at
            self._receive()
        message = f"bob saw nothing he waited for in {PATIENCE_SECONDS} s"
        raise TimeoutError(message)

    def _receive(self) -> None:
        """Take what has come; several events often come together."""
        data = self.line.recv(65536) or ended()
        now = time.perf_counter()
        for opcode, payload in self.frames.feed(data):
            if opcode == PING:
                answer_ping(self.line, payload)
            event = json.loads(payload) if opcode == TEXT else {}
            if event.get("kind") == "event":
                self.come.append((now, event))


def prompts(alice: Person, bob: Person) -> dict[str, list[float]]:
    """Milliseconds of each prompt to its first event and to its finished call, beside floors."""
    session = alice.session("benchmark")
    alice.post(f"/sessions/{session}/shares", {"user": bob.username, "role": "viewer"})
    watching = Watching(bob, session)
    found: dict[str, list[float]] = {"first_event": [], "finished": [], "bwrap": []}
    with alice.api as client:
        for number in range(PROMPTS + 1):
            began = time.perf_counter()
            answer = client.post(f"/sessions/{session}/messages", json={"content": "/sh true"})
            seq = answer.json()["seq"]
            first = watching.until(lambda event, seq=seq: int(str(event["seq"])) >= seq)
            ended = watching.until(lambda event: event["type"] == "TOOL_CALL_RESULT")
            watching.until(lambda event: event["type"] in {"RUN_FINISHED", "RUN_ERROR"})
            if number:
                found["first_event"].append((first - began) * 1000)
                found["finished"].append((ended - began) * 1000)
                found["bwrap"].append(milliseconds(bare_sandbox))
    return found


def ended() -> bytes:
    """The socket is closed, which must not happen here."""
    message = "bob's socket was closed"
    raise ConnectionError(message)


def milliseconds(call: Callable[[], object]) -> float:
    """Wall time of one call."""
    began = time.perf_counter()
    call()
    return (time.perf_counter() - began) * 1000


def bare_sandbox() -> None:
    """`true` in a new set of namespaces, with nothing else."""
    subprocess.run(BARE, check=True)


def journal(dsn: str) -> list[float]:
    """Milliseconds of one insert with its commit, on the server the bench was given."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE IF NOT EXISTS bench_journal (id bigserial, entry jsonb)")
        entry = json.dumps({"text": "x" * 200})
        insert = "INSERT INTO bench_journal (entry) VALUES (%s)"
        times = [
            milliseconds(lambda: connection.execute(insert, [entry])) for _ in range(PROMPTS * 5)
        ]
        connection.execute("DROP TABLE bench_journal")
    return times


def figures(found: dict[str, list[float]]) -> dict[str, object]:
    """p50 and p95 of each, and how many times the floor a finished call takes."""
    line: dict[str, object] = {
        name: {"p50_ms": round(percentile(v, 50), 1), "p95_ms": round(percentile(v, 95), 1)}
        for name, v in found.items()
    }
    floor = percentile(found["bwrap"], 50) + percentile(found["journal"], 50)
    return {
        "ratio": round(percentile(found["finished"], 50) / floor, 1),
        "floor_p50_ms": round(floor, 1),
        **line,
    }


def main() -> None:
    """Print one JSON line; there is no target, the figures are reported."""
    if shutil.which("bwrap") is None:
        print(json.dumps({"name": "prompt", "skipped": "bubblewrap is not installed"}))
        return
    directory = Path(tempfile.mkdtemp(prefix="quarterdeck-bench-"))
    try:
        with house(directory / "data") as place:
            found = prompts(place.people["alice"], place.people["bob"])
        found["journal"] = journal(os.environ.get("DATABASE_OWNER_URL", ""))
    finally:
        shutil.rmtree(directory, ignore_errors=True)
    print(json.dumps({"name": "prompt", **figures(found), "load": load_average()}))


if __name__ == "__main__":
    main()
