"""The front door of identity: the few names that storeys above may use."""

from django.contrib.auth.models import AnonymousUser

from identity.api.authentication import CookieAuthentication, TokenAuthentication
from identity.models import Membership, Organization, Secret, Team, User
from identity.models.grants import TeamGrant, UserGrant
from identity.selectors.grants import Access, granted, level_of, people_with_access, role_of
from identity.selectors.roles import home_of, is_manager, known_id, role_in
from identity.services.grants import grant, revoke
from identity.sockets import SocketActor


class Nobody(AnonymousUser):
    """A request without a person, in the kernel's words."""

    actor_kind = "nobody"
    actor_id = None
    on_behalf_of_id = None


__all__ = [
    "Access",
    "CookieAuthentication",
    "Membership",
    "Nobody",
    "Organization",
    "Secret",
    "SocketActor",
    "Team",
    "TeamGrant",
    "TokenAuthentication",
    "User",
    "UserGrant",
    "grant",
    "granted",
    "home_of",
    "is_manager",
    "known_id",
    "level_of",
    "people_with_access",
    "revoke",
    "role_in",
    "role_of",
]
