"""The session's page before its island: every entry is reachable, nothing shows from the trash."""

from __future__ import annotations

import pytest

from sessions_app.models import AgentSession, Message
from sessions_app.selectors.page import SHOWN, page_of
from sessions_app.services import lifecycle, prompting, sharing
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.sessions_app.work import make


def _said(session: AgentSession, count: int) -> None:
    Message.objects.bulk_create(
        Message(session=session, role="user", content=str(n), seq=1000 + n) for n in range(count)
    )


@pytest.mark.parametrize("count", [SHOWN - 1, SHOWN, SHOWN + 1, 2 * SHOWN + 3])
def test_whoever_goes_back_sees_every_message_once(cast: Cast, count: int) -> None:
    session, seen, before = make(cast), [], 0
    _said(session, count)

    while True:
        page = page_of(cast.alice, session, before)
        seen = [entry["content"] for entry in page["transcript"]] + seen
        before = page["earlier"]
        if not before:
            break

    assert seen == [str(n) for n in range(count)]


@pytest.mark.parametrize("part", ["messages", "tool-calls"])
def test_the_content_of_a_trashed_session_is_closed(cast: Cast, part: str) -> None:
    session = make(cast)
    sharing.share(cast.alice, session, subject=cast.bob, role="viewer")
    path = f"/sessions/{session.pk}/{part}"
    assert Caller(cast.bob).get(path).status_code == 200

    lifecycle.trash(cast.alice, session)

    for person in (cast.alice, cast.bob):
        assert Caller(person).get(path).status_code == 404
    lifecycle.restore(cast.alice, session)
    prompting.prompt(cast.alice, session, content="back")
    assert Caller(cast.bob).get(path).status_code == 200
