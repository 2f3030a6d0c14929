"""A turn from prompt to result, driven by the real runner in the real sandbox."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from identity.services.stops import stop
from kernel.threads import threaded
from sessions_app.models import AgentSession, Approval, Run, SessionEvent, ToolCall
from sessions_app.services import approvals, creation, prompting
from tests.factories.cast import Cast, make_cast
from tests.factories.turns import drive, drive_all

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


def test_a_halt_ends_a_running_command_and_the_turn_says_why(people: Cast) -> None:
    session = session_of(people)
    posted = prompting.prompt(people.alice, session, content="/sh touch began; sleep 300")

    async def scene() -> float:
        turn = asyncio.create_task(drive())
        while not await calls_running():
            await asyncio.sleep(0.05)
        began = time.monotonic()
        await threaded(stop)(people.alice, people.acme, reason="a leak")
        await turn
        return time.monotonic() - began

    seconds = asyncio.run(scene())

    run = Run.objects.get(pk=posted.run_id)
    assert (run.status, run.error_code) == ("cancelled", "stopped")
    assert "a leak" in run.error
    assert ToolCall.objects.get(session=session).status == "cancelled"
    assert seconds < 30  # a generous net: five seconds are measured in benchmarks/stop.py


def test_a_halted_tool_is_denied_with_the_reason_and_the_turn_goes_on(people: Cast) -> None:
    session = session_of(people)
    stop(people.alice, people.acme, tool="shell", reason="a leak")

    posted = prompting.prompt(people.alice, session, content="/sh echo hello")
    drive_all()

    call = ToolCall.objects.get(session=session)
    assert call.status == "denied"
    assert "a leak" in call.content
    assert Run.objects.get(pk=posted.run_id).status == "completed"


@threaded
def calls_running() -> bool:
    return ToolCall.objects.filter(status="running").exists()
