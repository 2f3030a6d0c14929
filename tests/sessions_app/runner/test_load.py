"""What a turn is told of an earlier run of its prompt."""

from __future__ import annotations

import pytest

from kernel.jobs import claim_next
from sessions_app.models import AgentSession, Run
from sessions_app.runner.load import load, turn_of
from sessions_app.runtimes.base import DoneCall
from sessions_app.services import creation, prompting, runs
from sessions_app.services.tool_calls import Asked, Outcome, finish_call, request_call, start_call
from tests.factories.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)


def lost_run(people: Cast) -> AgentSession:
    """A run that finished one call, was in the middle of a second, and had not begun a third."""
    spec = creation.SessionSpec(name="lost", runtime="model")
    session = creation.create_session(people.alice, people.acme, spec=spec)
    posted = prompting.prompt(people.alice, session, content="Build and ship.")
    lease = claim_next("runner", "test", seconds=6)
    loaded = load(posted.run_id)
    assert lease is not None
    assert loaded is not None
    held = {"job_id": lease.job_id, "job_epoch": lease.run.epoch, "sandbox_level": "bubblewrap"}
    run = runs.start_run(loaded.actor, session, run_id=posted.run_id, **held)
    assert run is not None
    fence = {"run_id": run.pk, "epoch": run.epoch}
    for command in ("make", "ship", "tell"):
        asked = Asked(
            call_id=command,
            tool="shell",
            input={"command": command},
            input_hash=command,
            verdict="allow",
        )
        call = request_call(loaded.actor, session, asked=asked, **fence)
        if command != "tell":
            start_call(loaded.actor, session, call_id=call.pk, level="bubblewrap", **fence)
        if command == "make":
            outcome = Outcome(status="ok", content="built\n")
            finish_call(loaded.actor, session, call_id=call.pk, outcome=outcome, **fence)
    runs.give_up(loaded.actor, session, code=runs.LOST, **fence)
    return AgentSession.objects.get(pk=session.pk)


def test_a_resumed_prompt_knows_what_the_lost_run_had_done() -> None:
    people = make_cast()
    session = lost_run(people)

    again = runs.resume(people.alice, session)
    loaded = load(again.pk)

    assert loaded is not None
    assert turn_of(loaded, Run.objects.get(pk=again.pk)).done == [
        DoneCall(tool="shell", arguments={"command": "make"}, content="built\n"),
        DoneCall(
            tool="shell",
            arguments={"command": "ship"},
            content="The run ended before this call did.",
            cut_off=True,
        ),
    ]


def test_another_prompt_is_told_nothing_of_it() -> None:
    people = make_cast()
    session = lost_run(people)

    posted = prompting.prompt(people.alice, session, content="Something else.")
    loaded = load(posted.run_id)

    assert loaded is not None
    assert turn_of(loaded, loaded.run).done == []
