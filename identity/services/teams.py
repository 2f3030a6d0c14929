"""Teams. Every team has an `auth.Group`, by which it holds grants; both change in one verb."""

from __future__ import annotations

from django.contrib.auth.models import Group
from django.utils.text import slugify

from identity.enums import TeamRole
from identity.errors import NameTakenError, UnknownPersonError
from identity.events import (
    TeamCreated,
    TeamDeleted,
    TeamMemberAdded,
    TeamMemberRemoved,
    TeamRenamed,
)
from identity.models import Membership, Organization, Team, TeamMember, User
from kernel.actions import Unchanged, action
from kernel.actors import Actor
from kernel.errors import InvalidError
from kernel.events import publish
from kernel.ids import uuid7


@action("identity.create_team", locks=False)
def create_team(actor: Actor, organization: Organization, *, name: str, slug: str = "") -> Team:
    """Make an empty team."""
    wanted = slug or slugify(name)[:60]
    if not wanted or wanted != slugify(wanted):
        raise InvalidError.at("/slug", "Lower-case letters, digits and hyphens, at most 60.")
    if Team.objects.filter(organization=organization, slug=wanted).exists():
        raise NameTakenError
    key = uuid7()
    team = Team.objects.create(
        id=key,
        organization=organization,
        slug=wanted,
        name=name,
        group=Group.objects.create(name=f"team:{key}"),
    )
    publish(TeamCreated(organization_id=organization.pk, target_id=key))
    return team


@action("identity.rename_team")
def rename_team(actor: Actor, team: Team, *, name: str) -> Team | Unchanged[Team]:
    """Give a team another name; its short name and its shares stay."""
    if name == team.name:
        return Unchanged(team)
    team.name = name
    team.save(update_fields=["name"])
    publish(TeamRenamed(organization_id=team.organization_id, target_id=team.pk))
    return team


@action("identity.delete_team", dangerous=True)
def delete_team(actor: Actor, team: Team) -> None:
    """Delete a team: its members lose what was shared with it, its secrets are gone."""
    group, members = team.group, team.members.count()
    publish(TeamDeleted(organization_id=team.organization_id, target_id=team.pk, members=members))
    team.delete()
    group.delete()


@action("identity.add_to_team")
def add_to_team(
    actor: Actor, team: Team, *, user: User, role: str = TeamRole.MEMBER
) -> TeamMember | Unchanged[TeamMember]:
    """Put a member of the organization into a team, or change their role there."""
    if not Membership.objects.filter(
        organization_id=team.organization_id, user=user, user__is_active=True
    ).exists():
        raise UnknownPersonError
    wanted = TeamRole(role).value
    member = TeamMember.objects.filter(team=team, user=user).first()
    if member is not None and member.role == wanted:
        return Unchanged(member)
    member = member or TeamMember(team=team, user=user)
    member.role = wanted
    member.save()
    user.groups.add(team.group_id)
    publish(
        TeamMemberAdded(
            organization_id=team.organization_id, target_id=team.pk, user_id=user.pk, role=wanted
        )
    )
    return member


@action("identity.remove_from_team")
def remove_from_team(actor: Actor, team: Team, *, user: User) -> User:
    """Take somebody out of a team; what was shared with the team closes for them at once."""
    deleted, _per_model = TeamMember.objects.filter(team=team, user=user).delete()
    if not deleted:
        raise UnknownPersonError
    user.groups.remove(team.group_id)
    publish(
        TeamMemberRemoved(organization_id=team.organization_id, target_id=team.pk, user_id=user.pk)
    )
    return user
