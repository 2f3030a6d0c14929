"""Data as the version before this one left them: every app without its newest migration."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.executor import MigrationExecutor

from kernel.management.commands.migrate import GRANTS
from launcher.arguments import ROOT
from launcher.schema import packages

PEOPLE = 40


def targets() -> list[tuple[str, str | None]]:
    """The last migration of every app but the newest of ours that have an older one."""
    loader = MigrationExecutor(connection).loader
    found: list[tuple[str, str | None]] = []
    for app, name in loader.graph.leaf_nodes():
        older = [key for key in loader.graph.forwards_plan((app, name)) if key[0] == app][:-1]
        ours = app in packages(ROOT)
        found.append(older[-1] if ours and older else (app, name))
    return found


def make_older() -> list[tuple[str, str | None]]:
    """Migrate an empty database as far as the former version, and fill it with people."""
    wanted = targets()
    with connection.cursor() as cursor:
        cursor.execute(GRANTS.format(role=settings.RUNTIME_ROLE))
    state = MigrationExecutor(connection).migrate(wanted)
    _populate(state.apps)
    return wanted


def _populate(old: Any) -> None:
    """Through the models as they were."""
    user, organization = (
        old.get_model("identity", "User"),
        old.get_model("identity", "Organization"),
    )
    membership = old.get_model("identity", "Membership")
    for number in range(PEOPLE):
        owner = user.objects.create(username=f"person-{number}", email=f"p{number}@example.org")
        tenant = organization.objects.create(slug=f"tenant-{number}", name=f"Tenant {number}")
        membership.objects.create(user=owner, organization=tenant, role="owner")
