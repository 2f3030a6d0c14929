"""Sessions tell the marketplace who uses a server."""

from __future__ import annotations

from kernel.ids import uuid7
from sessions_app.models import AgentSession, SessionServer, WorkingDirectory
from sessions_app.subscribers import sessions_with
from tests.factories.cast import Cast


def test_sessions_with_a_server_are_counted(cast: Cast) -> None:
    used, unused = uuid7(), uuid7()
    for name in ("a", "b"):
        place = WorkingDirectory.objects.create(organization=cast.acme)
        session = AgentSession.objects.create(
            organization=cast.acme, owner=cast.alice, name=name, working_directory=place
        )
        SessionServer.objects.create(session=session, server_id=used)

    assert dict(sessions_with([used, unused])) == {used: 2}
