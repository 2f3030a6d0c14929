"""Organizations, memberships and invitations."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, QuerySet

from identity.enums import MAKERS, MANAGERS, OrganizationRole
from identity.models import Invitation, Membership, Organization
from identity.policies.roles import fellow, is_manager, is_operator, is_owner, known_id, role_in
from kernel.actors import Actor
from kernel.policies import Policy, register

_OPEN_TO: dict[str, frozenset[str]] = {
    "sessions.create": frozenset(MAKERS),
    "identity.create_secret": frozenset(MAKERS),
}
_AUDITORS = frozenset({OrganizationRole.OWNER, OrganizationRole.AUDITOR})


def open_to(verb: str, *roles: str) -> None:
    """Let upper apps say who may do their verb on an organization; unsaid, owners and admins."""
    _OPEN_TO[verb] = frozenset(roles)


@register
class OrganizationPolicy(Policy[Organization]):
    """Members see their organization; owners and admins run it; members make things in it."""

    model = Organization

    def allows(self, actor: Actor, verb: str, target: Organization) -> bool:
        """Guests and auditors make nothing; owners and auditors read the ledger."""
        role = role_in(actor, target.pk)
        if role is None:
            return False
        if verb.startswith("audit."):
            return role in _AUDITORS
        return role in _OPEN_TO.get(verb, MANAGERS)

    def visible_to(self, actor: Actor) -> QuerySet[Organization]:
        """The organizations of which one is a member."""
        who = known_id(actor)
        if who is None:
            return Organization.objects.none()
        mine = Membership.objects.filter(
            organization=OuterRef("pk"), user_id=who, user__is_active=True
        )
        return Organization.objects.filter(Exists(mine))


@register
class MembershipPolicy(Policy[Membership]):
    """Members see each other; owners and admins change roles, only owners touch owners."""

    model = Membership

    def allows(self, actor: Actor, verb: str, target: Membership) -> bool:
        """An admin cannot change an owner; anybody may leave; operators move the break-glass."""
        if verb == "identity.leave":
            return actor.actor_id == target.user_id
        if verb == "identity.appoint_break_glass":
            return is_owner(actor, target.organization_id) or is_operator(actor)
        if target.role == OrganizationRole.OWNER:
            return is_owner(actor, target.organization_id)
        return is_manager(actor, target.organization_id)

    def visible_to(self, actor: Actor) -> QuerySet[Membership]:
        """Everybody in one's organizations."""
        who = known_id(actor)
        return Membership.objects.filter(fellow(who)) if who else Membership.objects.none()


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
        who = known_id(actor)
        if who is None:
            return Invitation.objects.none()
        return Invitation.objects.filter(fellow(who, MANAGERS))
