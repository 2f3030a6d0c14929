"""How adapters name tool calls and tools, and tell a model what became of a call."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from sessions_app.runtimes.base import ToolOutcome, ToolRequest, ToolSpec

NAME_LENGTH = 64
_FOREIGN = re.compile(r"[^A-Za-z0-9_-]")


class CallIds:
    """Ids made from what is called, and how often that was called before in the run.

    A turn that is repeated (after a crash, or because its agent could not be left waiting) asks
    for the same calls under the same ids, so the broker answers what already ran from its record.
    """

    def __init__(self, counts: Mapping[str, int] | None = None) -> None:
        self.counts: dict[str, int] = dict(counts or {})

    def request(self, tool: str, arguments: Mapping[str, Any]) -> ToolRequest:
        """The request for the next such call."""
        digest = _digest(tool, arguments)
        self.counts[digest] = self.counts.get(digest, 0) + 1
        call_id = f"{digest}-{self.counts[digest]}"
        return ToolRequest(call_id=call_id, tool=tool, arguments=arguments)

    def withdraw(self, request: ToolRequest) -> None:
        """The call was left waiting: asking again is the same call, not a further one."""
        self.counts[request.call_id.partition("-")[0]] -= 1


class ToolNames:
    """The session's tools under names every model provider accepts (`git.log` → `git__log`)."""

    def __init__(self, tools: Sequence[ToolSpec]) -> None:
        self.by_wire_name: dict[str, ToolSpec] = {}
        for tool in tools:
            self.by_wire_name[self._free_name(tool.name)] = tool

    def _free_name(self, name: str) -> str:
        plain = _FOREIGN.sub("_", name.replace(".", "__"))
        if len(plain) <= NAME_LENGTH and plain not in self.by_wire_name:
            return plain
        suffix = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{plain[: NAME_LENGTH - 9]}_{suffix}"


def told(outcome: ToolOutcome) -> str:
    """The outcome in the words an agent reads."""
    if outcome.status == "denied":
        reason = f": {outcome.content}" if outcome.content else "."
        return f"This call was denied{reason}"
    content = outcome.content
    if not content and outcome.data is not None:
        content = json.dumps(outcome.data, ensure_ascii=False, default=str)
    content = content or "(no output)"
    return f"exit code {outcome.exit_code}\n{content}" if outcome.exit_code else content


def _digest(tool: str, arguments: Mapping[str, Any]) -> str:
    canonical = json.dumps([tool, arguments], sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(canonical.encode()).hexdigest()[:24]
