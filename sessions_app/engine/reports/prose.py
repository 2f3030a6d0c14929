"""An agent's Markdown as blocks: raw HTML and images stay text, links go to the web or to mail."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markdown_it.tree import SyntaxTreeNode

from sessions_app.engine.reports.blocks import (
    BREAK,
    CODE,
    EMPHASIS,
    PLAIN,
    STRONG,
    Block,
    Items,
    Lead,
    Line,
    Listing,
    Paragraph,
    Quote,
    Rule,
    Span,
    Table,
    text,
)

_PARSER = MarkdownIt("commonmark", {"html": False, "linkify": False}).enable(["table"])
_SCHEMES = ("http://", "https://", "mailto:")
_STYLES = {"strong": STRONG, "em": EMPHASIS}
LONGEST = 50_000


def blocks_of(markdown: str) -> list[Block]:
    """The blocks of a text; what is longer than `LONGEST` is cut, and says so."""
    found = list(_blocks(SyntaxTreeNode(_parsed(markdown[:LONGEST])).children))
    if len(markdown) > LONGEST:
        note = f"[{len(markdown) - LONGEST} more characters: the session has them]"
        found.append(Paragraph(text(note, EMPHASIS)))
    return found


def _parsed(markdown: str) -> Sequence[Token]:
    return _PARSER.parse(markdown)


def _blocks(nodes: Sequence[SyntaxTreeNode]) -> Iterator[Block]:
    for node in nodes:
        if node.type == "heading":
            yield Lead(_line(node))
        elif node.type == "paragraph":
            yield Paragraph(_line(node))
        elif node.type in {"fence", "code_block"}:
            yield Listing(node.content.removesuffix("\n"))
        elif node.type == "blockquote":
            yield Quote(list(_blocks(node.children)))
        elif node.type in {"bullet_list", "ordered_list"}:
            items = [list(_blocks(item.children)) for item in node.children]
            yield Items(node.type == "ordered_list", items)
        elif node.type == "table":
            yield _table(node)
        elif node.type == "hr":
            yield Rule()


def _table(node: SyntaxTreeNode) -> Table:
    rows = [
        [_line(cell) for cell in row.children] for part in node.children for row in part.children
    ]
    width = len(rows[0])
    padded = [[*row[:width], *[text("")] * (width - len(row))] for row in rows[1:]]
    return Table(rows[0], padded)


def _line(node: SyntaxTreeNode) -> Line:
    inline = node.children[0].children if node.children else []
    return tuple(_spans(inline, PLAIN, ""))


def _spans(nodes: Sequence[SyntaxTreeNode], style: str, url: str) -> Iterator[Span]:
    for node in nodes:
        if node.type == "code_inline":
            yield Span(node.content, CODE, url)
        elif node.type in {"softbreak", "hardbreak"}:
            yield Span(" " if node.type == "softbreak" else "\n", BREAK)
        elif node.type in _STYLES:
            yield from _spans(node.children, _STYLES[node.type], url)
        elif node.type == "link":
            target = str(node.attrs.get("href", ""))
            known = target if target.lower().startswith(_SCHEMES) else ""
            yield from _spans(node.children, style, known)
        elif node.type == "image":
            yield Span(f"[image: {node.content}]", style, url)
        else:
            yield Span(node.content, style, url)
