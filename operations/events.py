"""What operators do to the installation, in the past tense."""

from __future__ import annotations

from dataclasses import dataclass

from kernel.events import Fact, Private


@dataclass(frozen=True, kw_only=True)
class PeriodicTaskCreated(Fact):
    """An operator planned a duty."""

    target_type: str = "periodictask"
    task_id: int
    duty: str
    title: Private


@dataclass(frozen=True, kw_only=True)
class PeriodicTaskChanged(Fact):
    """An operator changed a plan."""

    target_type: str = "periodictask"
    task_id: int
    duty: str
    enabled: bool


@dataclass(frozen=True, kw_only=True)
class PeriodicTaskDeleted(Fact):
    """An operator ended a plan."""

    target_type: str = "periodictask"
    task_id: int
