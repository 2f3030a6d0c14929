"""A copy of an installation that is only tried: nothing of the original may go on in it."""

from __future__ import annotations

import secrets

from django_celery_beat.models import PeriodicTask

from identity.public import TokenSpec, User
from kernel import clock
from kernel.actions import call
from kernel.actors import SystemActor
from kernel.models import Job, ScheduleRow

REHEARSAL = SystemActor("rehearsal")


def silence() -> None:
    """End every job and schedule of the copy: its agents belong to the original."""
    Job.objects.filter(finished_at=None).update(finished_at=clock.now())
    ScheduleRow.objects.update(enabled=False)
    PeriodicTask.objects.update(enabled=False)


def stranger() -> str:
    """An account in an organization of its own; returns a token that acts for it."""
    name = f"rehearsal-{secrets.token_hex(4)}"
    user: User = call("identity.create_account", REHEARSAL, User(username=name))
    tenant = call("identity.create_organization", REHEARSAL, user, name=name, slug=name)
    spec = TokenSpec(name="rehearsal", organization_id=tenant.pk)
    text: str = call("identity.create_token", user, user, spec=spec).text
    return text
