"""A command about to be examined: its words, where it would run, and what it is fed."""

from __future__ import annotations

import posixpath
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from sessions_app.safety.effects import Use, use
from sessions_app.safety.frame.state import Frame, Shell
from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.paths import Place, place
from sessions_app.safety.text import show
from sessions_app.safety.values.streams import Stream
from sessions_app.safety.values.words import Word


@dataclass(frozen=True)
class Start:
    """One command after expansion, with the shell that can walk what it starts in turn."""

    shell: Shell
    argv: list[Word]
    frame: Frame
    stdin: Stream

    @cached_property
    def name(self) -> str:
        """The base name of the program."""
        return base_name(self.argv[0].text)

    @property
    def arguments(self) -> list[Word]:
        """Everything after the program."""
        return self.argv[1:]

    def texts(self) -> list[str]:
        """The texts of the arguments."""
        return [word.text for word in self.argv[1:]]

    def place(self, word: Word) -> Place:
        """Where a file argument lies."""
        return place(word, self.frame.cwd, self.frame.workspace)

    def use(self, kind: Use, word: Word) -> None:
        """Note and judge what happens to a file argument."""
        use(self.shell.trace, kind, self.place(word))

    def note(self, danger: Danger, code: str, text: str, reach: Reach = Reach.SESSION) -> None:
        """Add a finding about this command."""
        target = (Target("command", " ".join(show(word.text) for word in self.argv)[:200]),)
        self.shell.trace.add(Finding(danger, Reason(code, text), reach, target))

    def run(self, argv: list[Word], stdin: Stream | None = None) -> Stream:
        """Examine the command this one wraps."""
        frame = self.frame.wrapped(self.name)
        return self.shell.command(argv, frame, self.stdin if stdin is None else stdin)

    def script(self, text: str, arguments: list[Word] | None = None) -> Stream:
        """Walk a script this command would run in a shell of its own."""
        frame = self.frame.fork().wrapped(self.name)
        given = frame.arguments if arguments is None else tuple(arguments)
        return self.shell.script(text, replace(frame, arguments=given), self.stdin)


Runner = Callable[[Start], Stream]


def base_name(text: str) -> str:
    """The name of a program without its directory; lower case, for no program differs by case."""
    return posixpath.basename(text.rstrip("/")).removesuffix(".exe")


def joined(words_: list[Word]) -> str:
    """Arguments as one script, the way ssh and eval join them."""
    return " ".join(word.text for word in words_)
