"""The secrets of a session: which still stand, and what must be masked because of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from identity.engine.secrets import hidden
from identity.enums import SecretGrant
from identity.public import Secret, User, opened
from kernel.policies import policy_of, visible_to
from kernel.redaction import Redactor
from sessions_app.models import AgentSession, SessionSecret
from sessions_app.policies import access


def attached_to(session: AgentSession) -> QuerySet[SessionSecret]:
    """The secrets of a session in the order of their names."""
    rows = SessionSecret.objects.filter(session=session)
    return rows.select_related("secret", "attached_by", "session").order_by("name")


def stands(row: SessionSecret) -> bool:
    """Whether whoever attached it may still use it, and still works in the session."""
    secret = row.secret
    if secret is None or SecretGrant.SESSIONS not in secret.granted_to:
        return False
    if secret.project_id is not None and secret.project_id != row.session.project_id:
        return False
    may_use = policy_of(Secret).allows(row.attached_by, "identity.use_secret", secret)
    return may_use and access.has_role(row.attached_by, row.session, "editor")


def standing(session: AgentSession) -> list[SessionSecret]:
    """Those a run may have now, in the order of their secrets' keys, so that locks have one."""
    return sorted((row for row in attached_to(session) if stands(row)), key=_secret_key)


def attachable(actor: User, session: AgentSession, most: int) -> Sequence[Secret]:
    """What this person could attach."""
    here = Q(project=None) | Q(project=session.project_id)
    rows = visible_to(Secret, actor).filter(
        here,
        organization_id=session.organization_id,
        granted_to__contains=[SecretGrant.SESSIONS.value],
    )
    taken = session.secrets.exclude(secret=None).values("secret_id")
    return list(rows.exclude(pk__in=taken).order_by("name")[:most])


def redactor_of(session: AgentSession, *more: str) -> Redactor:
    """Masks the session's stored secrets, and `more`, in what people are shown of its files. What
    a vault gave to a run is not known here."""
    masks = list(more)
    for row in attached_to(session):
        if row.secret is not None:
            masks += hidden(row.secret.type, opened(row.secret))
    return Redactor(masks)


def sessions_using(secret_ids: list[UUID]) -> Mapping[UUID, int]:
    """How many sessions, not in the trash, have each secret attached."""
    rows: Any = SessionSecret.objects.filter(
        secret_id__in=secret_ids, session__trashed_at=None
    ).values_list("secret_id")
    return dict(rows.annotate(Count("pk")))


def _secret_key(row: SessionSecret) -> UUID:
    assert row.secret_id is not None  # noqa: S101 - only those that stand
    return row.secret_id
