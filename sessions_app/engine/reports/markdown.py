"""A report as Markdown (CommonMark and tables): whatever an agent wrote is escaped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import quote

from sessions_app.engine.reports import blocks as b

_SPECIAL = re.compile(r"([\\`*_\[\]<>|~&$@])")
_AT_START = re.compile(r"^(\s*)(?=[#+\-=:])|^(\s*\d+)(?=[.)])")
_TICKS = re.compile(r"`+")


def write(blocks: Sequence[b.Block]) -> str:
    """The whole document."""
    return "\n\n".join(_block(block) for block in blocks) + "\n"


def _block(block: b.Block) -> str:
    match block:
        case b.Title():
            return f"{'#' * block.level} {_escaped(block.text)}"
        case b.Lead():
            return f"**{_plain(block.line)}**"
        case b.Paragraph():
            return _line(block.line)
        case b.Listing():
            return _fenced(block.text)
        case b.Quote():
            inside = "\n\n".join(_block(one) for one in block.blocks)
            return "\n".join(f"> {line}".rstrip() for line in inside.split("\n"))
        case b.Items():
            return "\n".join(_item(n, block.ordered, item) for n, item in enumerate(block.items, 1))
        case b.Table():
            return _table(block)
        case b.Rule():
            return "---"


def _item(number: int, ordered: bool, item: Sequence[b.Block]) -> str:  # noqa: FBT001
    mark = f"{number}. " if ordered else "- "
    inside = "\n\n".join(_block(one) for one in item)
    return mark + f"\n{' ' * len(mark)}".join(inside.split("\n"))


def _table(table: b.Table) -> str:
    rows = [table.head, *table.rows]
    lines = [f"| {' | '.join(_line(cell) for cell in row)} |" for row in rows]
    return "\n".join([lines[0], f"|{'---|' * len(table.head)}", *lines[1:]])


def _fenced(text: str) -> str:
    longest = max((len(run) for run in _TICKS.findall(text)), default=0)
    mark = "`" * max(3, longest + 1)
    return f"{mark}text\n{text}\n{mark}"


def _line(line: b.Line) -> str:
    return "".join(_span(span) for span in line)


def _plain(line: b.Line) -> str:
    return _escaped("".join(span.text for span in line))


def _span(span: b.Span) -> str:
    if span.style == b.BREAK:
        return "\\\n" if span.text == "\n" else " "
    text = _code(span.text) if span.style == b.CODE else _escaped(span.text)
    if span.style in {b.STRONG, b.EMPHASIS} and span.text.strip():
        mark = "**" if span.style == b.STRONG else "*"
        body = text.strip()
        text = text.replace(body, f"{mark}{body}{mark}", 1)
    return f"[{text}](<{quote(span.url, safe=':/?#@!$&*+,;=%~')}>)" if span.url else text


def _code(text: str) -> str:
    """A code span; a table's bar would end its cell, so code with one is text."""
    flat = " ".join(text.split())
    if "|" in flat or not flat:
        return _escaped(flat)
    mark = "`" * (max((len(run) for run in _TICKS.findall(flat)), default=0) + 1)
    room = " " if flat.startswith("`") or flat.endswith("`") else ""
    return f"{mark}{room}{flat}{room}{mark}"


def _escaped(text: str) -> str:
    """Text that no reader takes for markup; a line break in it is a space."""
    return _AT_START.sub(r"\1\2\\", _SPECIAL.sub(r"\\\1", " ".join(text.splitlines())))
