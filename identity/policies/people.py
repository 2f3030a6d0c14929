"""Accounts: one's own, and the people one works with."""

from __future__ import annotations

from django.db.models import Exists, OuterRef, Q, QuerySet

from identity.models import Membership, Organization, User
from identity.policies.roles import is_operator, known_id
from kernel.actors import Actor
from kernel.policies import Policy, register

OWN = frozenset(
    {
        "identity.sign_in",
        "identity.sign_out",
        "identity.change_password",
        "identity.update_profile",
        "identity.create_token",
    }
)
OPERATED = frozenset(
    {
        "identity.create_account",
        "identity.deactivate_account",
        "identity.reactivate_account",
        "identity.appoint_operator",
        "identity.dismiss_operator",
        "identity.offer_password_link",
        "identity.create_organization",
    }
)
# Whoever knocks: a failed sign-in is recorded whoever it was, a one-time link is its own proof.
_AT_THE_DOOR = frozenset({"identity.fail_sign_in", "identity.set_password_by_link"})


@register
class UserPolicy(Policy[User]):
    """Oneself, and the people of one's organizations by name."""

    model = User

    def allows(self, actor: Actor, verb: str, target: User) -> bool:
        """Only oneself; operators act on accounts, never on what those accounts hold."""
        if verb in _AT_THE_DOOR:
            return True
        if verb in OWN:
            return actor.actor_id == target.pk
        if verb == "identity.create_organization" and _nobody_is_here_yet():
            return actor.actor_id == target.pk
        return verb in OPERATED and is_operator(actor)

    def visible_to(self, actor: Actor) -> QuerySet[User]:
        """People with whom one shares an organization, and oneself."""
        who = known_id(actor)
        if who is None:
            return User.objects.none()
        shared = Membership.objects.filter(
            user=OuterRef("pk"),
            organization__memberships__user_id=who,
            organization__memberships__user__is_active=True,
        )
        return User.objects.filter(Q(pk=who) | Exists(shared))


def _nobody_is_here_yet() -> bool:
    """The first owner makes the first organization; later ones are the operators' business."""
    return not Organization.objects.exists()
