"""The few calls of the HTTP API that the terminal needs: standard library, one token, no proxy."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
import uuid
from collections.abc import Generator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from launcher.failure import LauncherError

WAIT_SECONDS = 25
TIMEOUT_SECONDS = WAIT_SECONDS + 35.0
RUN_ENDS = {"RUN_FINISHED", "RUN_ERROR"}

Json = Mapping[str, Any]


@dataclass(frozen=True)
class Client:
    """A server and the token of somebody there."""

    url: str
    token: str

    def ask(self, prompt: str) -> Generator[Json, None, None]:
        """Makes a session, posts the prompt, yields the events of its run as they happen."""
        session = self._call("POST", "/sessions", {"name": prompt[:80] or "Terminal"})["id"]
        run = self._call("POST", f"/sessions/{session}/messages", {"content": prompt})
        yield from self.follow(session, run["run_id"], run["seq"])

    def follow(self, session: str, run: str, after: int) -> Generator[Json, None, None]:
        """Yields the events of a run after a position, to its end; left before, it is cancelled."""
        ended = False
        try:
            while not ended:
                query = f"after={after}&wait={WAIT_SECONDS}"
                page = self._call("GET", f"/sessions/{session}/events?{query}")
                for event in page["events"]:
                    after = event["seq"]
                    if event["run"] == run:
                        ended = ended or event["type"] in RUN_ENDS
                        yield event
        finally:
            if not ended:
                with suppress(LauncherError):
                    self._call("POST", f"/sessions/{session}/cancel", {})

    def decide(self, approval: str, *, approve: bool) -> None:
        """Approves or denies a call."""
        self._call("POST", f"/approvals/{approval}/{'approve' if approve else 'deny'}", {})

    def answers(self) -> bool:
        """Says whether the server is there and alive."""
        try:
            with self._open("GET", "/livez", None, 3.0) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def _call(self, method: str, path: str, body: Json | None = None) -> Any:
        try:
            with self._open(method, f"/api/v1{path}", body, TIMEOUT_SECONDS) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise LauncherError(_problem(error)) from error
        except OSError as error:
            raise LauncherError(f"{self.url} does not answer: {error}.") from error

    def _open(self, method: str, path: str, body: Json | None, seconds: float) -> Any:
        request = urllib.request.Request(f"{self.url.rstrip('/')}{path}", method=method)
        request.add_header("Authorization", f"Bearer {self.token}")
        request.add_header("Accept", "application/json")
        if body is not None:
            request.add_header("Content-Type", "application/json")
            request.add_header("Idempotency-Key", str(uuid.uuid4()))
            request.data = json.dumps(body).encode()
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        return opener.open(request, timeout=seconds)


def _problem(error: urllib.error.HTTPError) -> str:
    try:
        told = json.loads(error.read())
        text = told.get("detail") or told.get("title")
    except (ValueError, AttributeError):
        text = None
    return f"The server refused: {text or error.reason} ({error.code})."
