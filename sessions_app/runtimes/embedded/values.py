"""Saved results, the paths that name a part of them, and their substitution into arguments."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from sessions_app.runtimes.base import ToolOutcome
from sessions_app.runtimes.embedded.shellwords import insert_words

PATH = r"[A-Za-z_][\w-]*(?:\.[\w-]+)*"
PLACEHOLDER = re.compile(rf"(?P<escape>\\?)\{{\{{\s*(?P<path>{PATH})\s*\}}\}}")
MISSING = object()

Saved = Mapping[str, Any]


class MissingValueError(Exception):
    """A step refers to a value that no earlier step saved."""


def as_value(outcome: ToolOutcome) -> dict[str, Any]:
    """A tool's outcome as the saved value that paths walk: status, content, data, exit_code."""
    return {
        "status": outcome.status,
        "content": outcome.content,
        "data": outcome.data,
        "exit_code": outcome.exit_code,
    }


def lookup(path: str, saved: Saved) -> Any:
    """The part of the saved values that `path` names, or MISSING."""
    value: Any = saved
    for key in path.split("."):
        if isinstance(value, Mapping) and key in value:
            value = value[key]
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return MISSING
    return value


def roots(value: Any) -> Iterator[str]:
    """The first names of every placeholder in an argument, for the check before anything runs."""
    if isinstance(value, str):
        yield from (_root(match) for match in PLACEHOLDER.finditer(value) if not match["escape"])
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from roots(item)
    elif isinstance(value, list):
        for item in value:
            yield from roots(item)


def substitute(value: Any, saved: Saved) -> Any:
    """The argument with saved values put in; a lone placeholder keeps the value's own type."""
    if isinstance(value, Mapping):
        return {key: substitute(item, saved) for key, item in value.items()}
    if isinstance(value, list):
        return [substitute(item, saved) for item in value]
    if not isinstance(value, str):
        return value
    lone = PLACEHOLDER.fullmatch(value)
    if lone is not None and not lone["escape"]:
        return plain(_required(lone["path"], saved))
    return PLACEHOLDER.sub(lambda match: _as_text(match, saved), value)


def substitute_shell(command: str, saved: Saved) -> str:
    """The command with each saved value put in as one quoted word."""
    pieces, values = split_placeholders(command)
    return insert_words(pieces, [text_of(_required(path, saved)) for path in values])


def split_placeholders(command: str) -> tuple[list[str], list[str]]:
    """The literal pieces of a command and the paths between them."""
    pieces, paths, literal, end = [], [], "", 0
    for match in PLACEHOLDER.finditer(command):
        literal += command[end : match.start()]
        end = match.end()
        if match["escape"]:
            literal += match[0][1:]
            continue
        pieces.append(literal)
        paths.append(match["path"])
        literal = ""
    return [*pieces, literal + command[end:]], paths


def plain(value: Any) -> Any:
    """A whole saved result stands for its content; any other value stands for itself."""
    if isinstance(value, Mapping) and set(value) == {"status", "content", "data", "exit_code"}:
        return value["content"]
    return value


def text_of(value: Any) -> str:
    """A value as text: strings as they are, everything else as JSON."""
    value = plain(value)
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _as_text(match: re.Match[str], saved: Saved) -> str:
    return match[0][1:] if match["escape"] else text_of(_required(match["path"], saved))


def _required(path: str, saved: Saved) -> Any:
    value = lookup(path, saved)
    if value is MISSING:
        raise MissingValueError(path)
    return value


def _root(match: re.Match[str]) -> str:
    return match["path"].split(".", 1)[0]
