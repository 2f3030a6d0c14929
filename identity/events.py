"""What happens to people, organizations, teams, tokens and secrets, in the past tense.

Ids, numbers and enums only; names and addresses of people are `Private` under their own key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from kernel.events import Fact, Private


@dataclass(frozen=True, kw_only=True)
class SignedIn(Fact):
    """Somebody came in with a password."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class SignInFailed(Fact):
    """Somebody tried a name and a password; `reason` is wrong or throttled."""

    target_type: str = "user"
    outcome: str = "denied"
    reason: str
    username: Private


@dataclass(frozen=True, kw_only=True)
class SignedOut(Fact):
    """Somebody left."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class PasswordChanged(Fact):
    """A password was changed; every other browser session of its owner ended."""

    target_type: str = "user"
    by_link: bool = False


@dataclass(frozen=True, kw_only=True)
class PasswordLinkOffered(Fact):
    """An operator made a one-time link with which somebody sets a password."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class ProfileUpdated(Fact):
    """Somebody changed their name or address."""

    target_type: str = "user"
    changed: tuple[str, ...]
    full_name: Private
    email: Private


@dataclass(frozen=True, kw_only=True)
class AccountCreated(Fact):
    """There is a new account."""

    target_type: str = "user"
    kind: str
    is_operator: bool = False
    username: Private


@dataclass(frozen=True, kw_only=True)
class AccountDeactivated(Fact):
    """An account was closed; its tokens are revoked, its browser sessions and sockets end."""

    target_type: str = "user"
    tokens_revoked: int


@dataclass(frozen=True, kw_only=True)
class AccountReactivated(Fact):
    """A closed account was opened again; tokens stay revoked."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class OperatorAppointed(Fact):
    """Somebody may operate the installation."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class OperatorDismissed(Fact):
    """Somebody may no longer operate the installation."""

    target_type: str = "user"


@dataclass(frozen=True, kw_only=True)
class OrganizationCreated(Fact):
    """There is a new tenant."""

    target_type: str = "organization"
    owner_id: UUID
    home_region: str


@dataclass(frozen=True, kw_only=True)
class OrganizationChanged(Fact):
    """Name or rules of a tenant changed; `changed` names the fields."""

    target_type: str = "organization"
    changed: tuple[str, ...]
    separate_approver: bool
    forbid_bypass: bool
    denied_tools: Private
    allowed_domains: Private


@dataclass(frozen=True, kw_only=True)
class MemberJoined(Fact):
    """Somebody belongs to an organization now."""

    target_type: str = "membership"
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class MemberRoleChanged(Fact):
    """Somebody's role in an organization changed."""

    target_type: str = "membership"
    user_id: UUID
    before: str
    after: str


@dataclass(frozen=True, kw_only=True)
class MemberLeft(Fact):
    """Somebody left an organization or was removed; shares and tokens there are gone."""

    target_type: str = "membership"
    user_id: UUID
    role: str
    removed: bool
    grants_revoked: int
    tokens_revoked: int


@dataclass(frozen=True, kw_only=True)
class BreakGlassAppointed(Fact):
    """The owner whom no synchronization and no other owner can remove is now this one."""

    target_type: str = "membership"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class BreakGlassUsed(Fact):
    """The break-glass owner came in by password, or a link to set theirs was made; `way` says."""

    target_type: str = "membership"
    user_id: UUID
    way: str


@dataclass(frozen=True, kw_only=True)
class InvitationMade(Fact):
    """Somebody was invited into an organization."""

    target_type: str = "invitation"
    role: str
    expires_at: datetime
    email: Private


@dataclass(frozen=True, kw_only=True)
class InvitationRevoked(Fact):
    """An invitation was taken back."""

    target_type: str = "invitation"


@dataclass(frozen=True, kw_only=True)
class InvitationAccepted(Fact):
    """An invitation was used."""

    target_type: str = "invitation"
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class TeamCreated(Fact):
    """There is a new team."""

    target_type: str = "team"


@dataclass(frozen=True, kw_only=True)
class TeamRenamed(Fact):
    """A team has another name."""

    target_type: str = "team"


@dataclass(frozen=True, kw_only=True)
class TeamDeleted(Fact):
    """A team is gone, and with it what was shared with it."""

    target_type: str = "team"
    members: int


@dataclass(frozen=True, kw_only=True)
class TeamMemberAdded(Fact):
    """Somebody is in a team, or has another role there."""

    target_type: str = "team"
    user_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class TeamMemberRemoved(Fact):
    """Somebody is no longer in a team."""

    target_type: str = "team"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class TokenCreated(Fact):
    """An API token was made."""

    target_type: str = "apitoken"
    user_id: UUID
    scopes: tuple[str, ...]
    expires_at: datetime | None


@dataclass(frozen=True, kw_only=True)
class TokenRevoked(Fact):
    """An API token no longer opens anything."""

    target_type: str = "apitoken"
    user_id: UUID


@dataclass(frozen=True, kw_only=True)
class SecretCreated(Fact):
    """A secret was stored."""

    target_type: str = "secret"
    scope: str
    kind: str


@dataclass(frozen=True, kw_only=True)
class SecretRotated(Fact):
    """A secret has a new value."""

    target_type: str = "secret"


@dataclass(frozen=True, kw_only=True)
class SecretChanged(Fact):
    """A secret has another name or description, or may be used by something else."""

    target_type: str = "secret"
    changed: tuple[str, ...]
    granted_to: tuple[str, ...]


@dataclass(frozen=True, kw_only=True)
class SecretDeleted(Fact):
    """A secret is gone."""

    target_type: str = "secret"


@dataclass(frozen=True, kw_only=True)
class SecretUsed(Fact):
    """A secret was opened for a purpose of the product."""

    target_type: str = "secret"
    purpose: str


@dataclass(frozen=True, kw_only=True)
class WorkStopped(Fact):
    """Agents were halted: all of the organization, or what one person or one tool does."""

    target_type: str = "stop"
    scope: str
    person_id: UUID | None
    tool: Private
    reason: Private


@dataclass(frozen=True, kw_only=True)
class WorkResumed(Fact):
    """A halt ended; what waited behind it goes on."""

    target_type: str = "stop"
    scope: str


@dataclass(frozen=True, kw_only=True)
class ProjectCreated(Fact):
    """A project was made."""

    target_type: str = "project"


@dataclass(frozen=True, kw_only=True)
class ProjectChanged(Fact):
    """What a project's sessions begin with, or may do, was changed."""

    target_type: str = "project"
    changed: tuple[str, ...]
    allowed_tools: Private
    denied_tools: Private
    allowed_domains: Private


@dataclass(frozen=True, kw_only=True)
class ProjectDeleted(Fact):
    """A project is gone; its sessions stay with their owners."""

    target_type: str = "project"


@dataclass(frozen=True, kw_only=True)
class ProjectMemberAdded(Fact):
    """A person or team works in a project, or has another role there."""

    target_type: str = "project"
    subject_kind: str
    subject_id: UUID
    role: str


@dataclass(frozen=True, kw_only=True)
class ProjectMemberRemoved(Fact):
    """A person or team no longer works in a project."""

    target_type: str = "project"
    subject_kind: str
    subject_id: UUID
