"""How far a program has come: exported while a person decides, read back to go on exactly."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field
from typing import Any

from sessions_app.runtimes.base import TurnRequest

FORMAT = "embedded/1"


class ProgressError(Exception):
    """The saved state does not belong to this prompt or to this version of the runtime."""


@dataclass
class Progress:
    """The next step's index, the saved values, and one report line per step so far."""

    index: int = 0
    saved: dict[str, Any] = field(default_factory=dict)
    reports: list[str] = field(default_factory=list)

    def export(self, prompt: str) -> bytes:
        """The state as bytes, tied to the prompt it belongs to."""
        document = {"format": FORMAT, "prompt": _digest(prompt), **asdict(self)}
        return json.dumps(document, ensure_ascii=False).encode()


def restore(turn: TurnRequest) -> Progress:
    """Where a turn left waiting goes on; the beginning for any other turn."""
    if not turn.resuming or turn.state is None:
        return Progress()
    try:
        document = json.loads(turn.state)
        known = document.pop("format") == FORMAT
        own = document.pop("prompt") == _digest(turn.prompt)
        progress = Progress(**document)
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ProgressError from None
    if not (known and own):
        raise ProgressError
    return progress


def _digest(prompt: str) -> str:
    return hashlib.sha256(prompt.encode()).hexdigest()
