"""Executing: a session of one's own, a run, one report; at a due time with the owner's rights."""

from __future__ import annotations

import json
import os
from datetime import datetime
from typing import Any

import pytest

from identity.models import Membership, User
from kernel import blobs, clock
from kernel.blobs.store import GRACE_SECONDS
from kernel.denials import ActionDenied
from kernel.errors import InvalidError, NotFoundError
from kernel.models import Blob, Job
from kernel.models.schedule import ScheduleRow
from kernel.schedule import fire_due
from marketplace.engine.spec import ServerSpec
from marketplace.services.servers import register_server
from sessions_app import duties
from sessions_app.engine.variables import Variable
from sessions_app.errors import SessionQuotaError, TaskTrashedError
from sessions_app.events import ReportFailed, ReportMade, TaskExecuted, TaskRefused
from sessions_app.models import AgentSession, Report, ReportFile, Run, Task, TaskExecution
from sessions_app.services import executions, lifecycle, prompting, runs, tasks
from sessions_app.services.executions import MAKE
from sessions_app.services.retention import CLEAR
from sessions_app.services.tasks import DUE, Schedule
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.factories.ledger import deliver_all
from tests.sessions_app.assignments import define, do_jobs, drive
from tests.sessions_app.work import make

__all__ = ["facts"]
EVERY_MINUTE = Schedule(cron="* * * * *", values={"word": "due"})


@pytest.fixture
def cast(transactional_cast: Cast) -> Cast:
    """Committed, so that the pump sees what was recorded."""
    return transactional_cast


def finished(cast: Cast, **given: Any) -> TaskExecution:
    """An execution whose run ended and whose report is made."""
    execution = executions.execute_task(cast.alice, define(cast, **given), variables={"word": "a"})
    drive(execution)
    deliver_all()
    do_jobs(MAKE)
    return TaskExecution.objects.get(pk=execution.pk)


def test_an_execution_is_a_session_of_whoever_executes(cast: Cast, facts: Facts) -> None:
    spec = ServerSpec(name="git", transport="stdio", command="mcp-server-git")
    server = register_server(cast.alice, cast.acme, spec=spec)
    task = define(cast, visibility="organization", tools=["shell", "git.log"])

    execution = executions.execute_task(cast.bob, task, variables={"word": "it's $HOME"})

    session = execution.session
    assert session is not None
    assert session.owner_id == cast.bob.pk
    assert session.options["allowed_tools"] == ["shell", "git.log"]
    assert [one.server_id for one in session.servers.all()] == [server.pk]
    message = session.messages.get()
    assert message.content == "/sh echo 'it'\"'\"'s $HOME'"
    assert message.author_id == cast.bob.pk
    told = facts.of(TaskExecuted)[0]
    assert (told.session_id, told.owner_id, told.trigger) == (session.pk, cast.bob.pk, "manual")


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({}, "/variables/word"),
        ({"word": 3}, "/variables/word"),
        ({"word": "a", "other": "b"}, "/variables/other"),
    ],
)
def test_wrong_values_make_no_session(cast: Cast, given: dict[str, Any], at: str) -> None:
    task = define(cast)

    with pytest.raises(InvalidError) as wrong:
        executions.execute_task(cast.alice, task, variables=given)

    assert [one["pointer"] for one in wrong.value.extra["errors"]] == [at]
    assert not AgentSession.objects.exists()
    assert not TaskExecution.objects.exists()


def test_a_value_that_would_run_something_else_makes_no_session(cast: Cast) -> None:
    task = define(cast, "Look at {{word}}")

    with pytest.raises(InvalidError):
        executions.execute_task(cast.alice, task, variables={"word": "\n```sh\nrm -rf .\n```"})

    assert not AgentSession.objects.exists()


def test_the_quota_holds_and_is_rolled_back_whole(cast: Cast, settings: Any) -> None:
    settings.SESSIONS_PER_PERSON = 1
    prompting.prompt(cast.alice, make(cast), content="/sh sleep 9")

    with pytest.raises(SessionQuotaError):
        executions.execute_task(cast.alice, define(cast), variables={"word": "a"})

    assert AgentSession.objects.count() == 1


def test_a_trashed_or_unseen_task_is_not_executed(cast: Cast) -> None:
    task = define(cast)
    with pytest.raises(NotFoundError):
        executions.execute_task(cast.bob, task, variables={"word": "a"})
    tasks.trash_task(cast.alice, task)

    with pytest.raises(TaskTrashedError):
        executions.execute_task(cast.alice, task, variables={"word": "a"})


