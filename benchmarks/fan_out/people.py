"""A session with a thousand people in its team, each with a token of their own."""

from __future__ import annotations

from dataclasses import dataclass

from django.contrib.auth.models import Permission

from identity import tokens
from identity.models import ApiToken, Membership, User
from sessions_app.models import AgentSession, SessionTeamGrant
from sessions_app.services.creation import SessionSpec, create_session
from tests.factories.cast import make_cast, token_for


@dataclass(frozen=True)
class Audience:
    """Whose session it is, the session, and the tokens of those who watch."""

    owner: User
    token: str
    session: AgentSession
    tokens: list[str]


def make_audience(count: int) -> Audience:
    """Everybody may view the session by a grant to the team."""
    cast = make_cast()
    session = create_session(cast.alice, cast.acme, spec=SessionSpec(name="Release"))
    people = User.objects.bulk_create(
        User(username=f"watcher-{n}", email=f"watcher-{n}@example.org", password="!")
        for n in range(count)
    )
    Membership.objects.bulk_create(
        Membership(organization=cast.acme, user=one, role="member") for one in people
    )
    groups = User.groups.through
    groups.objects.bulk_create(groups(user=one, group_id=cast.team.group_id) for one in people)
    SessionTeamGrant.objects.create(
        content_object=session,
        group_id=cast.team.group_id,
        permission=Permission.objects.get(codename="agentsession_viewer"),
    )
    fresh = [tokens.new() for _ in people]
    ApiToken.objects.bulk_create(
        ApiToken(
            user=one, organization=cast.acme, name="bench", prefix=new.prefix, digest=new.digest
        )
        for one, new in zip(people, fresh, strict=True)
    )
    return Audience(cast.alice, token_for(cast.alice), session, [new.text for new in fresh])
