"""A team and its group are the same people, always."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Group

from identity.errors import NameTakenError, UnknownPersonError
from identity.events import TeamCreated, TeamDeleted, TeamMemberAdded, TeamMemberRemoved
from identity.models import Team
from identity.services import teams
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from tests.factories.cast import Cast
from tests.factories.facts import Facts


def _in_group(team: Team) -> set[str]:
    return set(team.group.user_set.values_list("username", flat=True))


def _in_team(team: Team) -> set[str]:
    return set(team.members.values_list("user__username", flat=True))


def test_a_team_is_made_with_its_group(cast: Cast, facts: Facts) -> None:
    team = teams.create_team(cast.alice, cast.acme, name="Site Reliability")

    assert (team.slug, team.name) == ("site-reliability", "Site Reliability")
    assert facts.of(TeamCreated) == [TeamCreated(organization_id=cast.acme.pk, target_id=team.pk)]
    assert _in_group(team) == set()


def test_people_come_and_go_in_team_and_group_alike(cast: Cast, facts: Facts) -> None:
    teams.add_to_team(cast.alice, cast.team, user=cast.charlie)
    assert _in_team(cast.team) == _in_group(cast.team) >= {cast.charlie.username}

    teams.remove_from_team(cast.alice, cast.team, user=cast.charlie)
    assert _in_team(cast.team) == _in_group(cast.team)
    assert cast.charlie.username not in _in_team(cast.team)
    assert [f.user_id for f in facts.of(TeamMemberAdded)] == [cast.charlie.pk]
    assert [f.user_id for f in facts.of(TeamMemberRemoved)] == [cast.charlie.pk]


def test_adding_again_changes_the_role_or_nothing(cast: Cast, facts: Facts) -> None:
    teams.add_to_team(cast.alice, cast.team, user=cast.bob)
    teams.add_to_team(cast.alice, cast.team, user=cast.bob, role="lead")

    assert [f.role for f in facts.of(TeamMemberAdded)] == ["lead"]
    assert cast.team.members.get(user=cast.bob).role == "lead"


def test_only_people_of_the_organization_join(cast: Cast) -> None:
    with pytest.raises(UnknownPersonError):
        teams.add_to_team(cast.alice, cast.team, user=cast.dora)
    with pytest.raises(UnknownPersonError):
        teams.remove_from_team(cast.alice, cast.team, user=cast.charlie)


def test_a_lead_manages_members_and_nothing_else(cast: Cast) -> None:
    teams.add_to_team(cast.alice, cast.team, user=cast.bob, role="lead")

    teams.add_to_team(cast.bob, cast.team, user=cast.charlie)

    with pytest.raises(NotAllowedError):
        teams.rename_team(cast.bob, cast.team, name="Ours")
    with pytest.raises(NotAllowedError):
        teams.delete_team(cast.bob, cast.team)


def test_strangers_see_no_team(cast: Cast) -> None:
    with pytest.raises(NotAllowedError):
        teams.rename_team(cast.charlie, cast.team, name="Ours")
    with pytest.raises(NotFoundError):
        teams.rename_team(cast.dora, cast.team, name="Ours")


def test_deletion_takes_the_group_along(cast: Cast, facts: Facts) -> None:
    group = cast.team.group_id

    teams.delete_team(cast.alice, cast.team)

    assert not Team.objects.filter(pk=cast.team.pk).exists()
    assert not Group.objects.filter(pk=group).exists()
    assert [f.members for f in facts.of(TeamDeleted)] == [2]


def test_names(cast: Cast, facts: Facts) -> None:
    with pytest.raises(NameTakenError):
        teams.create_team(cast.alice, cast.acme, name="platform")
    with pytest.raises(InvalidError):
        teams.create_team(cast.alice, cast.acme, name="!!!")
    with pytest.raises(InvalidError):
        teams.create_team(cast.alice, cast.acme, name="Ops", slug="Not A Slug")
    teams.rename_team(cast.alice, cast.team, name="Platform")

    assert facts.names() == ["kernel.action_denied"] * 0
    cast.team.refresh_from_db()
    assert cast.team.name == "Platform"
