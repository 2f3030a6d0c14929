"""One program with its command line taken apart: flags as a set, values, operands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sessions_app.safety.values.streams import EMPTY, Stream
from sessions_app.safety.values.words import Word


@dataclass(frozen=True)
class Grammar:
    """How a program reads its command line.

    `leading` are options with a value that stand before the subcommand, `values` those after it.
    `words`: long options start with one dash and are never bundles (find, terraform, go).
    """

    values: frozenset[str] = frozenset()
    leading: frozenset[str] = frozenset()
    words: bool = False


PLAIN = Grammar()


def grammar(values: str = "", *, leading: str = "", words: bool = False) -> Grammar:
    """A grammar from space-separated option names without their dashes."""
    return Grammar(frozenset(values.split()), frozenset(leading.split()), words)


@dataclass
class Invocation:
    """One program with its arguments taken apart: a set of flags, their values, the operands."""

    program: str
    argv: list[Word]
    grammar: Grammar = PLAIN
    stdin: Stream = EMPTY
    piped: bool = False
    flags: set[str] = field(default_factory=set)
    long_flags: set[str] = field(default_factory=set)
    values: dict[str, list[Word]] = field(default_factory=dict)
    operands: list[Word] = field(default_factory=list)

    def __post_init__(self) -> None:
        """Take the arguments apart once."""
        waiting = iter(self.argv[1:])
        for word in waiting:
            text = word.text
            if text == "--":
                self.operands.extend(waiting)
            elif text.startswith("-") and len(text) > 1:
                self._option(word, waiting)
            else:
                self.operands.append(word)

    def _option(self, word: Word, rest: Iterator[Word]) -> None:
        text = word.text
        name, equals, value = text.lstrip("-").partition("=")
        if text.startswith("--") or self.grammar.words:
            self.flags.add(name)
            self.long_flags.add(name)
            if equals:
                self._value(name, Word(value, word.glob, word.traits))
            elif self._takes_value(name):
                self._next(name, rest)
        else:
            self._bundle(text[1:], word, rest)

    def _bundle(self, letters: str, word: Word, rest: Iterator[Word]) -> None:
        """`-rf`, `-n5`, `-o out`: one letter after the other until one takes a value."""
        self.flags.add(letters)
        for index, letter in enumerate(letters):
            self.flags.add(letter)
            if self._takes_value(letter):
                tail = letters[index + 1 :]
                if tail:
                    self._value(letter, Word(tail.removeprefix("="), word.glob, word.traits))
                else:
                    self._next(letter, rest)
                return

    def _takes_value(self, name: str) -> bool:
        if self.operands:
            return name in self.grammar.values
        return name in self.grammar.leading or (
            name in self.grammar.values and not self.grammar.leading
        )

    def _next(self, name: str, rest: Iterator[Word]) -> None:
        word = next(rest, None)
        if word is not None:
            self._value(name, word)

    def _value(self, name: str, word: Word) -> None:
        self.values.setdefault(name, []).append(word)

    def has(self, *names: str) -> bool:
        """Whether one of the flags is given; a long one also abbreviated, as getopt allows."""
        return any(name in self.flags or self._abbreviated(name) for name in names)

    def _abbreviated(self, name: str) -> bool:
        if len(name) < 3 or self.grammar.words:
            return False
        return any(given and name.startswith(given) for given in self.long_flags)

    def value(self, *names: str) -> Word | None:
        """The last value given to one of these options."""
        given = [word for name in names for word in self.values.get(name, ())]
        return given[-1] if given else None

    def sub(self, index: int = 0) -> str:
        """The text of an operand, empty when there are fewer."""
        return self.operands[index].text if index < len(self.operands) else ""

    def texts(self) -> list[str]:
        """The texts of all operands."""
        return [word.text for word in self.operands]
