"""From a prompt to a program, or to the reason why nothing will be run.

Prose around fenced blocks is allowed (a pasted runbook); beside slash commands it is not, because
a stray line there is more likely a slip than a remark.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sessions_app.runtimes.embedded.commands import read_command
from sessions_app.runtimes.embedded.lines import Fence, Lines
from sessions_app.runtimes.embedded.plan import parse_plan
from sessions_app.runtimes.embedded.program import NotUnderstoodError, Program, Step

_SHELL = {"sh", "bash", "shell"}
_DOCUMENT = {"yaml", "yml", "json"}
_PLAN = re.compile(r"\s*(?:plan\s*:|\{\s*\"plan\"\s*:)")


@dataclass
class _Found:
    """What a prompt holds; `prose` are the numbers of the lines that are neither."""

    steps: list[Step] = field(default_factory=list)
    plans: list[str] = field(default_factory=list)
    prose: list[int] = field(default_factory=list)
    commands: int = 0


def parse(prompt: str) -> Program:
    """The program of a prompt; raises `NotUnderstoodError` or `PlanError`, having run nothing."""
    if opens_plan(prompt):
        return parse_plan(prompt)
    found = _scan(Lines(prompt))
    if len(found.plans) + bool(found.steps) > 1:
        raise NotUnderstoodError("a plan must be the only thing to run in a prompt")
    if found.plans:
        return parse_plan(found.plans[0])
    if found.commands and found.prose:
        message = "is neither a command nor part of one"
        raise NotUnderstoodError(f"line {found.prose[0]} {message}")
    if not found.steps:
        raise NotUnderstoodError("")
    return Program(steps=tuple(found.steps))


def opens_plan(prompt: str) -> bool:
    """Whether the whole prompt is a plan."""
    return _PLAN.match(prompt) is not None


def is_plan(fence: Fence) -> bool:
    """Whether a fenced block is a plan."""
    document = fence.language in _DOCUMENT and opens_plan(fence.text)
    return fence.language == "plan" or document


def is_shell(fence: Fence) -> bool:
    """Whether a fenced block is run by the shell."""
    return fence.language in _SHELL


def _scan(lines: Lines) -> _Found:
    found = _Found()
    while not lines.ended:
        number = lines.number
        fence = lines.take_fence()
        if fence is not None:
            _add_fence(found, fence, number)
        elif lines.peek().startswith("/"):
            found.steps.extend(read_command(lines))
            found.commands += 1
        elif lines.take().strip():
            found.prose.append(number)
    return found


def _add_fence(found: _Found, fence: Fence, number: int) -> None:
    if is_plan(fence):
        found.plans.append(fence.text)
    elif is_shell(fence) and fence.text.strip():
        found.steps.append(Step(tool="shell", arguments={"command": fence.text}))
    else:
        found.prose.append(number)
