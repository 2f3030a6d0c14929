"""Tools of MCP servers: what their annotations, names and arguments say; unknown is caution.

Annotations are hints of a server that may lie, so they only ever speak together with the name:
`readOnlyHint` does not whitewash a tool called delete_everything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from sessions_app.safety.effects import Use
from sessions_app.safety.model import Call, Danger, Finding, Reach, Reason, Target
from sessions_app.safety.sql import judge
from sessions_app.safety.text import clean, listed
from sessions_app.safety.trace import Trace

DESTROYING = frozenset(
    listed(
        "delete remove drop destroy purge wipe erase truncate terminate uninstall revoke kill "
        "shutdown "
        "reset force clear flush cancel prune rm unpublish overwrite deprovision nuke stop disable "
        "trash discard drain evict"
    )
)
READING = frozenset(
    listed(
        "get list read search find show describe fetch view query lookup status check count "
        "inspect "
        "log logs diff browse help ping echo whoami validate explain summarize preview head tail "
        "ls cat stat info resolve current convert calculate add_numbers time"
    )
)
SHELLS = frozenset(listed("shell bash exec execute command terminal cmd powershell sh run_command"))
SQL_KEYS = ("sql", "query", "statement", "sql_query")
COMMAND_KEYS = frozenset({"command", "cmd", "script", "commands", "shell_command", "argv"})
_SPLIT = re.compile(r"[^A-Za-z0-9]+|(?<=[a-z0-9])(?=[A-Z])")

Look = Callable[[Call, Trace], None]
LookAtPaths = Callable[[Call, Trace, Use], int]


def look_at_mcp(call: Call, trace: Trace, *, shell: Look, paths: LookAtPaths, fetch: Look) -> None:
    """Note what a tool that is not our own would do."""
    words = [word.lower() for word in _SPLIT.split(call.tool.rpartition(".")[2]) if word]
    by_name = _by_name(words)
    danger = _by_annotations(call, by_name)
    _note(call, trace, danger)
    if _runs_commands(call, words):
        shell(call, trace)
    else:
        kind = Use.READ if danger is Danger.NONE else Use.WRITE
        destroys = by_name is Danger.DANGEROUS
        paths(call, trace, Use.DELETE if destroys else kind)
    _statements(call, trace, words)
    if any(key in call.arguments for key in ("url", "uri")) and "://" in _url(call):
        fetch(call, trace)


def _url(call: Call) -> str:
    return str(call.arguments.get("url") or call.arguments.get("uri") or "")


def _by_name(words: list[str]) -> Danger:
    """What the words of a tool's name promise; the name's verb usually comes first."""
    if DESTROYING & set(words):
        return Danger.DANGEROUS
    if words and (READING & set(words[:2])) and not SHELLS & set(words):
        return Danger.NONE
    return Danger.CAUTION


def _by_annotations(call: Call, by_name: Danger) -> Danger:
    """Annotations and name together: each may raise the alarm, and neither alone silences it."""
    reads, destroys = _hint(call, "readOnlyHint"), _hint(call, "destructiveHint")
    if reads is True:
        return Danger.CAUTION if by_name is Danger.DANGEROUS or destroys else Danger.NONE
    if destroys is True:
        return Danger.DANGEROUS
    if destroys is False:
        return Danger.CAUTION
    return Danger.CAUTION if reads is False and by_name is Danger.NONE else by_name


def _hint(call: Call, name: str) -> bool | None:
    value: Any = call.annotations.get(name)
    return value if isinstance(value, bool) else None


def _note(call: Call, trace: Trace, danger: Danger) -> None:
    if danger is Danger.NONE:
        return
    target = (Target("tool", clean(call.tool)[:100]),)
    if danger is Danger.DANGEROUS:
        reason = Reason("mcp.destroys", "The tool says, or is named as if, it destroys something.")
        safer = "List what it would destroy first."
        trace.add(Finding(danger, reason, Reach.SHARED, target, safer))
    else:
        reason = Reason("mcp.changes", "What the tool changes is not known here.")
        reach = Reach.SHARED if _hint(call, "openWorldHint") is not False else Reach.SESSION
        trace.add(Finding(danger, reason, reach, target))


def _runs_commands(call: Call, words: list[str]) -> bool:
    """Whether the tool takes a command line to run."""
    given = COMMAND_KEYS & set(call.arguments)
    return bool(given) and bool(
        SHELLS & set(words) or {"run", "terminal"} & set(words) or "cmd" in given
    )


def _statements(call: Call, trace: Trace, words: list[str]) -> None:
    """SQL that a database tool is given."""
    for key in SQL_KEYS:
        text = call.arguments.get(key)
        if isinstance(text, str) and (key != "query" or _is_sql(text) or "sql" in words):
            for each in judge(clean(text)):
                reason = Reason(f"databases.{each.code}", each.text)
                trace.add(Finding(each.danger, reason, Reach.SHARED))


def _is_sql(text: str) -> bool:
    first = text.lstrip(" (\n\t").partition(" ")[0].upper()
    return first in {"SELECT", "WITH", "INSERT", "UPDATE", "DELETE", "DROP", "TRUNCATE", "ALTER"}
