"""Operators' periodic tasks: planned in the admin, written by verbs alone."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.test import Client
from django_celery_beat.models import CrontabSchedule, PeriodicTask, PeriodicTasks

from kernel import duties
from kernel.errors import InvalidError, NotFoundError
from kernel.jobs.celery_tasks import run_duty_task
from operations.events import PeriodicTaskChanged, PeriodicTaskCreated, PeriodicTaskDeleted
from operations.services.periodic import (
    Plan,
    PlanExistsError,
    create_periodic_task,
    delete_periodic_task,
)
from tests.factories.cast import Cast
from tests.factories.facts import Facts, facts

__all__ = ["facts"]
PATH = "/operate/django_celery_beat/periodictask/"
PLAN = {
    "name": "Nightly",
    "duty": "kernel.idempotency",
    "cron": "30 4 * * 1",
    "timezone": "Europe/Berlin",
    "enabled": "on",
    "description": "",
}


@pytest.fixture
def olga(cast: Cast) -> Client:
    client = Client()
    client.force_login(cast.olga, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _plan(**change: Any) -> Plan:
    return Plan(**{"name": "N", "duty": "kernel.idempotency", "cron": "0 1 * * *", **change})


def test_a_plan_from_form_to_beat(cast: Cast, olga: Client, facts: Facts) -> None:
    answer = olga.post(f"{PATH}add/", PLAN)

    task = PeriodicTask.objects.get(name="Nightly")
    assert answer.status_code == 302
    assert (task.task, task.kwargs) == ("kernel.run_duty", '{"name": "kernel.idempotency"}')
    assert (task.crontab.hour, str(task.crontab.timezone)) == ("4", "Europe/Berlin")
    [made] = facts.of(PeriodicTaskCreated)
    assert made.data() == {"task_id": task.pk, "duty": "kernel.idempotency"}
    assert PeriodicTasks.last_change() is not None


def test_a_plan_changes_and_ends(cast: Cast, olga: Client, facts: Facts) -> None:
    olga.post(f"{PATH}add/", PLAN)
    task = PeriodicTask.objects.get(name="Nightly")
    page = olga.get(f"{PATH}{task.pk}/change/")

    assert page.context["adminform"].form.initial["cron"] == "30 4 * * 1"
    olga.post(f"{PATH}{task.pk}/change/", {**PLAN, "cron": "0 5 * * *"})
    olga.post(PATH, {"action": "disable", "_selected_action": [str(task.pk)]})
    task.refresh_from_db()
    assert (task.crontab.hour, task.enabled) == ("5", False)
    assert [f.enabled for f in facts.of(PeriodicTaskChanged)] == [True, False]
    assert olga.post(f"{PATH}{task.pk}/delete/", {"post": "yes"}).status_code == 302
    assert not PeriodicTask.objects.filter(pk=task.pk).exists()
    assert len(facts.of(PeriodicTaskDeleted)) == 1


def test_many_are_deleted_by_the_verb(cast: Cast, olga: Client, facts: Facts) -> None:
    rows = [
        create_periodic_task(cast.olga, PeriodicTask(), plan=_plan(name=name)) for name in "abc"
    ]
    body = {"action": "delete_selected", "_selected_action": [str(row.pk) for row in rows[:2]]}

    asked = olga.post(PATH, body)
    assert "Are you sure" in asked.content.decode()
    done = olga.post(PATH, {**body, "post": "yes"}, follow=True)

    assert [str(m) for m in done.context["messages"]] == ["2 deleted."]
    assert [row.name for row in PeriodicTask.objects.filter(name__in="abc")] == ["c"]
    assert len(facts.of(PeriodicTaskDeleted)) == 2


@pytest.mark.parametrize(
    "change",
    [
        {"cron": "every day"},
        {"cron": "61 * * * *"},
        {"cron": "* * * *"},
        {"timezone": "Mars/Olympus"},
        {"duty": "no.such.duty"},
        {"name": ""},
    ],
)
def test_a_wrong_plan_stays_on_the_form(cast: Cast, olga: Client, change: dict[str, str]) -> None:
    answer = olga.post(f"{PATH}add/", {**PLAN, **change})

    assert answer.status_code == 200
    assert answer.context["adminform"].form.errors
    assert not PeriodicTask.objects.filter(name="Nightly").exists()
    assert not CrontabSchedule.objects.filter(hour="4", minute="30").exists()


def test_a_taken_name_is_refused(cast: Cast, olga: Client) -> None:
    olga.post(f"{PATH}add/", PLAN)

    answer = olga.post(f"{PATH}add/", PLAN)

    assert "already" in answer.content.decode()
    with pytest.raises(PlanExistsError):
        create_periodic_task(cast.olga, PeriodicTask(), plan=_plan(name="Nightly"))


def test_only_operators_plan(cast: Cast) -> None:
    task = create_periodic_task(cast.olga, PeriodicTask(), plan=_plan())

    for person in (cast.alice, cast.bob, cast.dora, cast.anna):
        with pytest.raises(NotFoundError):
            create_periodic_task(person, PeriodicTask(), plan=_plan(name="Mine"))
        with pytest.raises(NotFoundError):
            delete_periodic_task(person, task)


def test_the_verb_knows_its_duties(cast: Cast) -> None:
    with pytest.raises(InvalidError):
        create_periodic_task(cast.olga, PeriodicTask(), plan=_plan(duty="rm -rf"))


def test_the_celery_task_runs_the_duty_once() -> None:
    ran: list[str] = []
    duties.duty("test.counted", every_seconds=9999)(lambda: ran.append("once"))
    try:
        run_duty_task("test.counted")
        run_duty_task("test.unknown")
    finally:
        del duties.registry["test.counted"]

    assert ran == ["once"]


@pytest.mark.django_db(transaction=True)
def test_the_admin_opens_no_transaction_around_a_verb(cast: Cast, olga: Client) -> None:
    outer: list[bool] = []

    def watch(execute: Any, *rest: Any) -> Any:
        outer.append(connection.in_atomic_block)
        return execute(*rest)

    with connection.execute_wrapper(watch):
        assert olga.post(f"{PATH}add/", PLAN).status_code == 302
    assert outer[0] is False
    assert PeriodicTask.objects.filter(name="Nightly").exists()
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        create_periodic_task(cast.olga, PeriodicTask(), plan=_plan(name="inside"))