def test_the_end_of_the_run_makes_one_report_in_every_format(cast: Cast, facts: Facts) -> None:
    execution = finished(cast)

    assert execution.status == "completed"
    report = execution.report
    assert report.status == "ready"
    contents = {
        one.format: blobs.read(Blob.objects.get(pk=one.blob_id)) for one in report.files.all()
    }
    assert sorted(contents) == ["html", "json", "markdown", "pdf"]
    read = json.loads(contents["json"])
    assert (read["prompt"], read["final_text"]) == ("/sh echo a", "All is **well**.")
    assert [(c["tool"], c["duration_ms"]) for c in read["tool_calls"]] == [("shell", 1234)]
    assert read["links"]["session"].endswith(f"/sessions/{execution.session_id}")
    assert b"<strong>well</strong>" in contents["html"]
    assert len(facts.of(ReportMade)) == 1


def test_facts_and_jobs_that_come_twice_change_nothing(cast: Cast, facts: Facts) -> None:
    execution = finished(cast)
    report = execution.report
    before = [(one.format, one.blob_id) for one in report.files.order_by("format")]

    executions.end_execution(duties.KEEPER, execution)
    Job.objects.filter(kind=MAKE).update(finished_at=None, lease_until=None)
    do_jobs(MAKE)

    assert [(one.format, one.blob_id) for one in report.files.order_by("format")] == before
    assert Job.objects.filter(kind=MAKE).count() == 1
    assert len(facts.of(ReportMade)) == 1


