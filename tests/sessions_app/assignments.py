"""Tasks of alice's, and what the keeper, a runner and a worker do with them, step by step."""

from __future__ import annotations

from typing import Any

from kernel.jobs.work import run_job
from kernel.models import Job
from sessions_app.models import Task, TaskExecution
from sessions_app.services import tasks
from tests.factories.cast import Cast
from tests.sessions_app.work import Work


def define(cast: Cast, template: str = "/sh echo {{word}}", **given: Any) -> Task:
    """A task of alice's, private unless said otherwise."""
    spec = tasks.TaskSpec(
        **{
            "name": "Say a word",
            "prompt_template": template,
            "report_format": "markdown",
            **given,
        }
    )
    return tasks.create_task(cast.alice, cast.acme, spec=spec)


def drive(execution: TaskExecution, *, well: bool = True) -> None:
    """What a runner writes for a turn with one call and a last word."""
    assert execution.session is not None
    work = Work(execution.session).start()
    call = work.ask("allow")
    work.execute(call)
    work.result(call, duration_ms=1234)
    work.say("All is **well**.")
    if well:
        work.finish()
    else:
        work.fail()


def do_jobs(kind: str) -> int:
    """Do every open job of a kind, as a worker does; how many there were."""
    ids = list(Job.objects.filter(kind=kind, finished_at=None).values_list("pk", flat=True))
    return sum(run_job(one) for one in ids)
