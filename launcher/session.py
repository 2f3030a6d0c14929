"""`session "…"`: runs one prompt in the terminal, on a running server or a private one."""

from __future__ import annotations

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from launcher.arguments import ROOT, Options
from launcher.client import Client, Json
from launcher.failure import LauncherError, MisuseError
from launcher.leash import die_with_parent
from launcher.notices import say

PERSON = "alice"
STOP_SECONDS = 120.0


def run_session(options: Options) -> int:
    """Prints what the agent says; 0 when the run completes, else 1."""
    with _server(options) as client:
        return show(client.ask(options.prompt), sys.stdout)


def show(events: Iterable[Json], out: TextIO) -> int:
    """Writes the agent's text as it comes; tools and their output go to standard error."""
    spoken: dict[str, str] = {}
    last = ""
    for event in events:
        data = event["data"]
        if event["type"].startswith("TEXT_MESSAGE_") and data.get("role") != "user":
            text = _new_text(event["type"], data, spoken)
            out.write(text)
            out.flush()
            last = text or last
        elif event["type"] == "RUN_ERROR":
            say(f"quarterdeck: the run failed: {data.get('message') or data.get('code')}")
            return 1
        elif event["type"] == "RUN_FINISHED":
            out.write("" if last.endswith("\n") or not last else "\n")
            return 0 if data.get("outcome") == "success" else 1
        else:
            _mention(event["type"], data)
    return 1


def _new_text(kind: str, data: Json, spoken: dict[str, str]) -> str:
    """Returns what this event adds; the END event carries the whole text once more."""
    key = data.get("message_id", "")
    before = spoken.get(key, "")
    if kind.endswith("_CONTENT"):
        spoken[key] = before + data.get("delta", "")
        return str(data.get("delta", ""))
    if kind.endswith("_END"):
        whole = str(data.get("text", before))
        rest = whole[len(before) :] if whole.startswith(before) else ""
        spoken[key] = whole
        return rest if whole.endswith("\n") or not whole else rest + "\n"
    return ""


def _mention(kind: str, data: Json) -> None:
    if kind == "TOOL_CALL_START":
        say(f"→ {data.get('tool', 'tool')}")
    elif kind == "TOOL_CALL_RESULT" and data.get("content"):
        say(str(data["content"]).rstrip("\n"))
    elif kind == "CUSTOM" and data.get("name") == "approval.requested":
        say(
            "… waiting for an approval: decide it in the browser or by POST /approvals/{id}/approve"
        )


@contextmanager
def _server(options: Options) -> Iterator[Client]:
    if options.url:
        if not options.token:
            raise MisuseError("--url needs --token: make one on the server's page of tokens.")
        yield Client(options.url, options.token)
        return
    running = client_of(options.data_dir)
    if running is not None and running.answers():
        yield running
        return
    with _private() as private:
        yield private


def client_of(data_dir: Path) -> Client | None:
    """Returns a client for the server whose demo data lie in a data directory."""
    try:
        demo = json.loads((data_dir / "demo.json").read_text())
        return Client(demo["url"], demo["users"][PERSON]["token"])
    except (OSError, ValueError, KeyError):
        return None


@contextmanager
def _private() -> Iterator[Client]:
    """Starts a server that nobody else knows, and removes every trace of it."""
    say("      no server runs here: starting a private one")
    directory = Path(tempfile.mkdtemp(prefix="quarterdeck-"))
    command = [sys.executable, "-m", "launcher.inside", "up", "--demo", "--port", "0"]
    process = subprocess.Popen(
        [*command, "--no-system", "--data-dir", str(directory)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),  # noqa: PLW1509 - no threads here
    )
    try:
        client = client_of(directory) if _is_ready(process) else None
        if client is None:
            raise LauncherError("The private server did not start (see above).")
        yield client
    finally:
        process.terminate()
        process.wait(STOP_SECONDS)
        shutil.rmtree(directory, ignore_errors=True)


def _is_ready(process: subprocess.Popen[str]) -> bool:
    return process.stdout is not None and process.stdout.readline().startswith("ready ")
