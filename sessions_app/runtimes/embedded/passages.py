"""The passages of a prompt's template: what in it is a shell command, a tool's arguments, text."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sessions_app.runtimes.embedded.commands import read_command
from sessions_app.runtimes.embedded.lines import Lines
from sessions_app.runtimes.embedded.parser import is_plan, is_shell, opens_plan
from sessions_app.runtimes.embedded.program import NotUnderstoodError

Kind = Literal["text", "line", "grep", "tool", "shell", "fence", "plan"]
_HEAD = re.compile(r"/(?P<name>sh|grep|tool|read|ls|write|edit)(?:[ \t]|$)")


@dataclass(frozen=True, kw_only=True)
class Passage:
    """Some lines of a template from `line` on. `text` is the command, the inside of a fence or the
    lines; `language` is that of a fence, also of a shell block."""

    kind: Kind
    line: int
    raw: str
    text: str = ""
    language: str = ""
    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)

    def tool_line(self, change: Callable[[str], str]) -> str:
        """The `/tool` command on one line, with every string of its arguments changed."""
        arguments = json.dumps(_changed(self.arguments, change), ensure_ascii=False)
        return f"/tool {self.tool} {arguments}"


def passages_of(template: str) -> list[Passage]:
    """The template in passages; joined by line breaks they are the whole of it."""
    if opens_plan(template):
        return [Passage(kind="plan", line=1, raw=template)]
    source = template.replace("\r\n", "\n").split("\n")
    lines, found = Lines(template), []
    while not lines.ended:
        begin = lines.number
        known = _fence(lines) or _command(lines)
        if not known:
            known = {"kind": "text", "text": lines.take()}
        raw = "\n".join(source[begin - 1 : lines.number - 1])
        found.append(Passage(line=begin, raw=raw, **known))
    return found


def _fence(lines: Lines) -> dict[str, Any]:
    fence = lines.take_fence()
    if fence is None:
        return {}
    if is_plan(fence):
        return {"kind": "plan"}
    kind = "shell" if is_shell(fence) else "fence"
    return {"kind": kind, "text": fence.text, "language": fence.language}


def _command(lines: Lines) -> dict[str, Any]:
    head = _HEAD.match(lines.peek())
    if head is None:
        return {}
    name, line = head["name"], lines.peek()
    if name not in {"sh", "tool"}:
        # What stands below /write and /edit is text or a fence of its own.
        lines.take()
        return {"kind": "grep" if name == "grep" else "line", "text": line}
    try:
        (step,) = read_command(lines)
    except NotUnderstoodError:
        return {"kind": "line", "text": line}
    if name == "tool":
        return {"kind": "tool", "tool": step.tool, "arguments": step.arguments}
    return {"kind": "shell", "text": str(step.arguments["command"])}


def _changed(value: Any, change: Callable[[str], str]) -> Any:
    if isinstance(value, str):
        return change(value)
    if isinstance(value, Mapping):
        return {key: _changed(inner, change) for key, inner in value.items()}
    return [_changed(inner, change) for inner in value] if isinstance(value, list) else value
