"""Tasks and executions by API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.http.pagination import link, paginate
from kernel.http.schema import PAGING, one_of, page_of
from kernel.http.serializers import Empty
from kernel.http.views import ApiView
from sessions_app.api import task_shapes as shapes
from sessions_app.api.sessions import place_for
from sessions_app.engine.variables import Variable
from sessions_app.enums import ExecutionStatus
from sessions_app.models import Task, TaskExecution
from sessions_app.selectors.tasks import (
    ExecutionFilter,
    executions_visible_to,
    shown,
    tasks_visible_to,
)
from sessions_app.services import executions, tasks

_SHELVES = ["open", "trash"]
_ORGANIZATION = OpenApiParameter("organization", UUID)


class TasksView(ApiView):
    """`/tasks`."""

    output = shapes.TaskOutput

    @extend_schema(
        parameters=[
            OpenApiParameter("q", str, description="Words of the name."),
            one_of("shelf", _SHELVES, "All but the trash unless asked."),
            _ORGANIZATION,
            *PAGING,
        ],
        responses=page_of(shapes.TaskOutput),
    )
    def get(self, request: Request) -> Response:
        """The tasks one may know of, newest first."""
        query = request.query_params
        rows = tasks_visible_to(
            self.actor,
            text=query.get("q", "").replace("\x00", "")[:200],
            trashed=self.word("shelf", _SHELVES) == "trash",
            organization_id=self.key("organization"),
        )
        found = paginate(query, rows, field="id")
        links = {
            "next": link(request.path, query, found.next),
            "previous": link(request.path, query, found.previous),
        }
        return Response({"results": shapes.TaskOutput(shown(found.rows), many=True).data, **links})

    @extend_schema(request=shapes.TaskInput, responses={201: shapes.TaskOutput})
    def post(self, request: Request) -> Response:
        """Define a task."""
        given = self.given(shapes.TaskInput)
        place = place_for(self, given.pop("organization", None))
        made = tasks.create_task(self.actor, place, spec=tasks.TaskSpec(**_fields(given)))
        return _answer(self, made.pk, status=201)


class TaskView(ApiView):
    """`/tasks/{id}`."""

    @extend_schema(responses=shapes.TaskOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One task."""
        return _answer(self, pk)

    @extend_schema(request=shapes.TaskPatch, responses=shapes.TaskOutput)
    def patch(self, request: Request, pk: UUID) -> Response:
        """Change the definition."""
        given, task = self.given(shapes.TaskPatch), self.one(Task, pk)
        changes = _fields(given, is_paused=task.is_paused)
        tasks.change_task(self.actor, task, changes=changes)
        return _answer(self, pk)

    @extend_schema(responses={204: None})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Put it into the trash."""
        tasks.trash_task(self.actor, self.one(Task, pk))
        return Response(status=204)


class RestoreTaskView(ApiView):
    """`/tasks/{id}/restore`."""

    @extend_schema(request=Empty, responses=shapes.TaskOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Take it out of the trash."""
        self.given(Empty)
        tasks.restore_task(self.actor, self.one(Task, pk))
        return _answer(self, pk)


class PauseTaskView(ApiView):
    """`/tasks/{id}/pause`."""

    @extend_schema(request=Empty, responses=shapes.TaskOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the schedule rest."""
        self.given(Empty)
        tasks.pause_task(self.actor, self.one(Task, pk))
        return _answer(self, pk)


class ResumeTaskView(ApiView):
    """`/tasks/{id}/resume`."""

    @extend_schema(request=Empty, responses=shapes.TaskOutput)
    def post(self, request: Request, pk: UUID) -> Response:
        """Let the schedule go on."""
        self.given(Empty)
        tasks.resume_task(self.actor, self.one(Task, pk))
        return _answer(self, pk)


class ExecuteTaskView(ApiView):
    """`/tasks/{id}/execute`."""

    @extend_schema(request=shapes.ExecuteInput, responses={202: shapes.ExecutedOutput})
    def post(self, request: Request, pk: UUID) -> Response:
        """Execute it now, in a session of one's own."""
        given = self.given(shapes.ExecuteInput)
        made = executions.execute_task(
            self.actor, self.one(Task, pk), variables=given.get("variables", {})
        )
        return Response(shapes.ExecutedOutput(made).data, status=202)


class ExecutionsView(ApiView):
    """`/task-executions`."""

    output = shapes.ExecutionOutput

    @extend_schema(
        parameters=[
            OpenApiParameter("task", UUID),
            one_of("status", ExecutionStatus.values),
            _ORGANIZATION,
            *PAGING,
        ],
        responses=page_of(shapes.ExecutionOutput),
    )
    def get(self, request: Request) -> Response:
        """The executions one may know of, newest first."""
        wanted = ExecutionFilter(
            task_id=self.key("task"),
            status=self.word("status", ExecutionStatus.values),
            organization_id=self.key("organization"),
        )
        return self.page(executions_visible_to(self.actor, wanted), field="id")


class ExecutionView(ApiView):
    """`/task-executions/{id}`."""

    @extend_schema(responses=shapes.ExecutionOutput)
    def get(self, request: Request, pk: UUID) -> Response:
        """One execution."""
        return Response(shapes.ExecutionOutput(self.one(TaskExecution, pk)).data)


def _fields(given: Mapping[str, Any], *, is_paused: bool = False) -> dict[str, Any]:
    """The body as `TaskSpec` names it; a schedule that says nothing of it rests as before."""
    found = dict(given)
    if "variables" in found:
        found["variables"] = [_variable(one) for one in found["variables"]]
    if found.get("schedule"):
        timing = found["schedule"]
        found["schedule"] = tasks.Schedule(
            cron=timing["cron"],
            timezone=timing.get("timezone", "UTC"),
            values=timing.get("variables", {}),
            is_paused=timing.get("paused", is_paused),
        )
    return found


def _variable(given: Mapping[str, Any]) -> Variable:
    return Variable(**{**given, "choices": tuple(given.get("choices", ()))})


def _answer(view: ApiView, pk: UUID, status: int = 200) -> Response:
    (task,) = shown([view.one(Task, pk)])
    return Response(shapes.TaskOutput(task).data, status=status)
