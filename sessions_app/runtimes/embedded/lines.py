"""A prompt as lines, with the Markdown fences in it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

_OPENING = re.compile(r"(?P<indent> {0,3})(?P<fence>`{3,}|~{3,})[ \t]*(?P<info>[^`]*)")


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language in lower case and its lines."""

    language: str
    text: str


class Lines:
    """A cursor over the lines of a prompt."""

    def __init__(self, prompt: str) -> None:
        self._lines = prompt.replace("\r\n", "\n").split("\n")
        self._at = 0

    @property
    def number(self) -> int:
        """Number of the line that comes next, from 1."""
        return self._at + 1

    @property
    def ended(self) -> bool:
        """Whether every line has been taken."""
        return self._at >= len(self._lines)

    def peek(self) -> str:
        """The next line without taking it."""
        return self._lines[self._at]

    def take(self) -> str:
        """The next line."""
        self._at += 1
        return self._lines[self._at - 1]

    def take_until(self, stop: Callable[[str], bool]) -> list[str]:
        """The lines before the first one that `stop` accepts, or all that are left."""
        taken = []
        while not self.ended and not stop(self.peek()):
            taken.append(self.take())
        return taken

    def rest(self) -> str:
        """Everything left, as text, without taking it."""
        return "\n".join(self._lines[self._at :])

    def skip(self, count: int) -> None:
        """Pass over `count` lines."""
        self._at += count

    def take_fence(self) -> Fence | None:
        """The fenced block that opens on the next line, if one does (CommonMark 4.5)."""
        opening = None if self.ended else _OPENING.fullmatch(self.peek())
        if opening is None:
            return None
        self.take()
        mark = opening["fence"]
        closing = re.compile(rf" {{0,3}}{re.escape(mark[0])}{{{len(mark)},}}[ \t]*")
        lines = self.take_until(lambda line: closing.fullmatch(line) is not None)
        if not self.ended:
            self.take()
        indent = len(opening["indent"])
        words = opening["info"].split()
        text = "\n".join(_outdent(line, indent) for line in lines)
        return Fence(words[0].lower() if words else "", text)


def _outdent(line: str, indent: int) -> str:
    spaces = len(line) - len(line.lstrip(" "))
    return line[min(indent, spaces) :]
