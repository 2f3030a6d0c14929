"""Lists take the same number of queries with 1, 10 and 100 rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity import tokens
from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Team,
    TeamMember,
    User,
)
from kernel import clock
from kernel.ids import uuid7
from tests.factories.cast import Cast
from tests.factories.http import Caller


def _people(cast: Cast, count: int) -> None:
    made = User.objects.bulk_create(User(username=str(uuid7())) for _ in range(count))
    Membership.objects.bulk_create(
        Membership(organization=cast.acme, user=user, role="member") for user in made
    )
    TeamMember.objects.bulk_create(TeamMember(team=cast.team, user=user) for user in made)


def _teams(cast: Cast, count: int) -> None:
    for _ in range(count):
        name = str(uuid7())
        group = Group.objects.create(name=name)
        team = Team.objects.create(organization=cast.acme, slug=name, name=name, group=group)
        TeamMember.objects.create(team=team, user=cast.bob)


def _tokens(cast: Cast, count: int) -> None:
    fresh = [tokens.new() for _ in range(count)]
    ApiToken.objects.bulk_create(
        ApiToken(
            user=cast.alice, organization=cast.acme, name="t", prefix=t.prefix, digest=t.digest
        )
        for t in fresh
    )


def _invitations(cast: Cast, count: int) -> None:
    end = clock.now() + timedelta(days=1)
    Invitation.objects.bulk_create(
        Invitation(
            organization=cast.acme,
            email=f"{n}@example.org",
            role="member",
            digest=tokens.new().digest,
            invited_by=cast.alice,
            expires_at=end,
        )
        for n in range(count)
    )


def _organizations(cast: Cast, count: int) -> None:
    made = Organization.objects.bulk_create(
        Organization(slug=str(uuid7()), name="O") for _ in range(count)
    )
    Membership.objects.bulk_create(
        Membership(organization=one, user=cast.alice, role="member") for one in made
    )


LISTS: dict[str, Callable[[Cast, int], None]] = {
    "/users": _people,
    "/organizations/{acme}/members": _people,
    "/teams/{team}/members": _people,
    "/teams": _teams,
    "/tokens": _tokens,
    "/invitations": _invitations,
    "/organizations": _organizations,
    "/me": _organizations,
}


@pytest.mark.parametrize("path", LISTS)
def test_queries_do_not_grow_with_rows(cast: Cast, path: str) -> None:
    alice, counts = Caller(cast.alice), []
    address = path.format(acme=cast.acme.pk, team=cast.team.pk)
    alice.get(address)

    for more in (1, 9, 90):
        LISTS[path](cast, more)
        with CaptureQueriesContext(connection) as seen:
            answer = alice.get(f"{address}?limit=200")
        assert answer.status_code == 200
        counts.append(len(seen))

    assert len(set(counts)) == 1, counts
    assert counts[0] <= 6


def test_a_page_follows_a_page_without_gap_or_repeat(cast: Cast) -> None:
    _people(cast, 25)
    alice, address, seen = Caller(cast.alice), "/users?limit=10", []

    while address:
        page = alice.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = (page["next"] or "").removeprefix("/api/v1")

    assert len(seen) == len(set(seen)) == 29


@pytest.mark.parametrize("query", ["limit=0", "limit=201", "limit=x", "cursor=%00", "cursor=abc"])
def test_wrong_paging_is_400(cast: Cast, query: str) -> None:
    assert Caller(cast.alice).get(f"/users?{query}").status_code == 400
