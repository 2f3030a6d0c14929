"""Shapes of sessions on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from identity.enums import SubjectKind
from kernel.http.serializers import Strict, Text
from sessions_app.enums import PermissionMode, RunStatus, RuntimeName, SessionRole, SessionStatus
from sessions_app.models import AgentSession, Approval, Message, ToolCall


class SdkOptionsInput(Strict):
    """SDK options; an absent one keeps its default."""

    allowed_tools = serializers.ListField(
        child=Text(max_length=200), required=False, max_length=200
    )
    permission_mode = serializers.ChoiceField(PermissionMode.choices, required=False)
    max_turns = serializers.IntegerField(min_value=1, max_value=1000, required=False)
    model = Text(max_length=120, allow_blank=True, required=False)
    system_prompt = Text(max_length=100_000, allow_blank=True, required=False)
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=86_400, required=False)


class SessionInput(Strict):
    """A new session."""

    name = Text(max_length=200)
    runtime = serializers.ChoiceField(RuntimeName.choices, required=False)
    sdk_options = SdkOptionsInput(required=False)
    mcp_servers = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50
    )
    working_directory = Text(max_length=500, required=False, allow_blank=True)
    project = serializers.UUIDField(required=False, allow_null=True)
    organization = serializers.UUIDField(required=False)


class SessionPatch(Strict):
    """What may change of a session."""

    name = Text(max_length=200, required=False)
    sdk_options = SdkOptionsInput(required=False)


class Prompt(Text):
    """What somebody asks, as it was typed; blanks alone are nothing."""

    def __init__(self, **given: Any) -> None:
        super().__init__(max_length=500_000, trim_whitespace=False, **given)

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Refuse blanks, which are kept where something else was typed."""
        found = super().run_validation(data)
        if isinstance(found, str) and not found.strip():
            self.fail("blank")
        return found


class MessageInput(Strict):
    """A prompt."""

    content = Prompt()
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=20
    )


class QueryInput(MessageInput):
    """A prompt; `prompt` is another word for `content`."""

    content = Prompt(required=False)
    prompt = Prompt(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two words."""
        given = [attrs.pop(word) for word in ("content", "prompt") if word in attrs]
        if len(given) != 1:
            raise serializers.ValidationError({"content": ["Give the prompt as `content`."]})
        return {**attrs, "content": given[0]}


class ForkInput(Strict):
    """Where to fork; without a message the whole conversation."""

    message_id = serializers.UUIDField(required=False, allow_null=True)


class ShareInput(Strict):
    """Whom to give which role."""

    user = Text(max_length=150, required=False)
    team = Text(max_length=150, required=False)
    role = serializers.ChoiceField([r.value for r in SessionRole if r != SessionRole.OWNER])
    expires_at = serializers.DateTimeField(required=False, allow_null=True)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """A person or a team, not both."""
        if ("user" in attrs) == ("team" in attrs):
            raise serializers.ValidationError({"user": ["Name either a user or a team."]})
        return attrs


class DecisionInput(Strict):
    """A decision on an approval."""

    reason = Text(max_length=1000, required=False, allow_blank=True)
    version = serializers.IntegerField(min_value=1, required=False)


class OwnerOutput(serializers.Serializer[Any]):
    """Whose a session is."""

    id = serializers.UUIDField()
    name = serializers.CharField(source="display_name")
    username = serializers.CharField()


class ContextOutput(serializers.Serializer[Any]):
    """How full the model's context is, where that is known."""

    tokens = serializers.IntegerField(source="context_tokens", allow_null=True)
    window = serializers.IntegerField(source="context_window", allow_null=True)


class SdkOptionsOutput(serializers.Serializer[Any]):
    """SDK options as they hold."""

    allowed_tools = serializers.ListField(child=serializers.CharField())
    permission_mode = serializers.ChoiceField(PermissionMode.choices)
    max_turns = serializers.IntegerField()
    model = serializers.CharField()
    system_prompt = serializers.CharField()
    timeout_seconds = serializers.IntegerField()


class SessionOutput(serializers.ModelSerializer[AgentSession]):
    """A session."""

    owner = OwnerOutput()
    driver = OwnerOutput(allow_null=True)
    context = ContextOutput(source="*")  # type: ignore[assignment]
    sdk_options = SdkOptionsOutput(source="options")

    class Meta:
        model = AgentSession
        fields = (
            "id", "name", "runtime", "status", "owner", "driver", "organization", "project",
            "sdk_options", "parent", "forked_from_message_id", "total_messages",
            "total_tool_calls", "input_tokens", "output_tokens", "cost_usd", "context", "last_seq",
            "created_at", "active_at", "archived_at", "trashed_at",
        )  # fmt: skip


class PostedOutput(serializers.Serializer[Any]):
    """Where a prompt went; `seq` is that of its stored end event."""

    id = serializers.UUIDField(source="pk")
    run_id = serializers.UUIDField()
    seq = serializers.IntegerField(min_value=1)


class RunOutput(serializers.Serializer[Any]):
    """A run and what became of it."""

    run_id = serializers.UUIDField(source="pk")
    status = serializers.ChoiceField(RunStatus.choices)


class ResumedOutput(serializers.Serializer[Any]):
    """The run that repeats another, if there is one, and what the session does now."""

    run_id = serializers.UUIDField(allow_null=True)
    status = serializers.ChoiceField(SessionStatus.choices)


class SubjectOutput(serializers.Serializer[Any]):
    """A person or a team, briefly."""

    id = serializers.UUIDField(source="pk")
    name = serializers.CharField(source="__str__")


class ShareOutput(serializers.Serializer[Any]):
    """Who has which role until when."""

    id = serializers.UUIDField(source="grant_id")
    kind = serializers.ChoiceField(SubjectKind.choices)
    subject = SubjectOutput()
    role = serializers.ChoiceField(SessionRole.choices)
    expires_at = serializers.DateTimeField(allow_null=True)


class MessageOutput(serializers.ModelSerializer[Message]):
    """A message."""

    class Meta:
        model = Message
        fields = (
            "id", "session", "run", "role", "content", "author", "author_name", "seq", "model",
            "attachments", "created_at",
        )  # fmt: skip


class ToolCallOutput(serializers.ModelSerializer[ToolCall]):
    """A tool call."""

    class Meta:
        model = ToolCall
        fields = (
            "id", "session", "run", "call_id", "tool", "input", "status", "danger", "reasons",
            "targets", "content", "output_blob_id", "output_bytes", "exit_code", "duration_ms",
            "sandbox_level", "seq", "created_at", "started_at", "finished_at",
        )  # fmt: skip


class ApprovalOutput(serializers.ModelSerializer[Approval]):
    """An approval as the contract names it."""

    session_id = serializers.UUIDField()
    run_id = serializers.UUIDField()
    tool_call_id = serializers.UUIDField()
    tool = serializers.CharField(source="tool_call.tool")
    input = serializers.JSONField(source="tool_call.input")
    danger = serializers.CharField(source="tool_call.danger")
    decided_by = serializers.UUIDField(source="decided_by_id", allow_null=True)

    class Meta:
        model = Approval
        fields = (
            "id", "session_id", "run_id", "tool_call_id", "tool", "input", "reason", "danger",
            "status", "requested_at", "expires_at", "version", "decided_by", "decided_at",
            "decision_reason",
        )  # fmt: skip
