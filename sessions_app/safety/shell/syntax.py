"""Parsing with tree-sitter-bash inside a time limit, and a second try for what does not parse."""

from __future__ import annotations

import time

import tree_sitter_bash
from tree_sitter import Language, Node, Parser, Point

from sessions_app.safety.model import Danger, Finding, Reason
from sessions_app.safety.trace import MAX_PARSE_SECONDS, BudgetExceededError

LANGUAGE = Language(tree_sitter_bash.language())
CHUNK = 8192
MAX_CHILDREN = 4_000
"""Words of one command, or statements of one block."""
UNPARSED = Finding(
    Danger.CAUTION,
    Reason("shell.unparsed", "A part of the command could not be parsed."),
)
SUBSTITUTIONS = frozenset({"command_substitution", "process_substitution"})


def parse(source: bytes) -> Node:
    """The root of the syntax tree; raises `BudgetExceededError` when parsing takes too long.

    Error recovery of the parser can grow with the square of hostile input, hence the limit.
    """
    deadline = time.thread_time() + MAX_PARSE_SECONDS

    def read(offset: int, _point: Point) -> bytes:
        return source[offset : offset + CHUNK]

    def late(_offset: int, _error: bool) -> bool:  # noqa: FBT001
        return time.thread_time() > deadline

    try:
        tree = Parser(LANGUAGE).parse(read, progress_callback=late)
    except ValueError as error:
        raise BudgetExceededError from error
    return tree.root_node


def source_of(node: Node) -> str:
    """The text a node covers."""
    return (node.text or b"").decode("utf-8", "replace")


def substitutions(node: Node) -> list[Node]:
    """The outermost command and process substitutions below a node, in order."""
    found: list[Node] = []
    waiting = [node]
    while waiting:
        current = waiting.pop()
        if current.type in SUBSTITUTIONS:
            found.append(current)
        else:
            waiting.extend(reversed(current.children))
    return found


def members(node: Node) -> list[Node]:
    """The statements of `a && b || c` in order; any other statement is its only member.

    The tree nests lists to the left, as deep as they are long, so this does not recurse.
    """
    found: list[Node] = []
    while node.type == "list":
        named = [child for child in node.children if child.is_named]
        found.extend(reversed(named[1:]))
        node = named[0] if named else node.children[0]
    return [node, *reversed(found)]


def chunks(text: str) -> list[str]:
    """An unparsable script cut at line ends and separators outside quotes, for a second try."""
    pieces: list[str] = []
    current: list[str] = []
    quote = ""
    for char in text:
        if quote:
            quote = "" if char == quote else quote
        elif char in "'\"":
            quote = char
        if char in "\n;&|" and not quote:
            pieces.append("".join(current).strip())
            current.clear()
        else:
            current.append(char)
    pieces.append("".join(current).strip())
    return [piece for piece in pieces if piece]
