"""Puts values into a prompt's template so that no value changes what the prompt runs.

In a `/sh` line, a `/grep` line or a fenced shell block a value becomes one quoted word; in the
arguments of `/tool` it stays inside its JSON string; elsewhere it is text. Placeholders in a plan
belong to the plan. Whatever was put where, the filled prompt must read as the template does, with
the values in their places: that is compared at the end, so that a value which closes a fence or
begins a command of its own is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from sessions_app.runtimes.embedded.parser import parse
from sessions_app.runtimes.embedded.passages import Passage, passages_of
from sessions_app.runtimes.embedded.program import NotUnderstoodError, PlanError, Step
from sessions_app.runtimes.embedded.shellwords import (
    UnsafeSlotError,
    check_slots,
    insert_words,
    quoted,
)
from sessions_app.runtimes.embedded.values import PLACEHOLDER

_RUN = re.compile(r"`+|~+")
Values = Mapping[str, str]


class TemplateError(Exception):
    """A variable stands where no value can be put safely; the text says where."""


class ValueRefusedError(Exception):
    """A value cannot stand where its variable does; `name` says which, if one is to blame."""

    def __init__(self, message: str, name: str = "") -> None:
        self.name = name
        super().__init__(message)


def names_in(template: str) -> list[str]:
    """The variables of a template, in the order in which they first stand in it."""
    found = (name for one in passages_of(template) for name in _names(one))
    return list(dict.fromkeys(found))


def check_template(template: str, declared: frozenset[str] = frozenset()) -> None:
    """Refuse a template in which a variable stands where its value would not stay a value."""
    for passage in passages_of(template):
        _check(passage, declared)


def fill(template: str, values: Values, *, runs: bool) -> str:
    """The prompt; `runs` says that its runtime executes what it reads, as `embedded` does."""
    filled = _filled(template, values)
    if runs and not _reads_alike(template, values, filled):
        raise ValueRefusedError("a value would change what this prompt runs; it was not put in")
    return filled


def _filled(template: str, values: Values) -> str:
    return "\n".join(_render(passage, values) for passage in passages_of(template))


def _check(passage: Passage, declared: frozenset[str]) -> None:
    names = _names(passage)
    where = f"line {passage.line}"
    if passage.kind == "plan" and (taken := _pieces_names(passage.raw) & declared):
        message = f"a plan has values of its own; {min(taken)} cannot be put into it"
        raise TemplateError(f"{where}: {message}")
    if passage.kind in {"shell", "grep"} and names:
        try:
            check_slots(_pieces(passage.text)[0])
        except UnsafeSlotError:
            message = (
                "in a shell command a variable stands as a word of its own or part of one, outside "
                "quotes, comments, backticks and here-documents"
            )
            raise TemplateError(f"{where}: {message}") from None
    broken = passage.kind == "line" and passage.text.startswith("/tool") and names
    if broken or (passage.kind == "tool" and _pieces_names(passage.raw) != set(names)):
        message = "in /tool a variable stands inside a string of the JSON arguments"
        raise TemplateError(f"{where}: {message}")


def _names(passage: Passage) -> list[str]:
    if passage.kind == "plan":
        return []
    if passage.kind == "tool":
        return [name for text in _strings(passage.arguments) for name in _pieces(text)[1]]
    return _pieces(passage.text)[1]


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _strings(inner)


def _pieces_names(text: str) -> set[str]:
    return set(_pieces(text)[1])


def _pieces(text: str) -> tuple[list[str], list[str]]:
    """The literal pieces of a text and the variables between them; `\\{{x}}` is a literal."""
    pieces, names, literal, end = [], [], "", 0
    for match in PLACEHOLDER.finditer(text):
        literal += text[end : match.start()]
        end = match.end()
        if match["escape"]:
            literal += match[0][1:]
        elif "." in match["path"]:
            literal += match[0]
        else:
            pieces.append(literal)
            names.append(match["path"])
            literal = ""
    return [*pieces, literal + text[end:]], names


def _render(passage: Passage, values: Values) -> str:
    if passage.kind == "plan":
        return passage.raw
    return _RENDERERS[passage.kind](passage, values)


def _put(text: str, values: Values) -> str:
    pieces, names = _pieces(text)
    words = [*(values[name] for name in names), ""]
    return "".join(piece + word for piece, word in zip(pieces, words, strict=True))


def _put_words(text: str, values: Values) -> str:
    pieces, names = _pieces(text)
    if not names:
        return "".join(pieces)
    try:
        return insert_words(pieces, [values[name] for name in names])
    except UnsafeSlotError:
        raise ValueRefusedError("a value cannot be put into this command") from None


def _render_text(passage: Passage, values: Values) -> str:
    return _put(passage.text, values)


def _render_line(passage: Passage, values: Values) -> str:
    _one_line(passage, values)
    return _put(passage.text, values)


def _render_grep(passage: Passage, values: Values) -> str:
    _one_line(passage, values)
    return _put_words(passage.text, values)


def _one_line(passage: Passage, values: Values) -> None:
    for name in _pieces(passage.text)[1]:
        if "\n" in values[name] or "\r" in values[name]:
            raise ValueRefusedError("a value with a line break cannot stand here", name)


def _render_tool(passage: Passage, values: Values) -> str:
    return passage.tool_line(lambda text: _put(text, values))


def _render_shell(passage: Passage, values: Values) -> str:
    command = _put_words(passage.text, values)
    if passage.language:
        return _fenced(passage.language, command)
    # A slash command ends with its line; a value of several lines needs a fence.
    broken = any("\n" in values[name] for name in _pieces(passage.text)[1])
    return _fenced("sh", command) if broken else f"/sh {command}"


def _render_fence(passage: Passage, values: Values) -> str:
    if not _pieces(passage.text)[1]:
        return PLACEHOLDER.sub(lambda one: one[0][1:] if one["escape"] else one[0], passage.raw)
    return _fenced(passage.language, _put(passage.text, values))


def _fenced(language: str, text: str) -> str:
    """A fence longer than any run of its mark in the text."""
    longest = max((len(run) for run in _RUN.findall(text)), default=0)
    mark = ("~" if "`" in language else "`") * max(3, longest + 1)
    return f"{mark}{language}\n{text}\n{mark}"


_RENDERERS: Mapping[str, Callable[[Passage, Values], str]] = {
    "text": _render_text,
    "line": _render_line,
    "grep": _render_grep,
    "tool": _render_tool,
    "shell": _render_shell,
    "fence": _render_fence,
}


def _reads_alike(template: str, values: Values, filled: str) -> bool:
    """Whether the filled prompt's steps are the template's with the values in their places."""
    everything = "".join([template, *values.values()])
    salt = 0
    while f"Slot{salt}x" in everything:
        salt += 1
    slots = {name: f"Slot{salt}x{index}x" for index, name in enumerate(sorted(values))}
    shape, steps = _steps(_filled(template, slots)), _steps(filled)
    if shape is None or steps is None:
        return shape is steps
    known = {slot: values[name] for name, slot in slots.items()}
    return [_with_values(step, known) for step in shape] == [
        (step.tool, step.arguments, step.say) for step in steps
    ]


def _steps(prompt: str) -> tuple[Step, ...] | None:
    try:
        return parse(prompt).steps
    except (NotUnderstoodError, PlanError):
        return None


def _with_values(step: Step, known: Mapping[str, str]) -> tuple[str, Any, str]:
    def put(text: str, value: Callable[[str], str] = lambda text: text) -> str:
        for slot, given in known.items():
            text = text.replace(slot, value(given))
        return text

    def walk(value: Any) -> Any:
        if isinstance(value, str):
            return put(value, quoted) if step.tool == "shell" else put(value)
        if isinstance(value, Mapping):
            return {key: walk(inner) for key, inner in value.items()}
        return [walk(inner) for inner in value] if isinstance(value, list) else value

    return step.tool, walk(step.arguments), step.say
