"""Writing grants: plain functions that the verbs of upper apps (share, revoke, hand over) call
inside their own transaction; policy and fact are the calling verb's."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.contrib.auth.models import Permission
from django.db.models import Model, Q

from identity.models import Team, TeamGrant, User, UserGrant
from identity.policies.grants import grant_tables, shared_models


def grant(
    shared: Model,
    subject: User | Team,
    role: str,
    *,
    granted_by_id: UUID | None,
    expires_at: datetime | None = None,
) -> UserGrant | TeamGrant:
    """Give a person or a team one role on an object; an earlier role of theirs is replaced."""
    user_grants, team_grants = grant_tables(type(shared))
    code = f"{shared._meta.model_name}_{role}"
    permission = Permission.objects.get(
        content_type__app_label=shared._meta.app_label, codename=code
    )
    given = {"permission": permission, "granted_by_id": granted_by_id, "expires_at": expires_at}
    row: UserGrant | TeamGrant
    if isinstance(subject, Team):
        row, _made = team_grants._default_manager.update_or_create(
            content_object=shared, group_id=subject.group_id, defaults=given
        )
        return row
    row, _made = user_grants._default_manager.update_or_create(
        content_object=shared, user=subject, defaults=given
    )
    return row


def revoke(shared: Model, subject: User | Team) -> bool:
    """Take a person's or a team's role on an object away; False when there was none."""
    user_grants, team_grants = grant_tables(type(shared))
    if isinstance(subject, Team):
        rows = team_grants._default_manager.filter(group_id=subject.group_id)
    else:
        rows = user_grants._default_manager.filter(user=subject)
    deleted, _per_model = rows.filter(content_object=shared).delete()
    return bool(deleted)


def revoke_all(user: User, organization_id: UUID) -> int:
    """Take every grant of somebody who leaves an organization; returns how many there were."""
    total = 0
    for model in shared_models():
        user_grants, _team_grants = grant_tables(model)
        mine = Q(user=user, content_object__organization_id=organization_id)
        deleted, _per_model = user_grants._default_manager.filter(mine).delete()
        total += deleted
    return total
