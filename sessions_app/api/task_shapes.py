"""Shapes of tasks, executions and reports on the wire."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.http.serializers import Strict, Text
from sessions_app.api.serializers import OwnerOutput, Prompt
from sessions_app.engine.variables import TYPES
from sessions_app.enums import (
    ExecutionStatus,
    ReportFormat,
    ReportStatus,
    RuntimeName,
    TaskTrigger,
    TaskVisibility,
)
from sessions_app.models import Report, Task, TaskExecution

_NAME = re.compile(r"[A-Za-z_][\w-]*\Z")
_VALUE: dict[str, Any] = {"type": ["string", "number", "boolean"]}
_VALUES: dict[str, Any] = {"type": "object", "additionalProperties": _VALUE}


@extend_schema_field(_VALUE)
class Value(serializers.Field):  # type: ignore[type-arg]
    """A value of a variable; its type is checked against the variable."""

    def to_internal_value(self, data: Any) -> Any:
        """A text, a number, true or false."""
        if not isinstance(data, (str, int, float, bool)):
            message = "A text, a number, true or false."
            raise serializers.ValidationError(message)
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value


@extend_schema_field(_VALUES)
class Values(serializers.Field):  # type: ignore[type-arg]
    """Values by the names of their variables."""

    def to_internal_value(self, data: Any) -> Any:
        """An object; what is in it is checked against the variables."""
        if not isinstance(data, Mapping):
            message = "An object of values by the names of their variables."
            raise serializers.ValidationError(message)
        return data

    def to_representation(self, value: Any) -> Any:
        """As it is stored."""
        return value


class VariableInput(Strict):
    """A variable of the template. One with a default need not be given."""

    name = Text(max_length=60)
    type = serializers.ChoiceField(TYPES, required=False)
    required = serializers.BooleanField(required=False)  # type: ignore[assignment]
    default = Value(required=False, allow_null=True)
    description = Text(max_length=500, required=False, allow_blank=True)
    choices = serializers.ListField(child=Text(max_length=200), required=False, max_length=100)

    def validate_name(self, name: str) -> str:
        """Letters, digits, - and _: what `{{name}}` finds."""
        if _NAME.match(name) is None:
            message = "Letters, digits, - and _, beginning with a letter."
            raise serializers.ValidationError(message)
        return name


class ScheduleInput(Strict):
    """When a task is due: cron in a time zone, and the values it is then executed with."""

    cron = Text(max_length=120)
    timezone = Text(max_length=64, required=False)
    variables = Values(required=False)
    paused = serializers.BooleanField(required=False)


class TaskPatch(Strict):
    """What may change of a task; a schedule of null takes it away."""

    name = Text(max_length=200, required=False)
    prompt_template = Prompt(required=False)
    variables = serializers.ListField(child=VariableInput(), required=False, max_length=100)
    tools = serializers.ListField(child=Text(max_length=200), required=False, max_length=200)
    runtime = serializers.ChoiceField(RuntimeName.choices, required=False)
    schedule = ScheduleInput(required=False, allow_null=True)
    report_format = serializers.ChoiceField(ReportFormat.choices, required=False)
    visibility = serializers.ChoiceField(TaskVisibility.choices, required=False)


class TaskInput(TaskPatch):
    """A new task."""

    name = Text(max_length=200)
    prompt_template = Prompt()
    report_format = serializers.ChoiceField(ReportFormat.choices)
    organization = serializers.UUIDField(required=False)


class ExecuteInput(Strict):
    """The values of one execution."""

    variables = Values(required=False)


class VariableOutput(serializers.Serializer[Any]):
    """A variable an execution takes; undeclared ones are required texts."""

    name = serializers.CharField()
    type = serializers.ChoiceField(TYPES)
    required = serializers.BooleanField(source="is_needed")  # type: ignore[assignment]
    default = Value(allow_null=True)
    description = serializers.CharField()
    choices = serializers.ListField(child=serializers.CharField())


class ScheduleOutput(serializers.Serializer[Any]):
    """A task's schedule; what was missed while nobody kept watch is executed once."""

    cron = serializers.CharField()
    timezone = serializers.CharField()
    variables = Values()
    paused = serializers.BooleanField()
    next_due_at = serializers.DateTimeField(allow_null=True)
    last_due_at = serializers.DateTimeField(allow_null=True)


class TaskOutput(serializers.ModelSerializer[Task]):
    """A task."""

    owner = OwnerOutput()
    variables = VariableOutput(many=True, source="known_variables")
    tools = serializers.ListField(child=serializers.CharField())
    schedule = ScheduleOutput(source="timing", allow_null=True)

    class Meta:
        model = Task
        fields = (
            "id", "name", "prompt_template", "variables", "tools", "runtime", "schedule",
            "report_format", "visibility", "owner", "organization", "created_at", "updated_at",
            "trashed_at",
        )  # fmt: skip


class ExecutedOutput(serializers.Serializer[Any]):
    """Where an execution can be watched."""

    execution_id = serializers.UUIDField(source="pk")
    session_id = serializers.UUIDField()


class ExecutionOutput(serializers.ModelSerializer[TaskExecution]):
    """An execution. `session_id` is null when it was refused, `report_id` until its run ended."""

    task_id = serializers.UUIDField()
    session_id = serializers.UUIDField(allow_null=True)
    report_id = serializers.UUIDField(source="made.pk", allow_null=True, default=None)
    status = serializers.ChoiceField(ExecutionStatus.choices)
    trigger = serializers.ChoiceField(TaskTrigger.choices)
    requested_by = OwnerOutput()
    variables = Values(source="values")

    class Meta:
        model = TaskExecution
        fields = (
            "id", "task_id", "session_id", "run_id", "report_id", "status", "trigger", "due_at",
            "requested_by", "variables", "report_format", "error_code", "error", "created_at",
            "finished_at",
        )  # fmt: skip


class ReportFileOutput(serializers.Serializer[Any]):
    """A report in one format."""

    format = serializers.ChoiceField(ReportFormat.choices)
    size = serializers.IntegerField()


class ReportOutput(serializers.ModelSerializer[Report]):
    """A report; `format` is the one its task asks for, and every one can be downloaded."""

    execution_id = serializers.UUIDField()
    task_id = serializers.UUIDField(source="execution.task_id")
    session_id = serializers.UUIDField(source="execution.session_id")
    format = serializers.ChoiceField(ReportFormat.choices, source="execution.report_format")
    status = serializers.ChoiceField(ReportStatus.choices)
    files = ReportFileOutput(many=True)

    class Meta:
        model = Report
        fields = (
            "id", "title", "execution_id", "task_id", "session_id", "status", "format", "files",
            "created_at", "ready_at",
        )  # fmt: skip
