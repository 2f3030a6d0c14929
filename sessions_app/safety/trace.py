"""The notebook of one analysis: findings, programs, paths and hosts, within a budget of work."""

from __future__ import annotations

import gc
import time

from sessions_app.safety.model import (
    REACH_ORDER,
    Anatomy,
    Danger,
    Finding,
    Program,
    Reach,
    Reason,
    Target,
    Verdict,
)

MAX_COMMANDS = 500
"""Commands examined in one call; a script of some 20 KB."""
MAX_DEPTH = 40
"""Nested statements, substitutions and scripts within scripts."""
MAX_SECONDS = 0.15
"""CPU time of this thread for one analysis: a safety net, a thousand usual commands wide."""
MAX_PARSE_SECONDS = 0.05
"""CPU time for parsing one script: error recovery can grow with the square of hostile text."""
SHOWN_TARGETS = 4

EXHAUSTED = Finding(
    Danger.DANGEROUS,
    Reason("analysis.exhausted", "The text is too large or too tangled to be examined in full."),
    Reach.MACHINE,
    safer="Split the work into several short calls.",
)


class BudgetExceededError(Exception):
    """The analysis would take more work than one call may ask for."""


class Trace:
    """Collects what the walkers see; the same trace yields the verdict and the anatomy."""

    def __init__(self) -> None:
        self.findings: dict[tuple[str, str], Finding] = {}
        self.programs: list[Program] = []
        self.paths: dict[str, dict[str, None]] = {"read": {}, "write": {}, "delete": {}}
        self.hosts: dict[str, None] = {}
        self.complete = True
        self.depth = 0
        self.ceiling = Danger.DANGEROUS
        self._commands = 0
        self._deadline = time.thread_time() + MAX_SECONDS
        self._collections = _full_collections()

    def spend(self) -> None:
        """Count one command; raises `BudgetExceededError` when there were too many."""
        self._commands += 1
        if self._commands > MAX_COMMANDS or self.seconds_left() <= 0:
            raise BudgetExceededError

    def keep_time(self, share: float = 0.0) -> None:
        """Raise `BudgetExceededError` when less than this share of the time is left."""
        if self.seconds_left() <= share * MAX_SECONDS:
            raise BudgetExceededError

    def seconds_left(self) -> float:
        """CPU seconds this analysis may still take; negative when it took too long.

        A full garbage collection of the process is no fault of the call: it gives more time.
        """
        left = self._deadline - time.thread_time()
        if left <= 0 and _full_collections() != self._collections:
            self._collections = _full_collections()
            self._deadline = time.thread_time() + MAX_SECONDS
            return MAX_SECONDS
        return left

    def deeper(self) -> None:
        """Enter one level of nesting; raises `BudgetExceededError` when it is too deep."""
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise BudgetExceededError

    def add(self, finding: Finding) -> None:
        """Note a finding, keeping the most severe of those with the same code and targets."""
        if finding.danger > self.ceiling:
            finding = Finding(self.ceiling, finding.reason, finding.reach, finding.targets)
        key = (finding.reason.code, repr(finding.targets))
        known = self.findings.get(key)
        if known is None or known.danger < finding.danger:
            self.findings[key] = finding

    def path(self, use: str, value: str) -> None:
        """Note a path as read, written or deleted."""
        self.paths[use][value] = None

    def worst(self) -> Danger:
        """The most severe danger noted so far."""
        return max((f.danger for f in self.findings.values()), default=Danger.NONE)

    def verdict(self) -> Verdict:
        """Sum up all findings: the worst decides, its suggestion is the one shown."""
        found = sorted(
            (f for f in self.findings.values() if f.danger > Danger.NONE),
            key=lambda f: -f.danger.rank,
        )
        if not found:
            return Verdict(Danger.NONE)
        worst = [f for f in found if f.danger is found[0].danger]
        return Verdict(
            danger=found[0].danger,
            reasons=tuple(dict.fromkeys(f.reason for f in found)),
            targets=tuple(dict.fromkeys(t for f in found for t in f.targets)),
            blast_radius=_blast_radius(worst),
            safer=next((f.safer for f in worst if f.safer), None),
        )

    def anatomy(self) -> Anatomy:
        """What was seen, in order of appearance and without repetition."""
        return Anatomy(
            programs=tuple(dict.fromkeys(self.programs)),
            reads=tuple(self.paths["read"]),
            writes=tuple(self.paths["write"]),
            deletes=tuple(self.paths["delete"]),
            hosts=tuple(self.hosts),
            complete=self.complete,
        )


def _full_collections() -> int:
    """How many full garbage collections the process has seen."""
    return int(gc.get_stats()[2]["collections"])


def _blast_radius(worst: list[Finding]) -> str:
    """The farthest reach of the worst findings, with the first few things it would touch."""
    reach = max((f.reach for f in worst), key=REACH_ORDER.index)
    touched: dict[Target, None] = dict.fromkeys(t for f in worst for t in f.targets)
    shown = ", ".join(t.value for t in list(touched)[:SHOWN_TARGETS])
    more = len(touched) - SHOWN_TARGETS
    tail = f" and {more} more" if more > 0 else ""
    return f"{reach}: {shown}{tail}" if shown else str(reach)
