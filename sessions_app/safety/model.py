"""The words of the danger analysis: a call, its verdict, and its anatomy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import Any

NOTHING: Mapping[str, Any] = MappingProxyType({})


class Danger(StrEnum):
    """How much a call asks of the people who answer for it; compares by severity."""

    NONE = "none"
    CAUTION = "caution"
    DANGEROUS = "dangerous"

    @property
    def rank(self) -> int:
        """0, 1 or 2: the severity as a number."""
        return ("none", "caution", "dangerous").index(self.value)

    def __lt__(self, other: str) -> bool:
        """Less severe; by severity, not by spelling."""
        return self.rank < Danger(other).rank

    def __le__(self, other: str) -> bool:
        """At most as severe."""
        return self.rank <= Danger(other).rank

    def __gt__(self, other: str) -> bool:
        """More severe."""
        return self.rank > Danger(other).rank

    def __ge__(self, other: str) -> bool:
        """At least as severe."""
        return self.rank >= Danger(other).rank


class Reach(StrEnum):
    """How far the harm goes; ordered from near to far by `REACH_ORDER`."""

    FILE = "named files of the workspace"
    WORKSPACE = "an open part of the workspace"
    SESSION = "what this session runs and fetches"
    HOME = "files outside the workspace"
    MACHINE = "this whole machine"
    SHARED = "other machines or services that people share"
    PRIVATE = "credentials or private content"


REACH_ORDER = tuple(Reach)


@dataclass(frozen=True, kw_only=True, slots=True)
class Call:
    """One tool call as the broker received it.

    `annotations` are the MCP tool annotations where the tool has them. `workspace` is the path the
    call sees as its working directory; `cwd` is where it starts, when that is another directory.
    """

    tool: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    annotations: Mapping[str, Any] = field(default_factory=dict)
    workspace: str = "/workspace"
    cwd: str = ""


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a call is not harmless: a stable code for rules and figures, a sentence for people."""

    code: str
    text: str


@dataclass(frozen=True, slots=True)
class Target:
    """What would be touched: `kind` is path, device, host, ref, resource, process and so on."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One observation of a rule, before all of them are summed up in a verdict."""

    danger: Danger
    reason: Reason
    reach: Reach = Reach.SESSION
    targets: tuple[Target, ...] = ()
    safer: str | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the broker, the approval card and the ledger need to know of a call's danger."""

    danger: Danger
    reasons: tuple[Reason, ...] = ()
    targets: tuple[Target, ...] = ()
    blast_radius: str = ""
    safer: str | None = None


@dataclass(frozen=True, slots=True)
class Program:
    """One program a call would start, after unwrapping.

    `name` is the base name ("rm"), `via` the wrappers it was found in, outermost first. A part of
    an argument that is known only at run time reads `${NAME}`, `$(…)` or `$stdin`; `known` is
    False when the name itself has such a part.
    """

    name: str
    argv: tuple[str, ...]
    via: tuple[str, ...] = ()
    known: bool = True


@dataclass(frozen=True, slots=True)
class Anatomy:
    """What a call would start, touch and reach, as far as its text tells.

    Paths are absolute where the working directory is known; `~` stands for the home directory.
    `complete` is False when something could not be read: a policy may then use its deny rules on
    what is here, and must not use its allow rules.
    """

    programs: tuple[Program, ...] = ()
    reads: tuple[str, ...] = ()
    writes: tuple[str, ...] = ()
    deletes: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    complete: bool = True