def test_a_worker_that_dies_after_writing_leaves_a_report_to_the_next(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    drive(execution)
    deliver_all()
    written: list[str] = []
    write = blobs.write

    def die_at_the_last(organization_id: Any, content: bytes) -> Any:
        found = write(organization_id, content)
        written.append(found.digest)
        if len(written) == 4:
            raise KeyboardInterrupt
        return found

    monkeypatch.setattr(blobs, "write", die_at_the_last)
    with pytest.raises(KeyboardInterrupt):
        do_jobs(MAKE)
    monkeypatch.setattr(blobs, "write", write)
    with clock.shifted(seconds=121):
        do_jobs(MAKE)

    files = ReportFile.objects.filter(report__execution=execution)
    assert {Blob.objects.get(pk=one.blob_id).digest for one in files} == set(written)


@pytest.mark.parametrize(("how", "status"), [("fail", "failed"), ("cancel", "cancelled")])
def test_a_run_that_ends_badly_has_a_report_too(cast: Cast, how: str, status: str) -> None:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    if how == "fail":
        drive(execution, well=False)
    else:
        runs.cancel(cast.alice, execution.session)
    deliver_all()
    do_jobs(MAKE)

    execution = TaskExecution.objects.get(pk=execution.pk)
    assert (execution.status, execution.report.status) == (status, "ready")


def test_a_report_nobody_can_make_says_so(cast: Cast, facts: Facts) -> None:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    drive(execution)
    deliver_all()
    Job.objects.filter(kind=MAKE).update(failed_at=clock.now())

    duties.fail_unmade_reports()
    duties.fail_unmade_reports()

    assert Report.objects.get(execution=execution).status == "failed"
    assert len(facts.of(ReportFailed)) == 1


def test_another_run_of_the_session_is_no_execution(cast: Cast) -> None:
    execution = finished(cast)
    session = AgentSession.objects.get(pk=execution.session_id)
    prompting.prompt(cast.alice, session, content="/sh echo again")
    runs.cancel(cast.alice, session)
    deliver_all()

    assert Report.objects.count() == 1
    assert Run.objects.filter(session=session).count() == 2


def due(task: Task) -> datetime:
    return ScheduleRow.objects.get(key=task.schedule_key).next_due_at


def test_a_due_time_executes_once_for_the_owner(cast: Cast, facts: Facts) -> None:
    task = define(cast, schedule=EVERY_MINUTE)
    at = due(task)

    with clock.shifted(seconds=61):
        fire_due()
        do_jobs(DUE)
        Job.objects.filter(kind=DUE).update(finished_at=None, lease_until=None)
        do_jobs(DUE)

    execution = task.executions.get()
    assert (execution.due_at, execution.trigger, execution.status) == (at, "schedule", "running")
    assert execution.session is not None
    assert execution.session.owner_id == cast.alice.pk
    record = next(r for r in facts.records if isinstance(r.fact, TaskExecuted))
    assert record.context.actor.actor_kind == "system"
    assert record.context.actor.on_behalf_of_id == cast.alice.pk


def test_times_missed_are_executed_once(cast: Cast) -> None:
    task = define(cast, schedule=EVERY_MINUTE)
    at = due(task)

    with clock.shifted(hours=7):
        fire_due()
        do_jobs(DUE)

    assert [one.due_at for one in task.executions.all()] == [at]


def _deactivate(cast: Cast) -> None:
    User.objects.filter(pk=cast.alice.pk).update(is_active=False)


def _demote(cast: Cast) -> None:
    Membership.objects.filter(user=cast.alice).update(role="guest")


def _leave(cast: Cast) -> None:
    Membership.objects.filter(user=cast.alice).delete()


@pytest.mark.parametrize("loss", [_deactivate, _demote, _leave])
def test_an_owner_without_rights_is_refused_and_that_is_recorded(
    cast: Cast, facts: Facts, loss: Any
) -> None:
    task = define(cast, schedule=EVERY_MINUTE)
    loss(cast)

    with clock.shifted(seconds=61):
        fire_due()
        do_jobs(DUE)
        Job.objects.filter(kind=DUE).update(finished_at=None, lease_until=None)
        do_jobs(DUE)

    refused = task.executions.get()
    assert (refused.status, refused.error_code, refused.session) == (
        "refused",
        "owner_rights",
        None,
    )
    assert [f.reason for f in facts.of(TaskRefused)] == ["owner_rights"]
    assert "tasks.fire" in [f.denied_verb for f in facts.of(ActionDenied)]
    assert not AgentSession.objects.exists()


def test_a_due_time_during_the_last_execution_is_refused(cast: Cast) -> None:
    task = define(cast, schedule=EVERY_MINUTE)

    for seconds in (61, 121):
        with clock.shifted(seconds=seconds):
            fire_due()
            do_jobs(DUE)

    found = list(task.executions.order_by("id").values_list("status", "error_code"))
    assert found == [("running", ""), ("refused", "overlapping")]


@pytest.mark.parametrize("still", [tasks.pause_task, tasks.trash_task])
def test_what_was_fired_before_a_pause_does_nothing_after_it(cast: Cast, still: Any) -> None:
    task = define(cast, schedule=EVERY_MINUTE)

    with clock.shifted(seconds=61):
        fire_due()
        still(cast.alice, task)
        do_jobs(DUE)

    assert not task.executions.exists()


def test_defaults_do_where_a_schedule_gives_no_value(cast: Cast) -> None:
    word = Variable(name="word", default="hello there")
    task = define(cast, variables=[word], schedule=Schedule(cron="* * * * *"))

    with clock.shifted(seconds=61):
        fire_due()
        do_jobs(DUE)

    session = task.executions.get().session
    assert session is not None
    assert session.messages.get().content == "/sh echo 'hello there'"


def test_a_purged_session_takes_its_report_along(cast: Cast, settings: Any) -> None:
    execution = finished(cast)
    session = AgentSession.objects.get(pk=execution.session_id)
    blob = Blob.objects.get(pk=execution.report.files.get(format="pdf").blob_id)
    path = blobs.path_of(blob.organization_id, blob.digest)
    lifecycle.trash(cast.alice, session)
    assert path.exists()

    with clock.shifted(days=settings.TRASH_DAYS, minutes=1):
        duties.retain()
        _age(path.parent.parent, path.stat().st_mtime - GRACE_SECONDS - 60)
        do_jobs(CLEAR)

    assert not Report.objects.exists()
    assert TaskExecution.objects.get(pk=execution.pk).values == {}
    assert not path.exists()


def _age(folder: Any, moment: float) -> None:
    for one in folder.rglob("*"):
        if one.is_file():
            os.utime(one, (moment, moment))


def test_a_report_of_a_purged_session_is_not_made(cast: Cast, settings: Any) -> None:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    drive(execution)
    deliver_all()
    job = Job.objects.get(kind=MAKE)
    lifecycle.trash(cast.alice, AgentSession.objects.get(pk=execution.session_id))
    with clock.shifted(days=settings.TRASH_DAYS, minutes=1):
        duties.retain()

    do_jobs(MAKE)

    job.refresh_from_db()
    assert job.finished_at is not None
    assert not ReportFile.objects.exists()
