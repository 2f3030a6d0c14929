"""A turn from prompt to result, driven by the real runner in the real sandbox."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.models import AgentSession, Approval, Run, SessionEvent, ToolCall
from sessions_app.services import approvals, creation, prompting
from tests.factories.cast import Cast, make_cast
from tests.factories.turns import drive_all

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def people() -> Cast:
    return make_cast()


def session_of(cast: Cast, **options: Any) -> AgentSession:
    spec = creation.SessionSpec(name="turn", sdk_options=options)
    return creation.create_session(cast.alice, cast.acme, spec=spec)


def events(session: AgentSession) -> list[tuple[str, str]]:
    rows = SessionEvent.objects.filter(session=session).order_by("seq")
    return [(row.type, row.data.get("name", "")) for row in rows]


def test_a_shell_command_runs_in_the_sandbox_and_its_result_is_in_the_stream(people: Cast) -> None:
    session = session_of(people)

    posted = prompting.prompt(people.alice, session, content="/sh echo hello; id -u; pwd")
    drive_all()

    call = ToolCall.objects.get(session=session)
    assert call.status == "ok", call.content
    assert call.content.splitlines()[0] == "hello"
    assert call.content.splitlines()[1] != "0"
    assert call.sandbox_level == "bubblewrap"
    assert Run.objects.get(pk=posted.run_id).status == "completed"
    kinds = [kind for kind, _ in events(session)]
    assert kinds.count("RUN_STARTED") == kinds.count("RUN_FINISHED") == 1
    assert kinds.count("TOOL_CALL_RESULT") == 1
    session.refresh_from_db()
    assert session.status == "idle"


def test_a_dangerous_command_waits_and_runs_exactly_once_after_approval(people: Cast) -> None:
    session = session_of(people)

    posted = prompting.prompt(people.alice, session, content="/sh rm -rf build; echo x >> log")
    drive_all()

    session.refresh_from_db()
    assert session.status == "waiting"
    approval = Approval.objects.get(session=session)
    approvals.approve(people.alice, approval)
    approvals.approve(people.alice, Approval.objects.get(pk=approval.pk))
    drive_all()
    prompting.prompt(people.alice, session, content="/read log")
    drive_all()

    assert Run.objects.get(pk=posted.run_id).status == "completed"
    assert [c.content for c in ToolCall.objects.filter(tool="read_file")] == ["x\n"]
