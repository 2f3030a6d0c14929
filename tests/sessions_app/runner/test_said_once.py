"""A run continued after an approval, by an agent that can only begin again."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Any

import pytest

from sessions_app.models import Approval, Message, Run, SessionEvent, ToolCall
from sessions_app.services import approvals, creation, prompting
from tests.factories.cast import make_cast
from tests.sessions_app.runner.test_turn import drive_all

pytestmark = pytest.mark.django_db(transaction=True)
AGENT = Path(__file__).parents[2] / "standins" / "bare_agent.py"


def test_it_does_not_say_again_what_everybody_has_read(tmp_path: Path, settings: Any) -> None:
    settings.WORKSPACE_ROOTS = [str(tmp_path)]
    settings.ACP_COMMAND = ["/usr/bin/python3", "/workspace/agent.py"]
    shutil.copy(AGENT, tmp_path / "agent.py")
    people = make_cast()
    spec = creation.SessionSpec(name="clean", runtime="acp")
    session = creation.create_session(people.alice, people.acme, spec=spec)
    session.working_directory.seed = str(tmp_path)
    session.working_directory.save()

    posted = prompting.prompt(people.alice, session, content="Clean up.")
    drive_all()
    run = Run.objects.get(pk=posted.run_id)
    assert (run.status, run.error) == ("waiting", "")
    approvals.approve(people.alice, Approval.objects.get(session=session))
    drive_all()

    run.refresh_from_db()
    assert (run.status, run.error, run.attempt) == ("completed", "", 2)
    [call] = ToolCall.objects.filter(session=session)
    assert call.status == "ok", call.content
    said = Message.objects.filter(session=session, role="assistant").order_by("seq")
    assert [message.content for message in said] == ["I will clean up.", " It is clean: 0."]
    ends = SessionEvent.objects.filter(session=session, type="TEXT_MESSAGE_END", actor_kind="agent")
    assert ends.count() == 2
