"""Who belongs to an organization and as what; somebody always owns it."""

from __future__ import annotations

from uuid import UUID

from identity.enums import OrganizationRole
from identity.events import BreakGlassAppointed, MemberLeft, MemberRoleChanged
from identity.models import ApiToken, Membership, TeamMember, User
from identity.policies.roles import is_owner
from identity.services.grants import revoke_all
from identity.services.owners import spare
from kernel import clock
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import ConflictError, NotAllowedError
from kernel.events import publish


class OwnersOnlyError(ConflictError):
    """Only an owner can be the break-glass owner; make them owner first."""


@action("identity.change_role")
def change_role(
    actor: Actor, membership: Membership, *, role: str
) -> Membership | Unchanged[Membership]:
    """Give a member another role; only owners make owners, and one owner always stays."""
    before, after = membership.role, OrganizationRole(role)
    if before == after:
        return Unchanged(membership)
    if after == OrganizationRole.OWNER:
        require_owner(actor, membership.organization_id, "identity.change_role")
    spare(membership)
    membership.role = after
    membership.save(update_fields=["role"])
    publish(
        MemberRoleChanged(
            organization_id=membership.organization_id,
            target_id=membership.pk,
            user_id=membership.user_id,
            before=before,
            after=after.value,
        )
    )
    return membership


@action("identity.remove_member", dangerous=True)
def remove_member(actor: Actor, membership: Membership) -> User:
    """Take somebody out of an organization: teams, shares, tokens and sockets there end."""
    return _depart(actor, membership, removed=True)


@action("identity.leave", dangerous=True)
def leave(actor: User, membership: Membership) -> User:
    """Leave an organization; the last owner stays."""
    return _depart(actor, membership, removed=False)


@action("identity.appoint_break_glass", dangerous=True)
def appoint_break_glass(actor: Actor, membership: Membership) -> Membership | Unchanged[Membership]:
    """Make another owner the one whom nobody can remove: the way in when all others fail."""
    if membership.role != OrganizationRole.OWNER:
        raise OwnersOnlyError
    if membership.is_break_glass:
        return Unchanged(membership)
    rows = Membership.objects.select_for_update(no_key=True)
    holder = rows.filter(organization_id=membership.organization_id, is_break_glass=True).first()
    _require_holder(actor, holder)
    if holder is not None:
        holder.is_break_glass = False
        holder.save(update_fields=["is_break_glass"])
    membership.is_break_glass = True
    membership.save(update_fields=["is_break_glass"])
    publish(
        BreakGlassAppointed(
            organization_id=membership.organization_id,
            target_id=membership.pk,
            user_id=membership.user_id,
        )
    )
    return membership


def require_owner(actor: Actor, organization_id: UUID, verb: str) -> None:
    """Making an owner is an owner's right alone; the product itself may."""
    if actor.actor_kind != "system" and not is_owner(actor, organization_id):
        raise NotAllowedError(verb=verb)


def _require_holder(actor: Actor, holder: Membership | None) -> None:
    """Another owner cannot take the mark; its holder gives it, or an operator moves it."""
    operator = isinstance(actor, User) and actor.is_staff
    if holder is None or operator or actor.actor_kind == "system":
        return
    if holder.user_id != actor.actor_id:
        raise NotAllowedError(verb="identity.appoint_break_glass")


def _depart(actor: Actor, membership: Membership, *, removed: bool) -> User:
    spare(membership)
    user, organization_id = membership.user, membership.organization_id
    for member in TeamMember.objects.filter(user=user, team__organization_id=organization_id):
        user.groups.remove(member.team.group_id)
        member.delete()
    live = ApiToken.objects.filter(user=user, organization_id=organization_id, revoked_at=None)
    publish(
        MemberLeft(
            organization_id=organization_id,
            target_id=membership.pk,
            user_id=user.pk,
            role=membership.role,
            removed=removed,
            grants_revoked=revoke_all(user, organization_id),
            tokens_revoked=live.update(revoked_at=clock.now()),
        )
    )
    membership.delete()
    return user
