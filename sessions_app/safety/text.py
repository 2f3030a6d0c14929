"""Text with holes: what is known of a string whose other parts appear only at run time.

Marks are characters of Unicode's private use area; `clean` takes them out of foreign text first, so
that nobody can write one.
"""

from __future__ import annotations

import re

HOLE_OPEN = "\ue000"
HOLE_CLOSE = "\ue001"
HOME = "\ue002"
"""Stands where the home directory stands, because its path is not ours to know."""
HEREDOC_OPEN = "\ue005"
HEREDOC_CLOSE = "\ue006"

_MARKS = re.compile("[\ue000-\ue01f]")
_HOLE = re.compile(f"{HOLE_OPEN}([^{HOLE_CLOSE}]*){HOLE_CLOSE}")


def listed(text: str) -> list[str]:
    """The words of a table kept as text, so that tables stay readable."""
    return text.split()


def clean(text: str) -> str:
    """Foreign text without our marks, NUL bytes and carriage returns before line ends."""
    text = _MARKS.sub("?", text) if not text.isascii() else text
    return text.replace("\0", "").replace("\r\n", "\n")


def hole(name: str) -> str:
    """A part that is known only at run time; `name` is what people see in its place."""
    return f"{HOLE_OPEN}{name}{HOLE_CLOSE}"


def has_hole(text: str) -> bool:
    """Whether a part of the text is known only at run time."""
    return HOLE_OPEN in text


def is_hole(text: str) -> bool:
    """Whether nothing but one hole is there."""
    return bool(_HOLE.fullmatch(text))


def without_holes(text: str) -> str:
    """Only the known parts of the text."""
    return _HOLE.sub("", text)


def holes_as(text: str, replacement: str) -> str:
    """The text with every hole replaced, for pattern matching."""
    return _HOLE.sub(lambda _: replacement, text)


def show(text: str) -> str:
    """The text as people may read it: `~` for home, the hole's name for a hole."""
    if text.isascii():
        return text
    return _MARKS.sub("?", _HOLE.sub(lambda m: m.group(1), text.replace(HOME, "~")))
