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


@dataclass(frozen=True, kw_only=True)
class BackupMade(Fact):
    """Database, files and keys of one moment were written to a place of the operator's choice."""

    target_type: str = "backup"
    size: int


@dataclass(frozen=True, kw_only=True)
class BackupRestored(Fact):
    """This installation came out of a backup; turns that were under way in it have ended."""

    target_type: str = "backup"
    turns_ended: int
