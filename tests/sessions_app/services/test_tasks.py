"""Defining tasks: checked as a whole, kept in step with the kernel's schedule."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from identity.models import Membership
from kernel import clock
from kernel.errors import InvalidError, NotAllowedError, NotFoundError
from kernel.models.schedule import ScheduleRow
from marketplace.engine.spec import ServerSpec
from marketplace.services.servers import register_server
from sessions_app import duties
from sessions_app.engine.variables import Variable
from sessions_app.errors import NoScheduleError, TaskNotInTrashError, TaskTrashedError
from sessions_app.models import Task
from sessions_app.services import tasks
from sessions_app.services.tasks import Schedule
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts
from tests.sessions_app.assignments import define

__all__ = ["facts"]
NIGHTLY = Schedule(cron="0 3 * * *", timezone="Europe/Berlin", values={"word": "hello"})


def row(task: Task) -> ScheduleRow | None:
    return ScheduleRow.objects.filter(key=f"task:{task.pk}").first()


def pointers(wrong: pytest.ExceptionInfo[InvalidError]) -> list[str]:
    return [one["pointer"] for one in wrong.value.extra["errors"]]


def test_a_scheduled_task_is_a_row_of_the_kernels_schedule(cast: Cast) -> None:
    task = define(cast, schedule=NIGHTLY)

    due = row(task)
    assert due is not None
    assert (due.cron, due.timezone, due.enabled) == ("0 3 * * *", "Europe/Berlin", True)
    assert due.payload == {"task_id": str(task.pk)}
    assert due.organization_id == cast.acme.pk


@pytest.mark.parametrize(
    ("given", "at"),
    [
        ({"template": "/sh echo '{{word}}'"}, "/prompt_template"),
        ({"variables": [Variable(name="a"), Variable(name="a")]}, "/variables/1/name"),
        ({"tools": ["shell", "no way"]}, "/tools/1"),
        ({"tools": ["nowhere.log"]}, "/tools/0"),
        ({"schedule": Schedule(cron="0 3 * * *")}, "/schedule/variables/word"),
        (
            {"schedule": Schedule(cron="0 3 * * *", values={"word": "a", "other": 1})},
            "/schedule/variables/other",
        ),
        ({"schedule": Schedule(cron="at noon", values={"word": "a"})}, "/schedule/cron"),
        ({"schedule": Schedule(cron="0 0 31 2 *", values={"word": "a"})}, "/schedule/cron"),
        (
            {"schedule": Schedule(cron="* * * * *", timezone="Mars/One", values={"word": "a"})},
            "/schedule/cron",
        ),
    ],
)
def test_what_cannot_work_is_refused_at_its_place(
    cast: Cast, given: dict[str, Any], at: str
) -> None:
    with pytest.raises(InvalidError) as wrong:
        define(cast, **given)

    assert pointers(wrong) == [at]
    assert not Task.objects.exists()
    assert not ScheduleRow.objects.filter(key__startswith="task:").exists()


def test_a_servers_tools_need_the_server(cast: Cast) -> None:
    spec = ServerSpec(name="git", transport="stdio", command="mcp-server-git")
    register_server(cast.alice, cast.acme, spec=spec)

    assert define(cast, tools=["git.*", "shell(git log*)"]).tools == ["git.*", "shell(git log*)"]


def test_a_change_is_checked_with_all_that_stays(cast: Cast, facts: Facts) -> None:
    task = define(cast, schedule=NIGHTLY)

    with pytest.raises(InvalidError) as wrong:
        tasks.change_task(cast.alice, task, changes={"prompt_template": "/sh echo {{a}} {{word}}"})
    tasks.change_task(cast.alice, task, changes={"name": "Say it", "schedule": NIGHTLY})

    assert pointers(wrong) == ["/schedule/variables/a"]
    assert [f.fields for f in facts.of(tasks.TaskChanged)] == [["name"]]
    assert Task.objects.get(pk=task.pk).prompt_template == "/sh echo {{word}}"


def test_a_change_of_the_name_passes_over_no_due_time(cast: Cast) -> None:
    task = define(cast, schedule=NIGHTLY)
    before = row(task)
    assert before is not None

    with clock.shifted(days=2):
        tasks.change_task(cast.alice, task, changes={"name": "Say it"})

    after = row(task)
    assert after is not None
    assert after.next_due_at == before.next_due_at


def test_the_schedule_rests_goes_on_and_goes(cast: Cast) -> None:
    task = define(cast, schedule=NIGHTLY)

    tasks.pause_task(cast.alice, task)
    paused = row(task)
    with clock.shifted(days=2):
        tasks.resume_task(cast.alice, task)
        resumed = row(task)
        tasks.change_task(cast.alice, task, changes={"schedule": None})
        assert resumed is not None
        assert resumed.next_due_at > clock.now()

    assert paused is not None
    assert (paused.enabled, resumed.enabled, row(task)) == (False, True, None)
    with pytest.raises(NoScheduleError):
        tasks.pause_task(cast.alice, task)


def test_nothing_is_due_in_the_trash_and_restore_undoes_it(cast: Cast) -> None:
    task = define(cast, schedule=NIGHTLY)

    tasks.trash_task(cast.alice, task)
    trashed = row(task)
    with pytest.raises(TaskTrashedError):
        tasks.change_task(cast.alice, task, changes={"name": "x"})
    tasks.restore_task(cast.alice, task)
    back = row(task)

    assert trashed is not None
    assert back is not None
    assert (trashed.enabled, back.enabled) == (False, True)
    with pytest.raises(TaskNotInTrashError):
        tasks.restore_task(cast.alice, task)


def test_retention_empties_what_lay_in_the_trash(cast: Cast, settings: Any) -> None:
    task = define(cast, schedule=NIGHTLY, variables=[Variable(name="word", default="secret word")])
    tasks.trash_task(cast.alice, task)

    duties.retain()
    kept = Task.objects.get(pk=task.pk)
    with clock.shifted(days=settings.TRASH_DAYS, minutes=1):
        duties.retain()
        duties.retain()

    gone = Task.objects.get(pk=task.pk)
    assert kept.purged_at is None
    assert (gone.name, gone.prompt_template, gone.variables) == ("[purged]", "", [])
    assert gone.schedule_values == {}
    assert row(task) is None
    with pytest.raises(NotFoundError):
        tasks.restore_task(cast.alice, task)


def test_a_private_task_is_its_owners_and_a_shared_one_changes_for_nobody_else(cast: Cast) -> None:
    private, shared = define(cast), define(cast, visibility="organization", schedule=NIGHTLY)
    Membership.objects.filter(user=cast.bob).update(role="admin")

    with pytest.raises(NotFoundError):
        tasks.pause_task(cast.bob, private)
    with pytest.raises(NotAllowedError):
        tasks.change_task(cast.bob, shared, changes={"name": "x"})
    with pytest.raises(NotAllowedError):
        tasks.pause_task(cast.charlie, shared)
    assert tasks.pause_task(cast.bob, shared).is_paused


def test_due_times_follow_the_time_zone_across_daylight_saving(cast: Cast) -> None:
    berlin = Schedule(cron="30 7 * * *", timezone="Europe/Berlin", values={"word": "a"})
    due = row(define(cast, schedule=berlin))

    assert due is not None
    assert due.next_due_at.utcoffset() == timedelta(0)
    assert due.next_due_at.minute == 30
    assert due.next_due_at.hour in {5, 6}
