"""`session "…"`: runs one prompt in the terminal, on a running server or a private one."""

from __future__ import annotations

import json
import shutil
import sys
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from functools import partial
from pathlib import Path

from launcher.arguments import Options
from launcher.client import Client
from launcher.deciding import decide
from launcher.failure import LauncherError, MisuseError
from launcher.notices import say
from launcher.private import running
from launcher.screen import show

PERSON = "alice"


def run_session(options: Options) -> int:
    """Prints what the agent says; 0 when the run completes, else 1; interrupted, cancels it."""
    with _server(options) as (client, private), closing(client.ask(options.prompt)) as events:
        return show(events, sys.stdout, partial(decide, client, private=private))


@contextmanager
def _server(options: Options) -> Iterator[tuple[Client, bool]]:
    """The server to use, and whether it is a private one."""
    if options.url:
        if not options.token:
            raise MisuseError("--url needs --token: make one on the server's page of tokens.")
        yield Client(options.url, options.token), False
        return
    running = client_of(options.data_dir)
    if running is not None and running.answers():
        yield running, False
        return
    with _private() as private:
        yield private, True


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
    try:
        with running(directory, "--demo"):
            client = client_of(directory)
            if client is None:
                raise LauncherError("The private server made no demo.json.")
            yield client
    finally:
        shutil.rmtree(directory, ignore_errors=True)
