"""The slash commands: one reader each, from the words after its name to steps."""

from __future__ import annotations

import json
import re
import shlex
from collections.abc import Callable, Mapping

from sessions_app.runtimes.embedded.guide import guide
from sessions_app.runtimes.embedded.lines import Lines
from sessions_app.runtimes.embedded.program import NotUnderstoodError, Step

_EDIT = re.compile(r"<{7}( .*)?\n(?P<old>(?:.*\n)*?)={7}\n(?P<new>(?:.*\n)*?)>{7}( .*)?(?:\n|$)")
_COMMAND = re.compile(r"/(?P<name>[^\s]*)[ \t]*(?P<rest>.*)")


def read_command(lines: Lines) -> list[Step]:
    """Take one slash command; raises `NotUnderstoodError` naming the line."""
    number = lines.number
    match = _COMMAND.fullmatch(lines.take().rstrip())
    name = match["name"] if match else ""
    reader = _READERS.get(name)
    if match is None or reader is None:
        raise NotUnderstoodError(f"line {number}: there is no command /{name}")
    try:
        return reader(match["rest"], lines)
    except _UsageError as error:
        raise NotUnderstoodError(f"line {number}: {error}") from None


def starts_command(line: str) -> bool:
    """Whether the line opens one of the commands."""
    match = _COMMAND.fullmatch(line.rstrip())
    return match is not None and match["name"] in _READERS


class _UsageError(Exception):
    """The command is not complete."""


def _shell(rest: str, lines: Lines) -> list[Step]:
    command = rest
    while command.endswith("\\") and not lines.ended:
        command += "\n" + lines.take().rstrip()
    return [Step(tool="shell", arguments={"command": _needed(command, "/sh COMMAND")})]


def _read(rest: str, _lines: Lines) -> list[Step]:
    return [Step(tool="read_file", arguments={"path": _needed(rest, "/read PATH")})]


def _list(rest: str, _lines: Lines) -> list[Step]:
    return [Step(tool="list_files", arguments={"path": rest or "."})]


def _grep(rest: str, _lines: Lines) -> list[Step]:
    try:
        words = shlex.split(rest)
    except ValueError:
        words = []
    if len(words) not in (1, 2):
        raise _UsageError("/grep takes a PATTERN and at most one PATH; quote what has spaces")
    return [Step(tool="grep", arguments={"pattern": words[0], "path": (*words, ".")[1]})]


def _write(rest: str, lines: Lines) -> list[Step]:
    path = _needed(rest, "/write PATH, with the content on the lines below")
    fence = lines.take_fence()
    text = fence.text if fence else "\n".join(lines.take_until(starts_command)).rstrip("\n")
    content = f"{text}\n" if text else ""
    return [Step(tool="write_file", arguments={"path": path, "content": content})]


def _edit(rest: str, lines: Lines) -> list[Step]:
    path = _needed(rest, "/edit PATH")
    steps: list[Step] = []
    while (match := _EDIT.match(lines.rest())) is not None:
        lines.skip(match[0].rstrip("\n").count("\n") + 1)
        steps.append(_replacement(path, match["old"], match["new"]))
    if not steps:
        raise _UsageError("/edit needs the lines <<<<<<<, old text, =======, new text, >>>>>>>")
    return steps


def _replacement(path: str, old: str, new: str) -> Step:
    """Whole lines are removed with their line end; otherwise the last line end stays as it is."""
    if not old.strip("\n"):
        raise _UsageError("/edit needs the old text between <<<<<<< and =======")
    if new:
        old, new = old.removesuffix("\n"), new.removesuffix("\n")
    return Step(tool="edit_file", arguments={"path": path, "old": old, "new": new})


def _tool(rest: str, lines: Lines) -> list[Step]:
    name, _, inline = rest.partition(" ")
    _needed(name, "/tool SERVER.NAME {json}")
    text = inline if inline.strip() else ""
    following = lines.rest()
    source = f"{text}\n{following}" if text or following.lstrip().startswith("{") else "{}"
    blank = len(source) - len(source.lstrip())
    try:
        arguments, end = json.JSONDecoder().raw_decode(source, blank)
    except ValueError as error:
        raise _UsageError(f"/tool {name}: the arguments are not JSON ({error})") from None
    if not isinstance(arguments, dict) or source[end:].split("\n", 1)[0].strip():
        raise _UsageError(f"/tool {name}: the arguments are one JSON object, and nothing after it")
    lines.skip(source[:end].count("\n"))
    return [Step(tool=name, arguments=arguments)]


def _help(_rest: str, _lines: Lines) -> list[Step]:
    return [Step(say=guide())]


def _needed(value: str, usage: str) -> str:
    if not value.strip():
        raise _UsageError(f"write {usage}")
    return value


_READERS: Mapping[str, Callable[[str, Lines], list[Step]]] = {
    "sh": _shell,
    "read": _read,
    "write": _write,
    "edit": _edit,
    "grep": _grep,
    "ls": _list,
    "tool": _tool,
    "help": _help,
}
