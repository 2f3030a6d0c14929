"""The verbs of identity. Each is one deed: policy, write, fact; all callers behave alike."""

from identity.services import (
    accounts,
    grants,
    invitations,
    memberships,
    organizations,
    owners,
    passwords,
    projects,
    secrets,
    teams,
    tokens,
)

__all__ = [
    "accounts",
    "grants",
    "invitations",
    "memberships",
    "organizations",
    "owners",
    "passwords",
    "projects",
    "secrets",
    "teams",
    "tokens",
]
