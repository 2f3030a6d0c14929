"""After commit: ring at the sockets of whoever lost something, so that they ask again at once."""

from __future__ import annotations

from uuid import UUID

from kernel.events import Record, hint
from kernel.streams.doorbell import ring_actor


@hint(
    "identity.signed_out",
    "identity.password_changed",
    "identity.account_deactivated",
    "identity.operator_dismissed",
)
def ring_account(record: Record) -> None:
    """The account itself is the fact's target."""
    if record.fact.target_id is not None:
        ring_actor(record.fact.target_id)


@hint(
    "identity.member_left",
    "identity.member_role_changed",
    "identity.team_member_removed",
    "identity.token_revoked",
)
def ring_person(record: Record) -> None:
    """The fact names the person it happened to."""
    user_id = getattr(record.fact, "user_id", None)
    if isinstance(user_id, UUID):
        ring_actor(user_id)
