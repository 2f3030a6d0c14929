"""What the ledger knows of backups. No row of ours changes, so none of this is a verb: the
launcher did the work, these are its facts, each in a transaction of its own."""

from __future__ import annotations

from uuid import UUID

from django.db import transaction

from kernel.actions import call
from kernel.actors import SystemActor
from kernel.context import entered
from kernel.events import publish
from operations.events import BackupMade, BackupRestored
from sessions_app.public import RESTORED, runs_under_way

OPERATOR = SystemActor("operator")


def record_backup(backup_id: UUID, size: int) -> None:
    """A backup is whole and has its name."""
    with entered(actor=OPERATOR, verb="operations.backup"), transaction.atomic():
        publish(BackupMade(organization_id=None, target_id=backup_id, size=size))


def settle_restored(backup_id: UUID) -> int:
    """End what was under way when the backup was made, before anything may start."""
    with entered(actor=OPERATOR, verb="operations.restore"):
        ended = 0
        for run in runs_under_way():
            given = {"run_id": run.pk, "epoch": run.epoch, "code": RESTORED}
            call("runs.give_up", OPERATOR, run.session, **given)
            ended += 1
        with transaction.atomic():
            publish(BackupRestored(organization_id=None, target_id=backup_id, turns_ended=ended))
    return ended
