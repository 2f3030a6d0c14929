"""A whole installation for the stories: `./quarterdeck up --demo`, driven from outside only."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import httpx

ROOT = Path(__file__).resolve().parents[2]
START_SECONDS = 240


@dataclass(frozen=True)
class Person:
    """Somebody of the cast with a client of their own."""

    name: str
    id: str
    username: str
    password: str
    token: str
    url: str

    @property
    def api(self) -> httpx.Client:
        """A client with this person's token."""
        return httpx.Client(
            base_url=f"{self.url}/api/v1",
            headers={"Authorization": f"Bearer {self.token}"},
            timeout=40,
        )

    def get(self, path: str, **query: Any) -> httpx.Response:
        with self.api as client:
            return client.get(path, params=query)

    def post(self, path: str, body: Any = None, **headers: str) -> httpx.Response:
        with self.api as client:
            return client.post(path, json=body if body is not None else {}, headers=headers)

    def patch(self, path: str, body: Any) -> httpx.Response:
        with self.api as client:
            return client.patch(path, json=body)

    def delete(self, path: str) -> httpx.Response:
        with self.api as client:
            return client.delete(path)

    def session(self, name: str = "story", **body: Any) -> str:
        made = self.post("/sessions", {"name": name, **body})
        assert made.status_code == 201, made.text
        return str(made.json()["id"])

    def prompt(self, session: str, content: str) -> dict[str, Any]:
        posted = self.post(f"/sessions/{session}/messages", {"content": content})
        assert posted.status_code == 202, posted.text
        return dict(posted.json())

    def events(self, session: str, after: int = 0) -> list[dict[str, Any]]:
        """Everything after a `seq`, page by page."""
        found: list[dict[str, Any]] = []
        while page := self.get(f"/sessions/{session}/events", after=after).json()["events"]:
            found += page
            after = page[-1]["seq"]
        return found

    def settled(self, session: str, *, seconds: float = 40) -> str:
        """Wait until nothing runs any more; the status then."""
        return str(
            until(
                lambda: self._quiet(session), seconds=seconds, what=f"session {session} to settle"
            )
        )

    def _quiet(self, session: str) -> str:
        status = str(self.get(f"/sessions/{session}").json()["status"])
        return status if status not in {"queued", "running"} else ""

    def results(self, session: str) -> list[dict[str, Any]]:
        """The results of tool calls, in order."""
        return [e["data"] for e in self.events(session) if e["type"] == "TOOL_CALL_RESULT"]

    def run(self, session: str, content: str) -> list[dict[str, Any]]:
        """Prompt, wait, and answer the results of this prompt's calls."""
        seq = self.prompt(session, content)["seq"]
        self.settled(session)
        found = self.events(session, after=seq)
        return [e["data"] for e in found if e["type"] == "TOOL_CALL_RESULT"]


@dataclass(frozen=True)
class House:
    """A running installation."""

    url: str
    data_dir: Path
    process: subprocess.Popen[str]
    people: dict[str, Person]

    def __getattr__(self, name: str) -> Person:
        return self.people[name]

    def pids(self, word: str) -> list[int]:
        """Processes of this tree whose command line has a word."""
        found = []
        for path in Path("/proc").glob("[0-9]*/cmdline"):
            try:
                line = path.read_bytes().replace(b"\0", b" ").decode(errors="replace")
                environment = (path.parent / "environ").read_bytes()
            except OSError:
                continue
            if word in line and str(self.data_dir).encode() in environment:
                found.append(int(path.parent.name))
        return found


@contextmanager
def house(
    data_dir: Path, people: dict[str, Person] | None = None, **environment: str
) -> Iterator[House]:
    """Start, wait for the ready line, stop cleanly; with the demo, unless its people are known."""
    demo = [] if people else ["--demo"]
    log = (data_dir.parent / f"{data_dir.name}.log").open("w")
    process = subprocess.Popen(
        [str(ROOT / "quarterdeck"), "up", *demo, "--port", "0", "--no-system",
         "--data-dir", str(data_dir)],
        cwd=ROOT,
        env={**clean(), "QUARTERDECK_PYTHON": sys.executable, **environment},
        stdout=subprocess.PIPE,
        stderr=log,
        text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        ready = process.stdout.readline()
        assert ready.startswith("ready http"), Path(log.name).read_text()[-3000:]
        url = ready.split()[1]
        cast = people or told(data_dir)
        yield House(url, data_dir, process, {n: replace(p, url=url) for n, p in cast.items()})
    finally:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(timeout=40)
        except subprocess.TimeoutExpired:
            process.kill()
        if process.stdout is not None:
            process.stdout.close()
        log.close()


def told(data_dir: Path) -> dict[str, Person]:
    """The cast as demo.json tells it."""
    document = json.loads((data_dir / "demo.json").read_text())
    return {
        name: Person(
            name=name,
            url=document["url"],
            **{key: user[key] for key in ("id", "username", "password", "token")},
        )
        for name, user in document["users"].items()
    }


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """`./quarterdeck …` to its end, with what it said."""
    return subprocess.run(
        [str(ROOT / "quarterdeck"), *arguments],
        cwd=ROOT,
        env={**clean(), "QUARTERDECK_PYTHON": sys.executable, **environment},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def clean() -> dict[str, str]:
    """This process's environment without what belongs to the test run's own database."""
    ours = ("DATABASE_", "QUARTERDECK_", "DJANGO_", "REDIS_", "CELERY_", "PYTEST_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours)}


def until(probe: Callable[[], Any], *, seconds: float = 20, what: str = "it to happen") -> Any:
    """Wait by condition, never by time alone."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if found := probe():
            return found
        time.sleep(0.1)
    message = f"waited {seconds} s for {what}"
    raise AssertionError(message)
