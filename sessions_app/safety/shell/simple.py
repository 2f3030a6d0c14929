"""Simple commands and assignments: what a statement says once its words are expanded."""

from __future__ import annotations

from tree_sitter import Node

from sessions_app.safety.frame.state import MAX_ALTERNATIVES, Frame, Shell
from sessions_app.safety.shell.expansion import Expander
from sessions_app.safety.shell.redirects import REDIRECTS
from sessions_app.safety.values.streams import EMPTY, Stream, joined
from sessions_app.safety.values.words import Word, words

STATEMENTS = frozenset({"subshell", "compound_statement"})
"""Statements the parser took for arguments, as in `time (…)`."""


def simple(shell: Shell, node: Node, frame: Frame, stdin: Stream) -> Stream:
    """Examine a simple command, once for every alternative of its variables."""
    groups = _groups(node)
    for child in node.children:
        if child.type in STATEMENTS:
            shell.block(child, frame.fork(), stdin)
    frame.pick, frame.width = 0, 1
    outputs = []
    while frame.pick < min(frame.width, MAX_ALTERNATIVES):
        expander = Expander(shell, frame)
        pick, width = frame.pick, frame.width
        for child in node.children:
            if child.type == "variable_assignment":
                assigned(shell, child, frame, lasting=not groups)
        argv = [word for group in groups for word in expander.fields(group)]
        pick, width = max(pick, 0), max(width, frame.width)
        if argv:
            outputs.append(shell.command(argv, frame, stdin))
        frame.pick, frame.width = pick + 1, width
    frame.pick, frame.width = 0, 1
    return joined(outputs)


def assignment(shell: Shell, node: Node, frame: Frame) -> Stream:
    """An assignment that stands alone."""
    assigned(shell, node, frame, lasting=True)
    return EMPTY


def assigned(shell: Shell, node: Node, frame: Frame, *, lasting: bool) -> None:
    """`name=value`; before a command it lasts only for its environment."""
    name_node, value = node.children[0], node.children[-1]
    expander = Expander(shell, frame)
    name = expander.text(name_node).partition("[")[0]
    append = any(child.type == "+=" for child in node.children)
    if value.type == "array":
        named = [child for child in value.children if child.is_named]
        elements = tuple(word for child in named for word in expander.fields([child]))
        frame.assign(name, elements or (Word(""),), append=append)
        return
    empty = value.type in {"=", "+="}
    word = Word("") if empty else expander.one([value])
    if lasting:
        indexed = name_node.type == "subscript"
        frame.assign(name, (word,), append=append or (indexed and name in frame.variables))
    else:
        shell.command([Word("export"), Word(f"{name}={word.text}")], frame.fork(), EMPTY)


def declaration(shell: Shell, node: Node, frame: Frame) -> Stream:
    """`export`, `local`, `declare`, … with their assignments."""
    expander = Expander(shell, frame)
    argv = words(node.children[0].type)
    for child in node.children[1:]:
        if child.type == "variable_assignment":
            assigned(shell, child, frame, lasting=True)
            name = expander.text(child).partition("=")[0].rstrip("+")
            value = frame.lookup(name) or (Word(""),)
            argv.append(Word(f"{name}={value[0].text}", traits=value[0].traits))
        elif child.type not in REDIRECTS:
            argv.extend(expander.fields([child]))
    return shell.command(argv, frame, frame.stdin)


def unset(shell: Shell, node: Node, frame: Frame) -> Stream:
    """`unset name …`."""
    expander = Expander(shell, frame)
    argv = [word for child in node.children for word in expander.fields([child])]
    return shell.command(argv, frame, frame.stdin)


def _groups(node: Node) -> list[list[Node]]:
    """The arguments of a command: nodes without space between them are one word."""
    groups: list[list[Node]] = []
    end = -1
    for child in node.children:
        if child.type in REDIRECTS or child.type in {"variable_assignment", "ERROR"}:
            continue
        inner = child.children if child.type == "command_name" else [child]
        if groups and child.start_byte == end:
            groups[-1].extend(inner)
        else:
            groups.append(list(inner))
        end = child.end_byte
    return groups
