"""Shapes of sessions on the wire."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from kernel.http.serializers import Strict, Text
from sessions_app.enums import PermissionMode, RuntimeName, SessionRole
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


class MessageInput(Strict):
    """A prompt; `prompt` is another word for `content`."""

    content = Text(max_length=500_000, required=False, trim_whitespace=False)
    prompt = Text(max_length=500_000, required=False, trim_whitespace=False)
    attachments = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=20
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Exactly one of the two words, and not only blanks."""
        given = [attrs[word] for word in ("content", "prompt") if word in attrs]
        if len(given) != 1:
            raise serializers.ValidationError({"content": ["Give the prompt as `content`."]})
        if not given[0].strip():
            raise serializers.ValidationError({"content": ["This field may not be blank."]})
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


class Empty(Strict):
    """A body without fields."""


class SessionOutput(serializers.ModelSerializer[AgentSession]):
    """A session."""

    owner = serializers.SerializerMethodField()
    context = serializers.SerializerMethodField()  # type: ignore[assignment]

    class Meta:
        model = AgentSession
        fields = (
            "id", "name", "runtime", "status", "owner", "organization", "sdk_options", "parent",
            "forked_from_message_id", "total_messages", "total_tool_calls", "input_tokens",
            "output_tokens", "cost_usd", "context", "last_seq", "created_at", "active_at",
            "archived_at", "trashed_at",
        )  # fmt: skip

    def get_owner(self, row: AgentSession) -> dict[str, str]:
        """Whose it is."""
        return {
            "id": str(row.owner_id),
            "name": row.owner.display_name,
            "username": row.owner.username,
        }

    def get_context(self, row: AgentSession) -> dict[str, int | None]:
        """How full the model's context is, where that is known."""
        return {"tokens": row.context_tokens, "window": row.context_window}


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
