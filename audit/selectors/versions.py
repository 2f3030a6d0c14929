"""What an entry's deed changed: the versions of configuration made in the same transaction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.apps.registry import Apps

from audit.models import LedgerEntry
from kernel.actors import Actor
from kernel.history import DeedLinked, linked_models
from kernel.policies import visible_to


@dataclass(frozen=True)
class Change:
    """One field before and after; None stands for "was not there"."""

    model: str
    object_id: str
    field: str
    old: str | None
    new: str | None


def changes_of(entry: LedgerEntry, registry: Apps = apps) -> list[Change]:
    """Field by field what the deed did to configuration that keeps a history."""
    return [
        change
        for model in linked_models(registry)
        for version in _versions(model, entry)
        for change in _diff(version)
    ]


def entry_of(viewer: Actor, version: DeedLinked) -> LedgerEntry | None:
    """The first entry of the deed that made this version."""
    rows = visible_to(LedgerEntry, viewer).filter(correlation_id=version.correlation_id)
    made = (row for row in rows.order_by("number") if row.xid == version.xid)
    return next(made, None)


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


def _diff(version: Any) -> Iterator[Change]:
    kind, meta = version.history_type, version.instance_type._meta
    before = {"+": None, "~": version.prev_record, "-": version}[kind]
    after = None if kind == "-" else version
    object_id = str(getattr(version, meta.pk.attname))
    for field in version.tracked_fields:
        old, new = (_text(getattr(one, field.attname, None)) for one in (before, after))
        if old != new:
            yield Change(meta.label_lower, object_id, field.name, old, new)


def _text(value: Any) -> str | None:
    return None if value is None else str(value)
