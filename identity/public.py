"""The front door of identity: the few names that storeys above may use."""

from identity.models import Membership, Organization, Project, Secret, Team, User
from identity.models.grants import TeamGrant, UserGrant
from identity.policies.grants import (
    Access,
    granted,
    granted_ways,
    holders_among,
    level_of,
    people_with_access,
    role_of,
)
from identity.policies.organizations import open_to
from identity.policies.roles import is_manager, is_operator, known_id, role_in
from identity.selectors.people import home_of, organizations_of
from identity.selectors.projects import runtimes_known
from identity.selectors.secrets import counts_secrets
from identity.selectors.stops import require_going, stop_over, stopped, stops_in_force
from identity.selectors.tokens import token_works
from identity.services.grants import grant, revoke
from identity.services.secrets import note_use, opened, use_secret
from identity.services.tokens import TokenSpec

__all__ = [
    "Access",
    "Membership",
    "Organization",
    "Project",
    "Secret",
    "Team",
    "TeamGrant",
    "TokenSpec",
    "User",
    "UserGrant",
    "counts_secrets",
    "grant",
    "granted",
    "granted_ways",
    "holders_among",
    "home_of",
    "is_manager",
    "is_operator",
    "known_id",
    "level_of",
    "note_use",
    "open_to",
    "opened",
    "organizations_of",
    "people_with_access",
    "require_going",
    "revoke",
    "role_in",
    "role_of",
    "runtimes_known",
    "stop_over",
    "stopped",
    "stops_in_force",
    "token_works",
    "use_secret",
]
