"""Words: one argument after expansion, what is known of it, and where its parts came from."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import pairwise

from sessions_app.safety.text import has_hole, hole

Traits = frozenset[str]
"""Where a value came from: secret, private, outside, fetched, decoded, computed, file, stdin."""
NO_TRAITS: Traits = frozenset()

GLOB_CHARACTERS = frozenset("*?[")
MAX_BRACES = 64
QUOTED_BRACES = {"{": "\ue010", "}": "\ue011", ",": "\ue012", ".": "\ue013"}
_PROTECT = str.maketrans(QUOTED_BRACES)
_RESTORE = str.maketrans({mark: char for char, mark in QUOTED_BRACES.items()})
_RANGE = re.compile(r"(-?\d+|[A-Za-z])\.\.(-?\d+|[A-Za-z])(?:\.\.-?\d+)?")


@dataclass(frozen=True, slots=True)
class Word:
    """One field of a command. `glob`: an unquoted pattern stands in it."""

    text: str
    glob: bool = False
    traits: Traits = NO_TRAITS

    @property
    def known(self) -> bool:
        """Whether the whole text is known before the call runs."""
        return not has_hole(self.text)

    @property
    def open(self) -> bool:
        """Whether the word may stand for more than the one thing it names."""
        return self.glob or has_hole(self.text)


def words(*texts: str) -> list[Word]:
    """Plain words, for argument lists that are known."""
    return [Word(text) for text in texts]


def unknown(name: str, traits: Iterable[str] = ()) -> Word:
    """A word of which nothing is known but its name."""
    return Word(hole(name), traits=frozenset(traits))


def protect(text: str) -> str:
    """Quoted text inside a word with braces: its own braces are not expanded."""
    return text.translate(_PROTECT)


def restore(text: str) -> str:
    """The text of a word in which nothing is to be expanded any more."""
    return text if text.isascii() else text.translate(_RESTORE)


def expand_braces(text: str) -> list[str]:
    """`a{b,c}` as bash expands it; `protect`ed braces stay, at most `MAX_BRACES` results."""
    done: list[str] = []
    waiting = [text]
    while waiting and len(done) + len(waiting) < MAX_BRACES:
        current = waiting.pop()
        parts = _split_brace(current)
        if parts is None:
            done.append(current)
        else:
            waiting.extend(reversed(parts))
    done.extend(reversed(waiting))
    return [restore(each) for each in done]


def _split_brace(text: str) -> list[str] | None:
    """The alternatives of the first brace group that expands, or None when there is none."""
    start = text.find("{")
    while start >= 0:
        end, commas = _matching_brace(text, start)
        if end < 0:
            return None
        head, tail = text[:start], text[end + 1 :]
        inner = _alternatives(text, start, end, commas)
        if inner:
            return [head + each + tail for each in inner]
        start = text.find("{", start + 1)
    return None


def _matching_brace(text: str, start: int) -> tuple[int, list[int]]:
    """Where the group opened at `start` ends, and its own commas; -1 when it never ends."""
    depth = 0
    commas: list[int] = []
    for index in range(start, len(text)):
        char = text[index]
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
            if depth == 0:
                return index, commas
        elif char == "," and depth == 1:
            commas.append(index)
    return -1, commas


def _alternatives(text: str, start: int, end: int, commas: list[int]) -> list[str]:
    if commas:
        cuts = [start, *commas, end]
        return [text[a + 1 : b] for a, b in pairwise(cuts)]
    found = _RANGE.fullmatch(text[start + 1 : end])
    return _range(found.group(1), found.group(2)) if found else []


def _range(first: str, last: str) -> list[str]:
    """`{1..3}` and `{a..c}`, cut off at `MAX_BRACES`."""
    if first.lstrip("-").isdigit() and last.lstrip("-").isdigit():
        low, high = int(first[:9]), int(last[:9])
        step = 1 if low <= high else -1
        return [str(n) for n in range(low, high + step, step)[:MAX_BRACES]]
    if len(first) == len(last) == 1:
        low, high = ord(first), ord(last)
        step = 1 if low <= high else -1
        return [chr(n) for n in range(low, high + step, step)[:MAX_BRACES]]
    return []


_ANSI_C = re.compile(
    r"\\(?:x([0-9a-fA-F]{1,2})|u([0-9a-fA-F]{1,4})|U([0-9a-fA-F]{1,8})|0?([0-7]{1,3})|c(.)|(.))",
    re.DOTALL,
)
_LETTERS = {"a": "\a", "b": "\b", "e": "\x1b", "E": "\x1b", "f": "\f", "n": "\n", "r": "\r"}
_LETTERS |= {"t": "\t", "v": "\v"}


def ansi_c(text: str) -> str:
    """Text with the escapes of `$'…'`, `echo -e` and `printf` resolved."""
    return _ANSI_C.sub(_escape, text) if "\\" in text else text


def _escape(match: re.Match[str]) -> str:
    two, four, eight, octal, control, letter = match.groups()
    for digits in (two, four, eight):
        if digits:
            code = int(digits, 16)
            return chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE020 else "?"
    if octal:
        return chr(int(octal, 8) & 0xFF or 0x3F)
    if control:
        return chr(ord(control.upper()) & 0x1F or 0x3F)
    return _LETTERS.get(letter, letter if letter in "\\'\"?" else "\\" + letter)
