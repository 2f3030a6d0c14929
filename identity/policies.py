"""Who may do what with people, teams, tokens and secrets."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.enums import MANAGERS, OrganizationRole
from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Secret,
    Team,
    TeamMember,
    User,
)
from identity.selectors.roles import is_manager, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register

_OWN = frozenset(
    {"identity.change_password", "identity.sign_in", "identity.sign_out", "identity.update_profile"}
)
_ANY_MEMBER = frozenset({"sessions.create", "identity.create_token", "identity.create_secret"})
_OWNERS_ONLY = frozenset({"identity.set_owner"})


def _known(actor: Actor) -> bool:
    return actor.actor_kind in {"user", "service"}


@register
class OrganizationPolicy(Policy[Organization]):
    """Members see their organization; owners and admins run it; members make things in it."""

    model = Organization

    def allows(self, actor: Actor, verb: str, target: Organization) -> bool:
        """Guests and auditors make nothing; auditors read the ledger."""
        role = role_in(actor, target.pk)
        if role is None:
            return False
        if verb.startswith("audit."):
            return role in {OrganizationRole.OWNER, OrganizationRole.AUDITOR}
        if verb in _ANY_MEMBER:
            return role in {*MANAGERS, OrganizationRole.MEMBER}
        return role in MANAGERS

    def visible_to(self, actor: Actor) -> QuerySet[Organization]:
        """The organizations of which one is a member."""
        if not _known(actor):
            return Organization.objects.none()
        mine = Membership.objects.filter(organization=OuterRef("pk"), user_id=actor.actor_id)
        return Organization.objects.filter(Exists(mine))


def _fellow(actor: Actor) -> Q:
    """Rows of an organization of which the actor is a member, by `organization_id`."""
    mine = Membership.objects.filter(
        organization_id=OuterRef("organization_id"), user_id=actor.actor_id
    )
    return Q(Exists(mine))


@register
class MembershipPolicy(Policy[Membership]):
    """Members see each other; owners and admins change roles, only owners touch owners."""

    model = Membership

    def allows(self, actor: Actor, verb: str, target: Membership) -> bool:
        """An admin cannot change an owner; anybody may leave."""
        role = role_in(actor, target.organization_id)
        if verb == "identity.leave":
            return actor.actor_id == target.user_id
        if target.role == OrganizationRole.OWNER:
            return role == OrganizationRole.OWNER
        return role in MANAGERS

    def visible_to(self, actor: Actor) -> QuerySet[Membership]:
        """Everybody in one's organizations."""
        return (
            Membership.objects.filter(_fellow(actor))
            if _known(actor)
            else (Membership.objects.none())
        )


@register
class UserPolicy(Policy[User]):
    """Oneself, and the people of one's organizations by name."""

    model = User

    def allows(self, actor: Actor, verb: str, target: User) -> bool:
        """Only oneself; operators act on accounts through the admin's verbs."""
        if verb in _OWN:
            return actor.actor_id == target.pk
        return isinstance(actor, User) and actor.is_staff and verb.startswith("identity.operator_")

    def visible_to(self, actor: Actor) -> QuerySet[User]:
        """People with whom one shares an organization, and oneself; operators see accounts."""
        if not _known(actor):
            return User.objects.none()
        if isinstance(actor, User) and actor.is_staff:
            return User.objects.all()
        shared = Membership.objects.filter(
            user=OuterRef("pk"), organization__memberships__user_id=actor.actor_id
        )
        return User.objects.filter(Q(pk=actor.actor_id) | Exists(shared))


@register
class TeamPolicy(Policy[Team]):
    """Members see the teams of their organization; owners and admins change them."""

    model = Team

    def allows(self, actor: Actor, verb: str, target: Team) -> bool:
        """A team lead manages the members of the own team."""
        if is_manager(actor, target.organization_id):
            return True
        lead = TeamMember.objects.filter(team=target, user_id=actor.actor_id, role="lead")
        return verb in {"identity.add_to_team", "identity.remove_from_team"} and lead.exists()

    def visible_to(self, actor: Actor) -> QuerySet[Team]:
        """All teams of one's organizations."""
        return Team.objects.filter(_fellow(actor)) if _known(actor) else Team.objects.none()


@register
class ApiTokenPolicy(Policy[ApiToken]):
    """One's own tokens."""

    model = ApiToken

    def allows(self, actor: Actor, verb: str, target: ApiToken) -> bool:
        """Only the owner; owners and admins may revoke any token of their organization."""
        if target.user_id == actor.actor_id:
            return True
        return verb == "identity.revoke_token" and is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[ApiToken]:
        """One's own, and for owners and admins those of the organization."""
        if not _known(actor):
            return ApiToken.objects.none()
        managed = Membership.objects.filter(
            organization_id=OuterRef("organization_id"), user_id=actor.actor_id, role__in=MANAGERS
        )
        return ApiToken.objects.filter(Q(user_id=actor.actor_id) | Exists(managed))


@register
class InvitationPolicy(Policy[Invitation]):
    """Owners and admins invite and revoke."""

    model = Invitation

    def allows(self, actor: Actor, verb: str, target: Invitation) -> bool:
        """Accepting is anybody's who holds the code; the verb checks it."""
        if verb == "identity.accept_invitation":
            return True
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Invitation]:
        """The invitations of organizations one manages."""
        if not _known(actor):
            return Invitation.objects.none()
        managed = Membership.objects.filter(
            organization_id=OuterRef("organization_id"), user_id=actor.actor_id, role__in=MANAGERS
        )
        return Invitation.objects.filter(Exists(managed))


@register
class SecretPolicy(Policy[Secret]):
    """A personal secret is its owner's, a team's belongs to its members, the rest to managers."""

    model = Secret

    def allows(self, actor: Actor, verb: str, target: Secret) -> bool:
        """Use follows sight; change is the owner's or a manager's."""
        if target.owner_id is not None:
            return target.owner_id == actor.actor_id
        if verb == "identity.use_secret":
            return self.sees(actor, target)
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Secret]:
        """Names only; values are never shown."""
        if not _known(actor):
            return Secret.objects.none()
        team = TeamMember.objects.filter(team_id=OuterRef("team_id"), user_id=actor.actor_id)
        shared = Q(owner=None, team=None) & _fellow(actor)
        return Secret.objects.filter(
            Q(owner_id=actor.actor_id) | shared | (Q(owner=None) & Exists(team))
        )
