"""Every sentence the embedded runtime can say, made from facts alone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sessions_app.runtimes.base import Attached, ToolOutcome, ToolSpec
from sessions_app.runtimes.embedded.guide import guide

REASON_LENGTH = 200


def not_understood(reason: str, tools: Sequence[ToolSpec]) -> str:
    """What to answer when nothing was run: why, and exactly what could be."""
    because = f"Nothing was run: {reason}. " if reason else ""
    servers = sorted(tool.name for tool in tools if "." in tool.name)
    named = f"\n\nTools of this session's servers: {', '.join(servers)}." if servers else ""
    return f"{because}No model is configured; I can run:\n\n{guide()}{named}"


def received(files: Sequence[Attached]) -> str:
    """What came with the prompt and where it lies."""
    lines = [f"- `{file.path}` ({file.media_type}, {file.size} bytes)" for file in files]
    return "\n".join(["Received:", "", *lines])


def verdict_text(outcome: ToolOutcome) -> str:
    """What became of a call, in a few words."""
    if outcome.status == "denied":
        return f"denied ({_first_line(outcome.content)})" if outcome.content else "denied"
    if outcome.exit_code is not None:
        word = "failed" if outcome.exit_code or outcome.status == "error" else "done"
        return f"{word}, exit code {outcome.exit_code}"
    if outcome.status == "error":
        return f"failed ({_first_line(outcome.content)})" if outcome.content else "failed"
    return "done"


def summary(reports: Sequence[str], left: int) -> Iterator[str]:
    """The closing message in pieces: one line per step, and what was not run."""
    if len(reports) == 1 and not left:
        yield f"{reports[0]}."
        return
    for number, report in enumerate(reports, 1):
        yield f"{number}. {report}\n"
    if left:
        yield f"\nStopped there; {left} {'step was' if left == 1 else 'steps were'} not run."


def _first_line(text: str) -> str:
    line = text.strip().split("\n", 1)[0]
    return line if len(line) <= REASON_LENGTH else f"{line[:REASON_LENGTH]} …"
