"""The form of a rule: a condition over an invocation, and what it means when it holds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypedDict, Unpack

from sessions_app.safety.model import Danger, Finding, Reach, Reason, Target
from sessions_app.safety.rules.conditions import ALWAYS, OTHERWISE, Condition
from sessions_app.safety.rules.invocation import Grammar, Invocation
from sessions_app.safety.text import show

NONE, CAUTION, DANGEROUS = Danger.NONE, Danger.CAUTION, Danger.DANGEROUS


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
