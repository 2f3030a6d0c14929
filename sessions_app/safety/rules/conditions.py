"""Conditions over an invocation, small enough to be read as data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fnmatch import fnmatchcase

from sessions_app.safety.rules.invocation import Invocation

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
