"""Puts values into shell commands as single quoted words, only where quoting is safe.

A quoted word inside quotes, a comment, backticks or an arithmetic context would not stay one
word, so the command is parsed with slots in place of the values and every slot must be a plain
word of the shell grammar.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence

import tree_sitter_bash
from tree_sitter import Language, Node, Parser

_BASH = Language(tree_sitter_bash.language())
_CR_LF = re.compile(r"(?<=\r)(?=\n)")
_SAFE_PARENTS = frozenset(
    {
        "case_item",
        "case_statement",
        "command",
        "command_name",
        "command_substitution",
        "compound_statement",
        "concatenation",
        "do_group",
        "elif_clause",
        "else_clause",
        "file_redirect",
        "for_statement",
        "function_definition",
        "herestring_redirect",
        "if_statement",
        "list",
        "negated_command",
        "pipeline",
        "process_substitution",
        "program",
        "redirected_statement",
        "subshell",
        "variable_assignment",
        "while_statement",
        "word",
    }
)


class UnsafeSlotError(Exception):
    """A value may stand in a shell command only as a word of its own, outside quotes."""


def check_slots(pieces: Sequence[str]) -> None:
    """Refuse a command whose slots (between the pieces) are not plain shell words."""
    count = len(pieces) - 1
    if count < 1:
        return
    slots = [_slot(pieces, index) for index in range(count)]
    source = "".join(piece + slot for piece, slot in zip(pieces, [*slots, ""], strict=True))
    tree = Parser(_BASH).parse(source.encode())
    safe = "" if tree.root_node.has_error else "\0".join(_safe_words(tree.root_node))
    if not all(slot in safe for slot in slots):
        raise UnsafeSlotError


def insert_words(pieces: Sequence[str], values: Sequence[str]) -> str:
    """The command with every value as one quoted word between its literal pieces."""
    check_slots(pieces)
    if any("\0" in value for value in values):
        raise UnsafeSlotError
    words = [quoted(value) for value in values]
    return "".join(piece + word for piece, word in zip(pieces, [*words, ""], strict=True))


def quoted(value: str) -> str:
    """The value as one shell word that survives a prompt, where CR LF would become LF alone."""
    return "".join(shlex.quote(part) for part in _CR_LF.split(value)) or "''"


def _slot(pieces: Sequence[str], index: int) -> str:
    """A word that occurs nowhere in the command's own text."""
    text = "".join(pieces)
    salt = 0
    while f"Slot{salt}x" in text:
        salt += 1
    return f"Slot{salt}x{index}x"


def _safe_words(node: Node) -> Iterator[str]:
    if node.type == "word":
        yield (node.text or b"").decode()
    backticks = node.type == "command_substitution" and (node.text or b"").startswith(b"`")
    if node.type in _SAFE_PARENTS and not backticks:
        for child in node.children:
            yield from _safe_words(child)
