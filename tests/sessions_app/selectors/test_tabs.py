"""Tabs of the list, what is unread in it, and who drives."""

from __future__ import annotations

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import Membership
from kernel import clock
from kernel.policies import visible_to
from sessions_app.models import AgentSession, SessionSeen, SessionTeamGrant
from sessions_app.selectors.tabs import MOST, TABS, Tabs, unread_of
from sessions_app.services import forking, lifecycle, presence, prompting, runs, seeing, sharing
from tests.factories.cast import Cast
from tests.sessions_app.work import Work, make


def listed(person: object, cast: Cast) -> dict[str, set[object]]:
    """What stands in each tab."""
    tabs = Tabs(person, cast.acme.pk)  # type: ignore[arg-type]
    return {tab: {row.pk for way in tabs.listed(tab) for row in way} for tab in TABS}


@pytest.fixture
def made(cast: Cast) -> dict[str, AgentSession]:
    """Sessions of alice's: kept, shared with bob in person and by team, archived, trashed."""
    found = {name: make(cast) for name in ("kept", "shared", "team", "archive", "trash")}
    sharing.share(cast.alice, found["shared"], subject=cast.bob, role="viewer")
    sharing.share(cast.alice, found["team"], subject=cast.team, role="viewer")
    lifecycle.archive(cast.alice, found["archive"])
    lifecycle.trash(cast.alice, found["trash"])
    return found


def test_each_tab_holds_what_its_name_says(cast: Cast, made: dict[str, AgentSession]) -> None:
    keys = {name: row.pk for name, row in made.items()}
    mine = {keys["kept"], keys["shared"], keys["team"]}

    alice, bob = listed(cast.alice, cast), listed(cast.bob, cast)

    assert alice == {
        "mine": mine,
        "shared": set(),
        "team": set(),
        "archive": {keys["archive"]},
        "trash": {keys["trash"]},
    }
    assert bob == {
        "mine": set(),
        "shared": {keys["shared"]},
        "team": {keys["team"]},
        "archive": set(),
        "trash": set(),
    }
    assert all(not rows for rows in listed(cast.charlie, cast).values())


def test_tabs_together_are_what_is_visible(cast: Cast, made: dict[str, AgentSession]) -> None:
    for name, person in cast.people().items():
        in_acme = visible_to(AgentSession, person).filter(organization=cast.acme)
        seen = set(in_acme.filter(trashed_at=None).values_list("pk", flat=True))
        tabs = listed(person, cast)
        assert set().union(*(tabs[tab] for tab in TABS if tab != "trash")) == seen, name


def test_counts_are_capped_and_cost_the_same_among_many(cast: Cast) -> None:
    viewer = Permission.objects.get(codename="agentsession_viewer")
    asked = []

    for more in (1, 9, MOST):
        for _ in range(more):
            session = make(cast)
            SessionTeamGrant.objects.create(
                content_object=session, group=cast.team.group, permission=viewer
            )
        with CaptureQueriesContext(connection) as seen:
            mine = Tabs(cast.alice, cast.acme.pk).counts()
            team = Tabs(cast.bob, cast.acme.pk).counts()
        asked.append((mine, team, len(seen)))

    assert [(mine.get("mine"), team.get("team")) for mine, team, _ in asked] == [
        (1, 1),
        (10, 10),
        (MOST, MOST),
    ]
    assert {queries for *_, queries in asked} == {6}


def test_what_others_said_is_unread_until_it_was_looked_at(cast: Cast) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")

    def unread() -> list[int]:
        return [unread_of(who, [session]).get(session.pk, 0) for who in (cast.alice, cast.bob)]

    assert unread() == [0, 0]
    prompting.prompt(cast.alice, session, content="one")
    assert unread() == [0, 1]
    Work(session).start().say("an answer")
    assert unread() == [1, 2]
    seeing.see(cast.bob, session)
    presence.look(cast.alice, session, connection="c", what="typing")
    assert unread() == [1, 0]
    presence.look(cast.alice, session, connection="c", what="looking", seq=3)
    assert unread() == [0, 0]
    prompting.prompt(cast.bob, session, content="two")
    assert unread() == [1, 0]


def test_content_that_is_not_ones_own_to_read_is_not_counted(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    Membership.objects.filter(user=cast.charlie).update(role="admin")

    assert listed(cast.charlie, cast)["team"] == {session.pk}
    for person in (cast.charlie, cast.bob, cast.dora):
        assert unread_of(person, [session]) == {}


def test_a_thousand_messages_are_ninety_nine_and_more(cast: Cast) -> None:
    session = make(cast)
    AgentSession.objects.filter(pk=session.pk).update(total_messages=1000)

    assert unread_of(cast.alice, [session]) == {session.pk: MOST}


def test_looking_twice_is_one_row(cast: Cast) -> None:
    session = make(cast)
    before = clock.now()

    for _ in range(3):
        seeing.see(cast.alice, session)

    assert SessionSeen.objects.get().at >= before


def test_whose_prompt_is_worked_on_drives(cast: Cast) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="editor")

    def driver() -> object:
        return AgentSession.objects.get(pk=session.pk).driver

    assert driver() is None
    prompting.prompt(cast.alice, session, content="one")
    prompting.prompt(cast.bob, session, content="behind it")
    assert driver() == cast.alice
    runs.cancel(cast.alice, session)
    assert driver() == cast.bob
    runs.cancel(cast.bob, session)
    runs.resume(cast.alice, session)
    assert driver() == cast.alice
    assert forking.fork(cast.bob, session).driver is None
