"""Pages of tasks, executions and reports, without scripts."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from kernel.actors import SystemActor
from sessions_app.engine.variables import Variable
from sessions_app.models import Report, Task, TaskExecution
from sessions_app.services import executions, tasks
from sessions_app.services.executions import MAKE
from tests.factories.cast import Cast
from tests.sessions_app.assignments import define, do_jobs, drive
from tests.sessions_app.web.test_pages import browser

FORM = {
    "name": "Disk space",
    "prompt_template": "/sh du -sh {{where}}\r\n/sh df -h {{disk}}",
    "variables": "where: string = . # the folder\r\ndisk: choice(/, /tmp) = /",
    "runtime": "embedded",
    "report_format": "pdf",
    "tools": "shell",
    "visibility": "private",
    "cron": "0 7 * * 1-5",
    "timezone": "Europe/Berlin",
    "schedule_values": "where = logs",
}
HOSTILE = '<script>alert(1)</script>"onmouseover="x'


def test_a_task_is_defined_by_its_form_and_edited_by_the_same(cast: Cast) -> None:
    alice = browser(cast.alice)

    made = alice.post(reverse("tasks:new"), FORM)
    task = Task.objects.get()
    edit = reverse("tasks:edit", args=[task.pk])
    shown = alice.get(edit).context["form"]
    given = {name: shown[name].value() for name in FORM}
    same = alice.post(edit, given)

    assert made["Location"] == same["Location"] == reverse("tasks:detail", args=[task.pk])
    assert task.prompt_template == "/sh du -sh {{where}}\n/sh df -h {{disk}}"
    assert tasks.spec_of(task).variables == [
        Variable(name="where", default=".", description="the folder"),
        Variable(name="disk", type="choice", choices=("/", "/tmp"), default="/"),
    ]
    assert (task.tools, task.schedule_values) == (["shell"], {"where": "logs"})
    assert tasks.spec_of(Task.objects.get()) == tasks.spec_of(task)


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"prompt_template": "/sh du '{{where}}'"}, "prompt_template"),
        ({"cron": "at seven"}, "cron"),
        ({"schedule_values": "nowhere = a"}, "schedule_values"),
        ({"schedule_values": "where"}, "schedule_values"),
        ({"variables": "where: place"}, "variables"),
        ({"variables": "where: integer = many"}, "variables"),
        ({"tools": "no way"}, "tools"),
    ],
)
def test_a_fault_stands_at_its_field_with_all_that_was_typed(
    cast: Cast, given: dict[str, str], field: str
) -> None:
    shown = browser(cast.alice).post(reverse("tasks:new"), {**FORM, **given})

    assert shown.status_code == 400
    assert field in shown.context["form"].errors
    assert "Disk space" in shown.content.decode()
    assert not Task.objects.exists()


def test_executing_goes_to_the_session_and_a_wrong_value_comes_back(cast: Cast) -> None:
    alice = browser(cast.alice)
    count = Variable(name="count", type="integer", default=3)
    task = define(cast, "/sh echo {{word}} {{count}}", variables=[count])
    address = reverse("tasks:execute", args=[task.pk])

    missing = alice.post(address, {"v-count": "2"})
    text = alice.post(address, {"v-word": "a", "v-count": "two"})
    done = alice.post(address, {"v-word": "a\r\nb", "v-count": "2"})

    assert (missing.status_code, text.status_code) == (400, 400)
    execution = TaskExecution.objects.get()
    assert done["Location"].startswith(reverse("sessions:detail", args=[execution.session_id]))
    assert execution.values == {"word": "a\nb", "count": 2}


def test_a_refused_value_is_told_at_its_field(cast: Cast) -> None:
    task = define(cast, "/read {{word}}")
    address = reverse("tasks:execute", args=[task.pk])

    shown = browser(cast.alice).post(address, {"v-word": "a\nb"})

    assert shown.status_code == 400
    assert "v-word" in shown.context["form"].errors


def reported(cast: Cast, **given: Any) -> Report:
    """A report that is ready."""
    task = define(cast, **given)
    execution = executions.execute_task(cast.alice, task, variables={"word": HOSTILE})
    drive(execution)
    report = executions.end_execution(SystemActor("pump"), execution).report
    do_jobs(MAKE)
    return Report.objects.get(pk=report.pk)


def test_a_report_is_read_on_its_page_as_text(transactional_cast: Cast) -> None:
    cast = transactional_cast
    report = reported(cast, name=HOSTILE)
    address = reverse("tasks:report", args=[report.pk])

    page = browser(cast.alice).get(address).content.decode()

    assert report.status == "ready"
    assert "<strong>well</strong>" in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    assert "<script>alert" not in page
    assert f"/api/v1/reports/{report.pk}/download?format=pdf" in page
    assert browser(cast.bob).get(address).status_code == 404
    execution = reverse("tasks:execution", args=[report.execution_id])
    assert address in browser(cast.alice).get(execution).content.decode()


def test_an_execution_under_way_looks_again_by_itself(cast: Cast) -> None:
    execution = executions.execute_task(cast.alice, define(cast), variables={"word": "a"})
    page = reverse("tasks:execution", args=[execution.pk])

    assert 'hx-trigger="every 2s"' in browser(cast.alice).get(page).content.decode()


def test_pause_trash_and_undo_from_the_page(cast: Cast) -> None:
    alice = browser(cast.alice)
    alice.post(reverse("tasks:new"), FORM)
    task = Task.objects.get()
    undo = reverse("tasks:restore", args=[task.pk])

    alice.post(reverse("tasks:pause", args=[task.pk]))
    paused = Task.objects.get().is_paused
    alice.post(reverse("tasks:resume", args=[task.pk]))
    said = alice.post(reverse("tasks:trash", args=[task.pk]), follow=True).content.decode()
    trash = alice.get(reverse("tasks:list") + "?tab=trash").content.decode()
    alice.post(undo)

    assert paused
    assert f'action="{undo}"' in said
    assert "Disk space" in trash
    assert Task.objects.get().trashed_at is None


def test_somebody_else_sees_a_shared_task_but_cannot_change_it(cast: Cast) -> None:
    task = define(cast, visibility="organization")
    bob = browser(cast.bob)

    page = bob.get(reverse("tasks:detail", args=[task.pk])).content.decode()

    assert reverse("tasks:execute", args=[task.pk]) in page
    assert reverse("tasks:edit", args=[task.pk]) not in page
    refused = bob.post(reverse("tasks:trash", args=[task.pk]), follow=True).content.decode()
    assert "Your role does not allow this." in refused
    assert bob.get(reverse("tasks:detail", args=[define(cast).pk])).status_code == 404


@pytest.mark.parametrize("name", ["list", "executions", "reports", "detail"])
def test_a_page_asks_the_same_at_any_length(cast: Cast, name: str, settings: Any) -> None:
    settings.SESSIONS_PER_PERSON = 1000
    alice: Client = browser(cast.alice)
    first = define(cast)
    address = reverse(f"tasks:{name}", args=[first.pk] if name == "detail" else [])
    alice.get(address)

    counts = []
    for more in (1, 4, 15):
        for _ in range(more):
            for task in (first, define(cast)):
                execution = executions.execute_task(cast.alice, task, variables={"word": "a"})
                drive(execution)
                executions.end_execution(SystemActor("pump"), execution)
        with CaptureQueriesContext(connection) as seen:
            assert alice.get(address).status_code == 200
        counts.append(len(seen))

    assert len(set(counts)) == 1, counts
    assert counts[0] <= 20, counts
