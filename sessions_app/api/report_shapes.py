"""The published shape of a report's JSON."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from sessions_app.api.task_shapes import Values
from sessions_app.enums import ExecutionStatus, RuntimeName, TaskTrigger, ToolStatus


class ReportPersonOutput(serializers.Serializer[Any]):
    """A person, as the report names them."""

    id = serializers.UUIDField()
    name = serializers.CharField()


class ReportCallOutput(serializers.Serializer[Any]):
    """A tool call; `output` is cut to 4,000 characters."""

    id = serializers.UUIDField()
    tool = serializers.CharField()
    input = serializers.DictField()
    brief = serializers.CharField()
    status = serializers.ChoiceField(ToolStatus.choices)
    danger = serializers.CharField()
    exit_code = serializers.IntegerField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    output = serializers.CharField()
    output_bytes = serializers.IntegerField()


class ReportLinksOutput(serializers.Serializer[Any]):
    """Pages to go on reading."""

    task = serializers.URLField()
    execution = serializers.URLField()
    session = serializers.URLField()
    report = serializers.URLField()


class ReportDocumentOutput(serializers.Serializer[Any]):
    """A report as JSON, version 1: what was asked, what came of it, what it did and cost.

    `tool_calls` holds the first 2,000; an amount that is not known is null, never 0.
    """

    version = serializers.IntegerField()
    title = serializers.CharField()
    report_id = serializers.UUIDField()
    execution_id = serializers.UUIDField()
    task_id = serializers.UUIDField()
    session_id = serializers.UUIDField()
    trigger = serializers.ChoiceField(TaskTrigger.choices)
    due_at = serializers.DateTimeField(allow_null=True)
    requested_by = ReportPersonOutput()
    variables = Values()
    runtime = serializers.ChoiceField(RuntimeName.choices)
    model = serializers.CharField()
    prompt = serializers.CharField()
    outcome = serializers.ChoiceField(ExecutionStatus.choices)
    error_code = serializers.CharField()
    error = serializers.CharField()
    final_text = serializers.CharField()
    tool_calls = ReportCallOutput(many=True)
    tool_calls_total = serializers.IntegerField()
    started_at = serializers.DateTimeField(allow_null=True)
    finished_at = serializers.DateTimeField(allow_null=True)
    duration_ms = serializers.IntegerField(allow_null=True)
    input_tokens = serializers.IntegerField()
    output_tokens = serializers.IntegerField()
    cost_usd = serializers.CharField(allow_null=True)
    links = ReportLinksOutput()
