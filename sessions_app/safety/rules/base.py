"""The form of a rule: a condition over an invocation, and what it means when it holds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import TypedDict, Unpack

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.shell.streams import EMPTY, Stream
from sessions_app.safety.shell.words import Word
from sessions_app.safety.text import show

NONE, CAUTION, DANGEROUS = Danger.NONE, Danger.CAUTION, Danger.DANGEROUS


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


Test = Callable[[Invocation], bool]


@dataclass(frozen=True)
class Condition:
    """A test of an invocation that combines with `&`, `|` and `~`."""

    test: Test

    def __call__(self, call: Invocation) -> bool:
        """Whether the invocation meets the condition."""
        return self.test(call)

    def __and__(self, other: Condition) -> Condition:
        """Both hold."""
        return Condition(lambda call: self.test(call) and other.test(call))

    def __or__(self, other: Condition) -> Condition:
        """One of them holds."""
        return Condition(lambda call: self.test(call) or other.test(call))

    def __invert__(self) -> Condition:
        """It does not hold."""
        return Condition(lambda call: not self.test(call))


ALWAYS = Condition(lambda _call: True)
OTHERWISE = Condition(lambda _call: False)
"""Marks rules that hold only where no other does."""


def flag(names: str) -> Condition:
    """One of the flags is given, bundled or abbreviated or not."""
    wanted = names.split()
    return Condition(lambda call: call.has(*wanted))


def exact(names: str) -> Condition:
    """One of the flags is given as it is spelled: for flags that make a call harmless."""
    wanted = frozenset(names.split())
    return Condition(lambda call: not wanted.isdisjoint(call.flags))


def sub(*patterns: str) -> Condition:
    """The first operands match these patterns; a pattern may hold alternatives: `get|list`."""
    split = [pattern.split("|") for pattern in patterns]

    def test(call: Invocation) -> bool:
        return len(call.operands) >= len(split) and all(
            any(fnmatchcase(word.text, one) for one in alternatives)
            for word, alternatives in zip(call.operands, split, strict=False)
        )

    return Condition(test)


def word(patterns: str, start: int = 0) -> Condition:
    """One of the operands from `start` on matches one of the patterns."""
    wanted = patterns.split()
    return Condition(
        lambda call: any(
            fnmatchcase(each.text, one) for each in call.operands[start:] for one in wanted
        )
    )


def literally(texts: str, start: int = 0) -> Condition:
    """One of the operands from `start` on is one of these texts, pattern signs and all."""
    wanted = frozenset(texts.split())
    return Condition(lambda call: any(each.text in wanted for each in call.operands[start:]))


def raw(patterns: str) -> Condition:
    """One of all arguments, options included, matches one of the patterns."""
    wanted = patterns.split()
    return Condition(
        lambda call: any(fnmatchcase(each.text, one) for each in call.argv[1:] for one in wanted)
    )


def value(names: str, patterns: str) -> Condition:
    """An option's value matches one of the patterns."""
    wanted, forms = names.split(), patterns.split()

    def test(call: Invocation) -> bool:
        given = [each for name in wanted for each in call.values.get(name, ())]
        return any(fnmatchcase(each.text, form) for each in given for form in forms)

    return Condition(test)


def operands(at_least: int, at_most: int = 10_000) -> Condition:
    """The number of operands lies in this range."""
    return Condition(lambda call: at_least <= len(call.operands) <= at_most)


ALONE = Condition(lambda call: len(call.argv) == 1)
HELP = Condition(
    lambda call: (
        len(call.argv) > 1
        and bool({"--help", "--version"} & {call.argv[1].text, call.argv[-1].text})
    )
)

Targets = Callable[[Invocation], tuple[Target, ...]]


def no_targets(_call: Invocation) -> tuple[Target, ...]:
    """The reason says all there is."""
    return ()


def named_targets(kind: str, start: int = 1) -> Targets:
    """The operands from `start` on are what is touched."""

    def targets(call: Invocation) -> tuple[Target, ...]:
        return tuple(Target(kind, show(each.text)) for each in call.operands[start : start + 20])

    return targets


@dataclass(frozen=True, kw_only=True)
class Rule:
    """One observation about one program, as data."""

    code: str
    programs: frozenset[str]
    danger: Danger
    when: Condition
    text: str = ""
    reach: Reach = Reach.SESSION
    targets: Targets = no_targets
    safer: str | None = None

    def finding(self, call: Invocation) -> Finding | None:
        """What the rule has to say of an invocation, or None when it does not hold."""
        return self.said(call) if self.when(call) else None

    def said(self, call: Invocation) -> Finding:
        """The finding itself."""
        reason = Reason(self.code, self.text)
        return Finding(self.danger, reason, self.reach, self.targets(call), self.safer)


class More(TypedDict, total=False):
    """What a rule may say beside its condition; see `Rule`."""

    text: str
    reach: Reach
    targets: Targets
    safer: str


Check = Callable[[Invocation], list[Finding]]


@dataclass
class Concern:
    """The rules of one file: grammars of programs and rules over them, in order.

    The worst rule that holds decides; a harmless rule says that the call is known. A program of
    the concern about which no rule says anything is a matter for caution, unless it is in `tame`:
    then what no rule names is harmless. `checks` are for what no condition can say.
    """

    name: str
    reach: Reach
    grammars: dict[str, Grammar] = field(default_factory=dict)
    rules: list[Rule] = field(default_factory=list)
    tame: set[str] = field(default_factory=set)
    checks: dict[str, Check] = field(default_factory=dict)

    def _rule(self, danger: Danger, code: str, programs: str, when: Condition, more: More) -> None:
        names = frozenset(programs.split())
        given: More = {"reach": self.reach, **more}
        rule = Rule(code=f"{self.name}.{code}", programs=names, danger=danger, when=when, **given)
        self.rules.append(rule)

    def dangerous(self, code: str, programs: str, when: Condition, **more: Unpack[More]) -> None:
        """Say that a call cannot be taken back, or gives trust away."""
        self._rule(DANGEROUS, code, programs, when, more)

    def caution(self, code: str, programs: str, when: Condition, **more: Unpack[More]) -> None:
        """Say that a call is worth a look."""
        self._rule(CAUTION, code, programs, when, more)

    def otherwise(self, code: str, programs: str, **more: Unpack[More]) -> None:
        """Say what a call is worth when no other rule speaks of it."""
        self._rule(CAUTION, code, programs, OTHERWISE, more)

    def harmless(self, programs: str, when: Condition = ALWAYS) -> None:
        """Say that a call is known and harmless."""
        self._rule(NONE, "harmless", programs, when, {})

    def reads(self, programs: str, given: Grammar) -> None:
        """Say how these programs read their command line."""
        for name in programs.split():
            self.grammars[name] = given

    def checked(self, programs: str, check: Check) -> None:
        """Add a check in code for these programs."""
        for name in programs.split():
            self.checks[name] = check
