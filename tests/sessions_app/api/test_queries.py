"""Lists and pages of sessions take the same number of queries with 1, 10 and 100 rows."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.contrib.auth.models import Permission
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.models import Membership, User
from kernel import clock
from kernel.ids import uuid7
from sessions_app.models import (
    AgentSession,
    Approval,
    Message,
    Run,
    SessionPresence,
    SessionUserGrant,
    ToolCall,
    WorkingDirectory,
)
from sessions_app.services import prompting
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.sessions_app.work import make

Fill = Callable[[Cast, AgentSession, int], None]


def _sessions(cast: Cast, session: AgentSession, count: int) -> None:
    places = WorkingDirectory.objects.bulk_create(
        WorkingDirectory(organization=cast.acme) for _ in range(count)
    )
    owners = (cast.alice, cast.bob)
    AgentSession.objects.bulk_create(
        AgentSession(
            organization=cast.acme,
            owner=owners[n % 2],
            name=f"s{n}",
            working_directory=place,
        )
        for n, place in enumerate(places)
    )


def _run(session: AgentSession) -> Run:
    return session.runs.get()


def _messages(cast: Cast, session: AgentSession, count: int) -> None:
    start = 1000 + session.messages.count()
    Message.objects.bulk_create(
        Message(
            session=session,
            run=_run(session),
            role=("user", "assistant")[n % 2],
            content="text",
            author=cast.bob,
            seq=start + n,
        )
        for n in range(count)
    )


def _calls(cast: Cast, session: AgentSession, count: int) -> list[ToolCall]:
    start = 10_000 + session.tool_calls.count()
    return ToolCall.objects.bulk_create(
        ToolCall(
            session=session,
            run=_run(session),
            call_id=str(uuid7()),
            tool="shell",
            input={"command": "ls"},
            input_hash="0" * 64,
            seq=start + n,
        )
        for n in range(count)
    )


def _approvals(cast: Cast, session: AgentSession, count: int) -> None:
    Approval.objects.bulk_create(
        Approval(
            organization=cast.acme,
            session=session,
            run=_run(session),
            tool_call=call,
            input_hash="0" * 64,
            expires_at=clock.now() + timedelta(days=1),
        )
        for call in _calls(cast, session, count)
    )


def _shares(cast: Cast, session: AgentSession, count: int) -> None:
    viewer = Permission.objects.get(codename="agentsession_viewer")
    people = User.objects.bulk_create(User(username=str(uuid7())) for _ in range(count))
    Membership.objects.bulk_create(
        Membership(organization=cast.acme, user=one, role="member") for one in people
    )
    SessionUserGrant.objects.bulk_create(
        SessionUserGrant(content_object=session, user=one, permission=viewer) for one in people
    )
    SessionPresence.objects.bulk_create(
        SessionPresence(
            connection=str(uuid7()),
            session=session,
            user=one,
            expires_at=clock.now() + timedelta(minutes=1),
        )
        for one in people
    )


def _everything(cast: Cast, session: AgentSession, count: int) -> None:
    for fill in (_sessions, _messages, _approvals, _shares):
        fill(cast, session, count)


LISTS: dict[str, tuple[Fill, int]] = {
    "/sessions": (_sessions, 6),
    "/sessions?q=s&status=idle&owner=others": (_sessions, 6),
    "/sessions/{pk}/messages": (_messages, 6),
    "/sessions/{pk}/tool-calls": (_calls, 6),
    "/sessions/{pk}/shares": (_shares, 8),
    "/approvals": (_approvals, 6),
}
PAGES: dict[str, tuple[Fill, int]] = {
    "/sessions": (_sessions, 13),
    "/sessions/{pk}": (_everything, 44),
}


def _growth(cast: Cast, fill: Fill, session: AgentSession, ask: Callable[[], int]) -> list[int]:
    counts = []
    ask()
    for more in (1, 9, 90):
        fill(cast, session, more)
        with CaptureQueriesContext(connection) as seen:
            assert ask() == 200
        counts.append(len(seen))
    return counts


@pytest.fixture
def session(cast: Cast) -> AgentSession:
    made = make(cast)
    prompting.prompt(cast.alice, made, content="go")
    return made


@pytest.mark.parametrize("path", LISTS)
def test_a_list_asks_the_same_at_any_length(cast: Cast, session: AgentSession, path: str) -> None:
    fill, most = LISTS[path]
    alice, address = Caller(cast.alice), path.format(pk=session.pk)
    joint = "&" if "?" in address else "?"

    counts = _growth(
        cast, fill, session, lambda: int(alice.get(f"{address}{joint}limit=200").status_code)
    )

    assert len(set(counts)) == 1, counts
    assert counts[0] <= most, counts


@pytest.mark.parametrize("path", PAGES)
def test_a_page_asks_the_same_at_any_length(cast: Cast, session: AgentSession, path: str) -> None:
    fill, most = PAGES[path]
    browser = Client()
    browser.force_login(cast.alice, backend="django.contrib.auth.backends.ModelBackend")
    address = path.format(pk=session.pk)

    counts = _growth(cast, fill, session, lambda: browser.get(address).status_code)

    assert len(set(counts)) == 1, counts
    assert counts[0] <= most, counts
