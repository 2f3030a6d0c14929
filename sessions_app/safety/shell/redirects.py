"""Redirections: what they write, and what they feed a command."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from sessions_app.safety.effects import Use, leaving, use
from sessions_app.safety.paths import place
from sessions_app.safety.shell.expansion import Expander
from sessions_app.safety.text import HEREDOC_CLOSE, HEREDOC_OPEN, is_hole
from sessions_app.safety.values.streams import Stream
from sessions_app.safety.values.words import Word

REDIRECTS = frozenset({"file_redirect", "herestring_redirect", "heredoc_redirect"})
OUTPUTS = frozenset({">", ">|", "&>", ">&"})
APPENDING = frozenset({">>", "&>>"})


@dataclass(frozen=True, slots=True)
class Written:
    """A file that receives standard output; `append` keeps what it held."""

    path: str
    append: bool


@dataclass(frozen=True, slots=True)
class Redirections:
    """All redirections of one statement: the new input, and the files standard output goes to."""

    stdin: Stream | None = None
    outputs: tuple[Written, ...] = ()
    emptied: tuple[Word, ...] = ()


def redirections(nodes: list[Node], expander: Expander) -> Redirections:
    """Judge the redirections of a statement; a lone `>` empties, which the caller decides."""
    stdin: Stream | None = None
    outputs: list[Written] = []
    emptied: list[Word] = []
    for node in nodes:
        operator = next((c.type for c in node.children if c.type in _OPERATORS), "<")
        descriptor = next((c for c in node.children if c.type == "file_descriptor"), None)
        targets = [c for c in node.children if c.is_named and c.type != "file_descriptor"]
        if node.type == "herestring_redirect":
            word = expander.one(targets) if targets else Word("")
            stdin = Stream(word.text + "\n", word.traits) if word.known else _of(word)
        elif node.type == "heredoc_redirect":
            expander.examine(node)
            stdin = _raw_heredoc(node, expander)
        elif targets and not _duplicates(operator, expander.text(targets[0])):
            word = expander.one(targets[:1])
            if operator == "<":
                stdin = input_from(word, expander)
            else:
                number = expander.text(descriptor) if descriptor else "1"
                outputs.extend(_output(operator, number, word, expander))
                emptied.extend([word] if operator in OUTPUTS else [])
    return Redirections(stdin, tuple(outputs), tuple(emptied))


_OPERATORS = frozenset({"<", ">", ">>", ">|", "&>", "&>>", ">&", "<&", "<<<", "<<", "<<-"})


def _of(word: Word) -> Stream:
    """A stream of which a part is known: holes stand in its text."""
    return Stream(word.text + "\n" if word.text[:1] != "\ue000" else None, word.traits)


def _duplicates(operator: str, target: str) -> bool:
    """`2>&1` and `<&3` copy a descriptor and name no file."""
    return (operator in {">&", "<&"} and target.rstrip("-").isdigit()) or target == "-"


def _output(operator: str, number: str, word: Word, expander: Expander) -> list[Written]:
    frame = expander.frame
    where = place(word, frame.cwd, frame.workspace)
    append = operator in APPENDING
    if is_hole(word.text) and word.text in frame.files:
        return []
    use(expander.shell.trace, Use.APPEND if append else Use.WRITE, where)
    return [Written(where.path, append)] if number == "1" else []


def input_from(word: Word, expander: Expander) -> Stream:
    """What `< file` feeds: a here document, a file this call wrote, or unknown content."""
    frame = expander.frame
    if word.text.startswith(HEREDOC_OPEN):
        return heredoc(word.text, expander)
    if word.text in frame.files:
        return frame.files[word.text]
    where = place(word, frame.cwd, frame.workspace)
    if where.path in frame.files:
        return frame.files[where.path]
    use(expander.shell.trace, Use.READ, where)
    return Stream(None, word.traits | frozenset(leaving(where)))


def heredoc(mark: str, expander: Expander) -> Stream:
    """The text of a here document by its mark."""
    number = mark.strip(HEREDOC_OPEN + HEREDOC_CLOSE)
    documents = expander.frame.heredocs
    if not number.isdigit() or int(number) >= len(documents):
        return Stream(None)
    document = documents[int(number)]
    if document.literal or not {"$", "`", "\\"} & set(document.body):
        return Stream(document.body)
    return expander.shell.heredoc(document.body, expander.frame)


def _raw_heredoc(node: Node, expander: Expander) -> Stream:
    """A here document the lexer left to the parser, where it was in doubt."""
    body = next((c for c in node.children if c.type == "heredoc_body"), None)
    return Stream(expander.text(body) if body else None)
