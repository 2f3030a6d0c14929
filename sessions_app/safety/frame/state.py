"""What a script knows while it is walked: variables, functions, files it made, where it stands."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Protocol

from tree_sitter import Node

from sessions_app.safety.text import HOME, hole
from sessions_app.safety.trace import Trace
from sessions_app.safety.values.streams import EMPTY, Stream
from sessions_app.safety.values.words import Word, unknown

Value = tuple[Word, ...]
"""One value of a variable: a single word, or the elements of an array."""
MAX_ALTERNATIVES = 8
SECRET_NAME = re.compile(
    r"TOKEN|SECRET|PASSW|API_?KEY|CREDENTIAL|PRIVATE|ACCESS_KEY|AUTH(?!OR)", re.IGNORECASE
)
KNOWN_VARIABLES = {
    "HOME": HOME,
    "IFS": " \t\n",
    "TMPDIR": "/tmp",  # noqa: S108
    "SHELL": "/bin/bash",
    "BASH": "/bin/bash",
    "0": "bash",
    "?": "0",
    "-": "hB",
    "PATH": "/usr/local/bin:/usr/bin:/bin:" + hole("PATH"),
}


@dataclass(frozen=True, slots=True)
class Heredoc:
    """A here document: `literal` when its delimiter was quoted."""

    body: str
    literal: bool


@dataclass(frozen=True, slots=True)
class Function:
    """A function body and the source it was defined in."""

    body: Node
    source: bytes


@dataclass
class Frame:
    """The state of one shell; `fork` makes that of a subshell.

    `conditional` counts the branches around the current statement: an assignment in there adds an
    alternative. A command is examined once for each alternative (`pick`) of its variables; `width`
    is how many were seen.
    """

    cwd: str | None
    workspace: str
    source: bytes = b""
    variables: dict[str, tuple[Value, ...]] = field(default_factory=dict)
    functions: dict[str, Function] = field(default_factory=dict)
    uncalled: dict[str, Function] = field(default_factory=dict)
    aliases: dict[str, str] = field(default_factory=dict)
    files: dict[str, Stream] = field(default_factory=dict)
    heredocs: list[Heredoc] = field(default_factory=list)
    arguments: tuple[Word, ...] | None = None
    stdin: Stream = EMPTY
    piped: bool = False
    via: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    conditional: int = 0
    pick: int = 0
    width: int = 1

    def fork(self) -> Frame:
        """The frame of a subshell: it sees everything and changes nothing here but files."""
        return replace(
            self,
            variables=dict(self.variables),
            functions=dict(self.functions),
            aliases=dict(self.aliases),
        )

    def wrapped(self, name: str) -> Frame:
        """The frame in which a wrapper runs its command."""
        return replace(self, via=(*self.via, name))

    def assign(self, name: str, value: Value, *, append: bool = False) -> None:
        """Set a variable; inside a branch the former value stays possible."""
        before = self.variables.get(name, ())
        if append and before:
            value = _appended(before[-1], value)
        kept = before if self.conditional else ()
        alternatives = tuple(dict.fromkeys((*kept, value)))
        if len(alternatives) > MAX_ALTERNATIVES:
            alternatives = (*alternatives[: MAX_ALTERNATIVES - 1], (unknown(f"${{{name}}}"),))
        self.variables[name] = alternatives

    def offer(self, name: str, values: list[Word]) -> None:
        """Give a loop variable all the values it takes, one after the other."""
        offered: tuple[Value, ...] = tuple((word,) for word in dict.fromkeys(values))
        if len(offered) > MAX_ALTERNATIVES:
            traits = frozenset[str]().union(*(word.traits for word in values))
            rest = Word(hole(f"${{{name}}}"), glob=True, traits=traits)
            offered = (*offered[: MAX_ALTERNATIVES - 1], (rest,))
        self.variables[name] = offered or ((unknown(f"${{{name}}}"),),)

    def lookup(self, name: str) -> Value | None:
        """The value of a variable for the current pick; None when the script never set it."""
        alternatives = self.variables.get(name)
        if alternatives is not None:
            self.width = max(self.width, len(alternatives))
            return alternatives[min(self.pick, len(alternatives) - 1)]
        if name in {"@", "*"}:
            return self.arguments
        if name.isdigit() and name != "0":
            return self._argument(int(name[:4]))
        if name == "PWD":
            return None if self.cwd is None else (Word(self.cwd),)
        return (Word(KNOWN_VARIABLES[name]),) if name in KNOWN_VARIABLES else None

    def _argument(self, number: int) -> Value | None:
        if self.arguments is None:
            return None
        return self.arguments[number - 1 : number] or (Word(""),)


def _appended(before: Value, value: Value) -> Value:
    """`+=`: text to text, elements to an array."""
    if len(before) == 1 and len(value) == 1:
        left, right = before[0], value[0]
        traits = left.traits | right.traits
        return (Word(left.text + right.text, left.glob or right.glob, traits),)
    return (*before, *value)


def environment_variable(name: str) -> Word:
    """A variable the script did not set: unknown, and private when its name says so."""
    traits = ["private"] if SECRET_NAME.search(name) else []
    return unknown(f"${{{name}}}", traits)


class Shell(Protocol):
    """What words and commands need of the walker that knows statements."""

    trace: Trace

    def script(self, text: str, frame: Frame, stdin: Stream) -> Stream:
        """Walk a script in this frame; answers what it prints."""

    def block(self, node: Node, frame: Frame, stdin: Stream) -> Stream:
        """Walk the statements below a node."""

    def command(self, argv: list[Word], frame: Frame, stdin: Stream) -> Stream:
        """Examine one command after expansion."""

    def heredoc(self, body: str, frame: Frame) -> Stream:
        """The text of an unquoted here document, its expansions done."""
