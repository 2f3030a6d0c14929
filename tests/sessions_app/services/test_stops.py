"""What a halt does to sessions: nothing starts, nothing is lost, everything goes on afterwards."""

from __future__ import annotations

import pytest

from identity.errors import StoppedError
from identity.services.stops import resume_work, stop
from kernel.jobs import claim_next
from kernel.jobs.held import NEVER
from kernel.models import Job
from sessions_app.models import AgentSession, SessionEvent
from sessions_app.selectors.stops import require_under_way
from sessions_app.services import approvals, prompting, runs
from tests.factories.cast import Cast
from tests.factories.racing import at_once
from tests.sessions_app.work import Work, make


def claimed(work: Work) -> Work | None:
    """Claim the next turn and take its run, as a runner does; None when it may not start."""
    lease = claim_next("runner", "test", seconds=6)
    assert lease is not None
    run = runs.start_run(
        work.actor,
        work.session,
        run_id=work.run.pk,
        job_id=lease.job_id,
        job_epoch=lease.run.epoch,
        sandbox_level="bubblewrap",
    )
    if run is None:
        return None
    work.run = run
    return work


def status(session: AgentSession) -> str:
    session.refresh_from_db()
    return session.status


def test_a_prompt_and_a_resume_are_refused_and_change_nothing(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="go")
    runs.cancel(cast.alice, session)
    events = SessionEvent.objects.count()
    stop(cast.alice, cast.acme, person=cast.alice, reason="a leak")

    with pytest.raises(StoppedError, match="a leak"):
        prompting.prompt(cast.alice, session, content="again")
    with pytest.raises(StoppedError, match="a leak"):
        runs.resume(cast.alice, session)

    assert (session.runs.count(), SessionEvent.objects.count()) == (1, events)


def test_a_halt_of_somebody_else_halts_nothing_here(cast: Cast) -> None:
    session = make(cast)
    stop(cast.alice, cast.acme, person=cast.bob)
    stop(cast.alice, cast.acme, tool="shell")

    prompting.prompt(cast.alice, session, content="go")

    assert claimed(Work(session)) is not None


def test_a_queued_prompt_keeps_its_place_and_goes_on(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="go")
    first, second = stop(cast.alice, cast.acme), stop(cast.alice, cast.acme, person=cast.alice)

    assert claimed(Work(session)) is None
    assert claim_next("runner", "test", seconds=6) is None
    assert status(session) == "queued"
    job = Job.objects.get(payload__run_id=str(Work(session).run.pk))
    assert (job.run_at, job.attempts, job.lease_until) == (NEVER, 0, None)

    resume_work(cast.alice, first)
    assert claimed(Work(session)) is None
    resume_work(cast.alice, second)
    work = claimed(Work(session))

    assert work is not None
    assert (work.run.status, work.run.attempt) == ("running", 1)


def test_a_turn_that_is_cut_says_why_and_the_next_one_waits(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    work = claimed(Work(session))
    assert work is not None
    call = work.ask("allow")
    work.execute(call)
    prompting.prompt(cast.alice, session, content="two")
    made = stop(cast.alice, cast.acme, reason="a leak")

    with pytest.raises(StoppedError) as cut:
        require_under_way(work.run.pk, work.run.epoch)
    work.do(runs.halt, reason=cut.value.detail)

    work.run.refresh_from_db()
    assert (work.run.status, work.run.error_code) == ("cancelled", "stopped")
    last = SessionEvent.objects.filter(session=session, type="RUN_FINISHED").get()
    assert last.data == {"outcome": "cancelled", "reason": cut.value.detail}
    assert "a leak" in cut.value.detail
    call.refresh_from_db()
    assert call.status == "cancelled"
    following = Work(session)
    assert claimed(following) is None
    assert status(session) == "queued"
    resume_work(cast.alice, made)
    assert claimed(following) is not None


def test_an_approval_given_meanwhile_waits_too(cast: Cast) -> None:
    session = make(cast)
    prompting.prompt(cast.alice, session, content="one")
    work = claimed(Work(session))
    assert work is not None
    work.ask()
    work.do(runs.suspend, state=None)
    Job.objects.update(finished_at="2026-01-01T00:00:00Z")
    made = stop(cast.alice, cast.acme)

    approvals.approve(cast.alice, work.run.approvals.get())
    assert claimed(work) is None
    resume_work(cast.alice, made)

    again = claimed(work)
    assert again is not None
    assert again.run.attempt == 2


def test_a_halted_tool_cuts_the_turn_that_calls_it_and_no_other(cast: Cast) -> None:
    session, other = make(cast), make(cast)
    for one in (session, other):
        prompting.prompt(cast.alice, one, content="go")
    working = [Work(session).start(), Work(other).start()]
    working[0].execute(working[0].ask("allow"))
    stop(cast.alice, cast.acme, tool="shell")

    with pytest.raises(StoppedError, match="the tool shell"):
        require_under_way(working[0].run.pk, working[0].run.epoch)
    require_under_way(working[1].run.pk, working[1].run.epoch)


def test_resuming_at_the_moment_a_turn_is_put_off_loses_nothing(transactional_cast: Cast) -> None:
    cast = transactional_cast
    for _ in range(5):
        session = make(cast)
        prompting.prompt(cast.alice, session, content="go")
        made, work = stop(cast.alice, cast.acme), Work(session)

        at_once(lambda: claimed(work), lambda: resume_work(cast.alice, made))  # noqa: B023

        running = session.runs.get().status == "running"
        assert running or claimed(Work(session)) is not None
        runs.cancel(cast.alice, session)
        Job.objects.update(finished_at="2026-01-01T00:00:00Z")
