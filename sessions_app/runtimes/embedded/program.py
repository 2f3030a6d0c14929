"""What the parser makes and the interpreter runs: a program of steps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sessions_app.runtimes.embedded.conditions import Condition

OnFailure = Literal["stop", "continue"]
LABEL_LENGTH = 80


class NotUnderstoodError(Exception):
    """The prompt holds nothing this runtime can run; the text says why."""


class PlanError(Exception):
    """The plan is not well formed; the text says where and why."""


@dataclass(frozen=True, kw_only=True)
class Step:
    """One call of a tool, or one sentence of the author's own (`say`).

    `expect` replaces the ordinary expectation that the call succeeds.
    """

    tool: str = ""
    arguments: Mapping[str, Any] = field(default_factory=dict)
    say: str = ""
    name: str = ""
    save_as: str = ""
    when: Condition | None = None
    expect: Condition | None = None
    on_denied: OnFailure = "stop"
    on_error: OnFailure = "stop"


@dataclass(frozen=True, kw_only=True)
class Program:
    """Steps in order. A plan substitutes saved values and fails as a whole; commands do not."""

    steps: tuple[Step, ...]
    is_plan: bool = False


def label(step: Step) -> str:
    """The step in a few words for people: its name, or its tool and main argument."""
    if step.name:
        return step.name
    subject = str(step.arguments.get("command") or step.arguments.get("path") or "").strip()
    line = subject.split("\n", 1)[0].replace("`", "'")
    short = line if line == subject and len(line) <= LABEL_LENGTH else f"{line[:LABEL_LENGTH]} …"
    return f"{step.tool} `{short}`" if subject else step.tool
