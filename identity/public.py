"""The front door of identity: the few names that storeys above may use."""

from identity.models import Membership, Organization, Secret, Team, User
from identity.models.grants import TeamGrant, UserGrant
from identity.policies.organizations import open_to
from identity.policies.roles import is_manager, is_operator, known_id, role_in
from identity.selectors.grants import (
    Access,
    granted,
    granted_ways,
    holders_among,
    level_of,
    people_with_access,
    role_of,
)
from identity.selectors.people import home_of, organizations_of
from identity.selectors.stops import require_going, stop_over, stopped, stops_in_force
from identity.selectors.tokens import token_works
from identity.services.grants import grant, revoke
from identity.services.invitations import NewPerson
from identity.services.secrets import use_secret
from identity.services.tokens import TokenSpec

__all__ = [
    "Access",
    "Membership",
    "NewPerson",
    "Organization",
    "Secret",
    "Team",
    "TeamGrant",
    "TokenSpec",
    "User",
    "UserGrant",
    "grant",
    "granted",
    "granted_ways",
    "holders_among",
    "home_of",
    "is_manager",
    "is_operator",
    "known_id",
    "level_of",
    "open_to",
    "organizations_of",
    "people_with_access",
    "require_going",
    "revoke",
    "role_in",
    "role_of",
    "stop_over",
    "stopped",
    "stops_in_force",
    "token_works",
    "use_secret",
]
