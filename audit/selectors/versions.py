"""Versions of configuration and the entries of the deeds that made them, each from the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any
from uuid import UUID

from django.apps import apps
from django.apps.registry import Apps

from audit.models import LedgerEntry
from kernel.actors import Actor
from kernel.history import DeedLinked, linked_models
from kernel.policies import visible_to

_MOST = 100


@dataclass(frozen=True)
class Change:
    """One field before and after; None stands for "was not there"."""

    model: str
    object_id: str
    field: str
    old: str | None
    new: str | None


@dataclass(frozen=True)
class Version:
    """One version: when, what it changed, and the entry of its deed while the ledger keeps it."""

    at: datetime
    kind: str
    changes: list[Change]
    entry: LedgerEntry | None


def changes_of(entry: LedgerEntry, registry: Apps = apps) -> list[Change]:
    """Field by field what the deed did to configuration that keeps a history."""
    return [
        change
        for model in linked_models(registry)
        for version in _versions(model, entry)
        for change in _diff(version, version.prev_record if version.history_type == "~" else None)
    ]


def versions_of(viewer: Actor, tenant: UUID, label: str, object_id: UUID) -> list[Version]:
    """The versions of one object of a tenant, newest first, at most a hundred; two queries."""
    model: Any = next((m for m in linked_models() if _label(m) == label), None)
    if model is None:
        return []
    rows: list[Any] = list(
        model._base_manager.filter(id=object_id).order_by("-history_date", "-pk")[: _MOST + 1]
    )
    rows = [row for row in rows if _tenant_of(row) == tenant]
    entries = _entries(viewer, rows)
    return [
        Version(
            row.history_date,
            row.get_history_type_display(),
            list(_diff(row, earlier)),
            entries.get((row.correlation_id, row.xid)),
        )
        for row, earlier in pairwise([*rows, None])
    ][:_MOST]


def entry_of(viewer: Actor, version: DeedLinked) -> LedgerEntry | None:
    """The first entry of the deed that made this version."""
    rows = visible_to(LedgerEntry, viewer).filter(correlation_id=version.correlation_id)
    made = (row for row in rows.order_by("number") if row.xid == version.xid)
    return next(made, None)


def _entries(viewer: Actor, rows: list[Any]) -> dict[tuple[UUID | None, int], LedgerEntry]:
    """The first entry of each deed, by chain and transaction."""
    chains = {row.correlation_id for row in rows}
    found = visible_to(LedgerEntry, viewer).filter(correlation_id__in=chains)
    return {(one.correlation_id, one.xid): one for one in found.order_by("-number")}


def _label(model: Any) -> str:
    return str(model.instance_type._meta.label_lower)


def _versions(model: type[DeedLinked], entry: LedgerEntry) -> Iterator[Any]:
    """Not those of another tenant, should one deed ever touch two."""
    if entry.correlation_id is None:
        return
    rows = model._base_manager.filter(correlation_id=entry.correlation_id, xid=entry.xid)
    for row in rows.order_by("pk"):
        if _tenant_of(row) in {None, entry.organization_id}:
            yield row


def _tenant_of(version: Any) -> Any:
    """Whose configuration it is, by its column or, as with an organization itself, its rule."""
    if hasattr(version, "organization_id"):
        return version.organization_id
    return getattr(version.instance, "organization_id", None)


def _diff(version: Any, earlier: Any) -> Iterator[Change]:
    kind, meta = version.history_type, version.instance_type._meta
    before = {"+": None, "~": earlier, "-": version}[kind]
    after = None if kind == "-" else version
    object_id = str(getattr(version, meta.pk.attname))
    for field in version.tracked_fields:
        old, new = (_text(getattr(one, field.attname, None)) for one in (before, after))
        if old != new:
            yield Change(meta.label_lower, object_id, field.name, old, new)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
