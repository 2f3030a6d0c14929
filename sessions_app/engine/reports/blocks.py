"""A report as blocks. Every writer knows these and nothing else, so all formats say the same, and
text of an agent is only ever text: no writer builds markup or source from it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

PLAIN, STRONG, EMPHASIS, CODE, BREAK = "plain", "strong", "emphasis", "code", "break"


@dataclass(frozen=True)
class Span:
    """A piece of a line; `url` makes it a link, and is http, https or mailto."""

    text: str
    style: str = PLAIN
    url: str = ""


Line = tuple[Span, ...]


@dataclass(frozen=True)
class Title:
    """A heading of the report itself; 1 is its title."""

    level: int
    text: str


@dataclass(frozen=True)
class Lead:
    """A heading that an agent wrote: bold text, no part of the report's outline."""

    line: Line


@dataclass(frozen=True)
class Paragraph:
    """Running text."""

    line: Line


@dataclass(frozen=True)
class Listing:
    """Literal text, as it is."""

    text: str


@dataclass(frozen=True)
class Quote:
    """Blocks set off as somebody's own words."""

    blocks: Sequence[Block]


@dataclass(frozen=True)
class Items:
    """A list; each item holds blocks."""

    ordered: bool
    items: Sequence[Sequence[Block]]


@dataclass(frozen=True)
class Table:
    """A table with one row of headings."""

    head: Sequence[Line]
    rows: Sequence[Sequence[Line]]


@dataclass(frozen=True)
class Rule:
    """A line across."""


Block = Title | Lead | Paragraph | Listing | Quote | Items | Table | Rule


def text(value: object, style: str = PLAIN) -> Line:
    """A line of one span."""
    return (Span(str(value), style),)
