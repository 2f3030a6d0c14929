"""A report as HTML: a page that stands alone, runs nothing and fetches nothing."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from pathlib import Path

from sessions_app.engine.reports import blocks as b

_STYLE = Path(__file__).with_name("report.css").read_text()
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def write(blocks: Sequence[b.Block], title: str) -> str:
    """The page."""
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n'
        f"<title>{escape(title)}</title>\n<style>\n{_STYLE}</style>\n</head>\n"
        f"<body>\n<main>\n{body(blocks)}\n</main>\n</body>\n</html>\n"
    )


def body(blocks: Sequence[b.Block]) -> str:
    """The blocks alone, for a page that has its own frame."""
    return "\n".join(_block(block) for block in blocks)


def _block(block: b.Block) -> str:
    match block:
        case b.Title():
            return f"<h{block.level}>{escape(block.text)}</h{block.level}>"
        case b.Lead():
            return f"<p><strong>{_line(block.line)}</strong></p>"
        case b.Paragraph():
            return f"<p>{_line(block.line)}</p>"
        case b.Listing():
            return f"<pre><code>{escape(block.text)}</code></pre>"
        case b.Quote():
            return f"<blockquote>\n{body(block.blocks)}\n</blockquote>"
        case b.Items():
            tag = "ol" if block.ordered else "ul"
            items = "\n".join(f"<li>{body(item)}</li>" for item in block.items)
            return f"<{tag}>\n{items}\n</{tag}>"
        case b.Table():
            return _table(block)
        case b.Rule():
            return "<hr>"


def _table(table: b.Table) -> str:
    head = "".join(f'<th scope="col">{_line(cell)}</th>' for cell in table.head)
    rows = "\n".join(
        f"<tr>{''.join(f'<td>{_line(cell)}</td>' for cell in row)}</tr>" for row in table.rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{rows}\n</tbody>\n</table>"


def _line(line: b.Line) -> str:
    return "".join(_span(span) for span in line)


def _span(span: b.Span) -> str:
    if span.style == b.BREAK:
        return "<br>" if span.text == "\n" else " "
    tag = {b.STRONG: "strong", b.EMPHASIS: "em", b.CODE: "code"}.get(span.style)
    text = escape(span.text)
    text = f"<{tag}>{text}</{tag}>" if tag else text
    rel = "noopener noreferrer nofollow"
    return f'<a href="{escape(span.url)}" rel="{rel}">{text}</a>' if span.url else text
