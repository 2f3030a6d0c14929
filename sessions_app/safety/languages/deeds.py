"""What a call in some language does, in words that all languages share."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import urlsplit

from sessions_app.safety.effects import Use, leaving
from sessions_app.safety.frame.start import Start
from sessions_app.safety.model import Danger, Reach
from sessions_app.safety.text import show
from sessions_app.safety.values.words import Word, unknown, words


class Deed(StrEnum):
    """The kinds of calls that matter."""

    SHELL = "shell"
    ARGV = "argv"
    DELETE = "delete"
    TREE = "tree"
    WRITE = "write"
    READ = "read"
    OPEN = "open"
    MOVE = "move"
    COPY = "copy"
    RIGHTS = "rights"
    EMPTY = "empty"
    FETCH = "fetch"
    SEND = "send"
    REMOVE = "remove"
    EVAL = "eval"
    KILL = "kill"
    FORK = "fork"
    ENVIRONMENT = "environment"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Argument:
    """An argument of a call: a text that may have holes, or a list of them (an argv)."""

    word: Word
    items: tuple[Word, ...] | None = None


NOWHERE = Argument(unknown("…"))
FILE_USES = {
    Deed.DELETE: Use.DELETE,
    Deed.TREE: Use.TREE,
    Deed.WRITE: Use.WRITE,
    Deed.READ: Use.READ,
    Deed.RIGHTS: Use.RIGHTS,
    Deed.EMPTY: Use.EMPTY,
}


def do(start: Start, deed: Deed, arguments: list[Argument]) -> None:
    """Note what one call does, by its kind."""
    first = arguments[0] if arguments else NOWHERE
    if deed in FILE_USES:
        start.use(FILE_USES[deed], first.word)
    elif deed in {Deed.SHELL, Deed.ARGV}:
        _run(start, deed, arguments or [NOWHERE])
    elif deed in {Deed.FETCH, Deed.SEND, Deed.REMOVE}:
        _network(start, deed, arguments)
    elif deed in {Deed.MOVE, Deed.COPY}:
        second = arguments[1] if len(arguments) > 1 else NOWHERE
        start.use(Use.MOVE if deed is Deed.MOVE else Use.READ, first.word)
        start.use(Use.WRITE, second.word)
    elif deed is Deed.OPEN:
        mode = arguments[1].word.text if len(arguments) > 1 else "r"
        _open(start, first.word, mode)
    else:
        _remark(start, deed, first)


def _open(start: Start, word: Word, mode: str) -> None:
    if mode.startswith("a"):
        start.use(Use.APPEND, word)
    elif set(mode) & {"w", "x", "+"} or mode.startswith(">"):
        start.use(Use.WRITE, word)
    else:
        start.use(Use.READ, word)


def _run(start: Start, deed: Deed, arguments: list[Argument]) -> None:
    first = arguments[0]
    if first.items is not None:
        start.run(list(first.items) or words("true"))
    elif len(arguments) > 1 and (deed is Deed.ARGV or " " not in first.word.text):
        rest = [each for argument in arguments for each in argument.items or (argument.word,)]
        start.run(rest)
    else:
        start.run([Word("sh"), Word("-c"), first.word])


def _network(start: Start, deed: Deed, arguments: list[Argument]) -> None:
    first = arguments[0].word if arguments else unknown("…")
    traits = frozenset[str]().union(*(each.word.traits for each in arguments))
    host = urlsplit(first.text).hostname if "://" in first.text else None
    if host:
        start.shell.trace.hosts[show(host)] = None
    if traits & {"secret", "outside"}:
        text = "Sends private content to another machine."
        start.note(Danger.DANGEROUS, "secrets.sent", text, Reach.PRIVATE)
    elif deed is Deed.REMOVE:
        text = "Asks a remote service to delete something."
        start.note(Danger.DANGEROUS, "network.delete", text, Reach.SHARED)
    elif deed is Deed.SEND:
        start.note(Danger.CAUTION, "network.send", "Sends data away.", Reach.SHARED)


def _remark(start: Start, deed: Deed, first: Argument) -> None:
    if deed is Deed.EVAL:
        _evaluate(start, first)
    elif deed is Deed.KILL:
        everything = first.word.text in {"-1", "0", "1"}
        danger = Danger.DANGEROUS if everything else Danger.CAUTION
        start.note(danger, "system.kill", "Ends processes.", Reach.MACHINE)
    elif deed is Deed.ENVIRONMENT:
        text = "Reads the environment, which may hold secrets."
        start.note(Danger.CAUTION, "secrets.environment", text, Reach.PRIVATE)
    elif deed is Deed.UNKNOWN:
        text = "The code does something that is not known here."
        start.note(Danger.CAUTION, "code.unknown", text)


def _evaluate(start: Start, first: Argument) -> None:
    if first.word.traits & {"fetched", "decoded"}:
        text = "Runs code that was downloaded or is hidden in an encoding."
        start.note(Danger.DANGEROUS, "packages.run_download", text, Reach.MACHINE)
    else:
        text = "Runs code that is put together at run time."
        start.note(Danger.CAUTION, "code.evaluated", text)


def content_of(start: Start, word: Word) -> frozenset[str]:
    """The traits of what a file's content gives away."""
    return word.traits | frozenset(leaving(start.place(word)))
