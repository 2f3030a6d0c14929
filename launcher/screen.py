"""What a run shows in the terminal: the agent's words on standard output, all else on error."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from typing import TextIO

from launcher.client import Json
from launcher.notices import say

Decide = Callable[[Json], None]


def show(events: Iterable[Json], out: TextIO, decide: Decide) -> int:
    """Writes a run's events as they come; 0 when it completes, else 1.

    `decide` is given each approval that the run asks for.
    """
    screen = _Screen(out)
    for event in events:
        kind, data = event["type"], event["data"]
        if kind == "RUN_ERROR":
            screen.break_line()
            say(f"quarterdeck: the run failed: {data.get('message') or data.get('code')}")
            return 1
        if kind == "RUN_FINISHED":
            screen.break_line()
            return 0 if data.get("outcome") == "success" else 1
        if kind == "CUSTOM" and data.get("name") == "approval.requested":
            screen.break_line()
            decide(data)
        else:
            screen.add(kind, data)
    return 1


class _Screen:
    """Remembers what was written, so that events which repeat it in whole add only the rest."""

    def __init__(self, out: TextIO) -> None:
        self._out = out
        self._written: dict[str, str] = {}
        self._last = ""

    def add(self, kind: str, data: Json) -> None:
        """Writes what one event adds."""
        if kind.startswith("TEXT_MESSAGE_") and data.get("role") != "user":
            self._speak(kind, data)
        elif kind == "TOOL_CALL_START":
            self.break_line()
            say(f"→ {data.get('tool', 'tool')}")
        elif kind == "CUSTOM" and data.get("name") == "tool.output":
            key = f"tool {data.get('tool_call_id')}"
            self._written[key] = self._written.get(key, "") + str(data.get("delta", ""))
            _murmur(str(data.get("delta", "")))
        elif kind == "TOOL_CALL_RESULT":
            self._conclude(data)

    def break_line(self) -> None:
        """Ends a line that the agent has begun."""
        self._write("" if self._last.endswith("\n") or not self._last else "\n")

    def _speak(self, kind: str, data: Json) -> None:
        key = str(data.get("message_id", ""))
        before = self._written.get(key, "")
        if kind.endswith("_CONTENT"):
            self._written[key] = before + str(data.get("delta", ""))
            self._write(str(data.get("delta", "")))
        elif kind.endswith("_END"):
            whole = str(data.get("text", before))
            self._write(whole[len(before) :] if whole.startswith(before) else "")
            self.break_line()

    def _conclude(self, data: Json) -> None:
        """A call's result repeats the output that was shown while it ran; the rest is added."""
        before = self._written.pop(f"tool {data.get('tool_call_id')}", "")
        whole = str(data.get("content", ""))
        rest = whole[len(before) :] if whole.startswith(before) else "" if before else whole
        _murmur(rest)
        if (before + rest) and not (before + rest).endswith("\n"):
            _murmur("\n")

    def _write(self, text: str) -> None:
        self._out.write(text)
        self._out.flush()
        self._last = text or self._last


def _murmur(text: str) -> None:
    sys.stderr.write(text)
    sys.stderr.flush()
