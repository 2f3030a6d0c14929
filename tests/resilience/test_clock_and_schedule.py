"""Five days of clock over an approval, and schedules watched by two keepers or two beats."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from celery import Celery
from django.db import connections
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from kernel import clock
from kernel.jobs import claim_next
from kernel.keeper import Keeper
from kernel.models import Job
from kernel.models.schedule import ScheduleRow
from kernel.schedule import put
from kernel.schedule.beat import LeadingScheduler
from kernel.schedule.rows import Timing, fire_due
from kernel.threads import threaded
from sessions_app import duties
from sessions_app.models import AgentSession, Approval, Run, ToolCall
from sessions_app.runner.sandboxing import choose
from sessions_app.runner.turn import Turn
from sessions_app.services import approvals, creation, prompting, sharing
from tests.factories.cast import Cast, make_cast

pytestmark = pytest.mark.django_db(transaction=True)
KIND = "tests.nothing"


@pytest.fixture
def people() -> Cast:
    return make_cast()


def drive_all() -> None:
    """A runner that has just started, drives what is due, and ends."""

    async def main() -> None:
        enclosure = await choose("test")
        while (lease := await threaded(claim_next)("runner", "test", seconds=6)) is not None:
            await Turn(lease=lease, enclosure=enclosure).drive()

    asyncio.run(main())


def test_an_approval_given_after_five_days_runs_its_call_exactly_once(people: Cast) -> None:
    spec = creation.SessionSpec(name="patience", sdk_options={})
    session = creation.create_session(people.alice, people.acme, spec=spec)
    sharing.share(people.alice, session, subject=people.bob, role="editor")
    posted = prompting.prompt(people.alice, session, content="/sh rm -rf build; echo x >> log")
    drive_all()
    assert AgentSession.objects.get(pk=session.pk).status == "waiting"

    with clock.shifted(days=5):
        for duty in (duties.expire_approvals, duties.fail_undriven, duties.fail_lost):
            duty()
        duties.retain()
        approval = Approval.objects.get(session=session)
        assert approval.status == "pending"
        approvals.approve(people.bob, approval)
        approvals.approve(people.bob, Approval.objects.get(pk=approval.pk))
        drive_all()
        drive_all()
        prompting.prompt(people.bob, session, content="/read log")
        drive_all()

    assert Run.objects.get(pk=posted.run_id).status == "completed"
    assert [c.content for c in ToolCall.objects.filter(tool="read_file")] == ["x\n"]
    assert Approval.objects.get(session=session).decided_by_id == people.bob.pk


def in_threads(count: int, deed: Callable[[], Any]) -> None:
    """Do it in so many threads at the same moment, each with a connection of its own."""
    start = threading.Barrier(count)

    def work() -> None:
        start.wait()
        try:
            deed()
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def fired(row: ScheduleRow) -> list[str]:
    jobs = Job.objects.filter(kind=KIND, key__startswith=f"schedule:{row.pk}:")
    return sorted(job.payload["due_at"] for job in jobs)


def test_two_keepers_fire_each_due_time_once() -> None:
    rows = [put(f"two-keepers-{n}", Timing(kind=KIND, cron="* * * * *")) for n in range(5)]
    expected = {row.pk: row.next_due_at.isoformat() for row in rows}

    with clock.shifted(seconds=61):
        in_threads(2, lambda: Keeper().round())
        in_threads(2, fire_due)

    assert {row.pk: fired(row) for row in rows} == {pk: [at] for pk, at in expected.items()}


def test_times_missed_while_nobody_kept_watch_fire_once() -> None:
    row = put("missed", Timing(kind=KIND, cron="*/5 * * * *"))
    first = row.next_due_at

    with clock.shifted(hours=7):
        in_threads(3, fire_due)
        again = ScheduleRow.objects.get(pk=row.pk)
        assert again.next_due_at > clock.now()
        assert again.next_due_at - clock.now() <= timedelta(minutes=5)

    assert fired(row) == [first.isoformat()]


def test_a_periodic_task_fires_once_with_two_beats_also_when_the_leader_dies() -> None:
    app = Celery("two-beats", broker="memory://", set_as_current=False)
    app.conf.beat_sync_every = 1
    PeriodicTask.objects.create(
        name="hourly",
        task="kernel.run_duty",
        kwargs='{"name": "kernel.jobs"}',
        interval=IntervalSchedule.objects.create(every=1, period=IntervalSchedule.HOURS),
        last_run_at=clock.now() - timedelta(hours=2),
    )
    first, second = (LeadingScheduler(app=app, max_interval=1) for _ in range(2))

    for beat in (first, second) * 3:
        beat.tick()
    assert messages(app) == 1
    first.resign()
    for _ in range(3):
        second.tick()
    second.close()

    assert messages(app) == 1
    assert PeriodicTask.objects.get(name="hourly").total_run_count == 1


def messages(app: Celery) -> int:
    """How many messages wait in the broker."""
    with app.connection_for_read() as broker:
        return int(broker.default_channel.queue_declare("celery", passive=False).message_count)
