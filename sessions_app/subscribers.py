"""What sessions owe to others: counting who uses a server or a secret, letting go of secrets whose
attacher lost the right to them, a report when the run of a task's execution ends."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from django.db.models import Count, Q

from identity.public import counts_secrets, runtimes_known
from kernel.actors import SystemActor
from kernel.events import Delivered, listen
from marketplace.public import counts_usage
from sessions_app.enums import RuntimeName
from sessions_app.models import SessionSecret, SessionServer, TaskExecution
from sessions_app.selectors.secrets import sessions_using, stands
from sessions_app.services import executions
from sessions_app.services.secrets import withdraw_secret

counts_secrets("sessions")(sessions_using)
runtimes_known(RuntimeName.values)


@counts_usage
def sessions_with(server_ids: list[UUID]) -> Mapping[UUID, int]:
    """Sessions, not in the trash, that may call each server."""
    rows = SessionServer.objects.filter(server_id__in=server_ids, session__trashed_at=None)
    return dict(rows.values_list("server_id").annotate(Count("pk")))


@listen("sessions.run_finished", key="sessions.executions")
def end_execution(fact: Delivered) -> None:
    """Most runs answer no task; the verb does nothing the second time."""
    execution = TaskExecution.objects.filter(run_id=fact.data["run_id"]).first()
    if execution is not None:
        executions.end_execution(SystemActor("pump"), execution)


@listen(
    "identity.account_deactivated",
    "identity.member_left",
    "identity.member_role_changed",
    "identity.project_deleted",
    "identity.project_member_removed",
    "identity.secret_changed",
    "identity.secret_deleted",
    "identity.team_deleted",
    "identity.team_member_removed",
    "sessions.session_shared",
    "sessions.session_transferred",
    "sessions.share_revoked",
    key="sessions.secrets",
)
def let_go_of_secrets(fact: Delivered) -> None:
    """Somebody may have lost the right to a secret they attached; runs ask for themselves."""
    people = _key(fact.data.get("subject_id"))
    touched = {fact.target_id, people, _key(fact.data.get("user_id"))} - {None}
    rows = SessionSecret.objects.filter(
        Q(secret=None)
        | Q(secret__project__in=touched)
        | Q(session__in=touched)
        | Q(attached_by__in=touched)
        | Q(secret__in=touched)
    )
    for row in rows.select_related("session", "secret", "attached_by"):
        if not stands(row):
            withdraw_secret(SystemActor("keeper"), row.session, attachment_id=row.pk)


def _key(value: object) -> UUID | None:
    return UUID(value) if isinstance(value, str) else None
