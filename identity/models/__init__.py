"""Tables of identity: who there is, what they belong to, and what they may hold."""

from identity.models.grants import TeamGrant, UserGrant
from identity.models.organizations import Membership, Organization
from identity.models.projects import Project, ProjectTeamGrant, ProjectUserGrant
from identity.models.secrets import Secret
from identity.models.stops import Stop
from identity.models.teams import Team, TeamMember
from identity.models.tokens import ApiToken, Invitation
from identity.models.users import User

__all__ = [
    "ApiToken",
    "Invitation",
    "Membership",
    "Organization",
    "Project",
    "ProjectTeamGrant",
    "ProjectUserGrant",
    "Secret",
    "Stop",
    "Team",
    "TeamGrant",
    "TeamMember",
    "User",
    "UserGrant",
]
