"""An approval in the terminal: what is asked, why, and who may answer where."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping

from launcher.client import Client, Json
from launcher.failure import LauncherError
from launcher.notices import say

SHOWN_CHARACTERS = 400


def decide(client: Client, asked: Json, *, private: bool) -> None:
    """Asks the person at the terminal; without one it says where to answer, and the run waits.

    Nobody else can reach a private server, so without a terminal such a run is ended.
    """
    say(f"? {asked.get('tool')} needs an approval: {asked.get('reason') or 'policy asks for it'}")
    say(f"  {_short(asked.get('input'))}")
    where = f"{client.url.rstrip('/')}/api/v1/approvals/{asked.get('approval_id')}"
    if sys.stdin.isatty():
        client.decide(str(asked.get("approval_id")), approve=_yes())
    elif private:
        message = "Nobody can approve this here: use a terminal, or a server by --url or `up`."
        raise LauncherError(message)
    else:
        say(f"  waiting: answer it on the session's page, or by POST {where}/approve or /deny")


def _yes() -> bool:
    sys.stderr.write("  approve? [y/N] ")
    sys.stderr.flush()
    return sys.stdin.readline().strip().lower() in {"y", "yes"}


def _short(given: object) -> str:
    """The call's input in one line; a shell command as it stands."""
    command = given.get("command") if isinstance(given, Mapping) and len(given) == 1 else None
    text = command if isinstance(command, str) else json.dumps(given, ensure_ascii=False)
    line = " ".join(text.split())
    return line if len(line) <= SHOWN_CHARACTERS else f"{line[:SHOWN_CHARACTERS]} …"
