"""Shapes of MCP servers on the wire. Secrets go in and never come out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from kernel.http.serializers import Strict, Text
from marketplace.engine.spec import Value
from marketplace.enums import ServerState, Transport, VariablePlace, WorkspaceMount
from marketplace.models import MCPServer, Tool

_VALUE_SCHEMA = {
    "oneOf": [
        {"type": "string", "maxLength": 8192, "description": "Kept as a secret."},
        {
            "type": "object",
            "additionalProperties": False,
            "properties": {
                "value": {"type": ["string", "null"], "maxLength": 8192},
                "secret": {"type": "boolean", "default": True},
                "secret_id": {"type": ["string", "null"], "format": "uuid"},
                "set": {"type": "boolean", "readOnly": True},
            },
        },
    ]
}


@extend_schema_field({"type": "object", "additionalProperties": _VALUE_SCHEMA})
class ValuesField(serializers.Field[Any, Any, Any, Any]):
    """Name → value. Text is a secret; `{value, secret: false}` is plain; `{secret_id}` refers to
    a secret of the organization; an object without either keeps what is stored."""

    default_error_messages = {
        "object": "An object of names and values.",
        "value": "Text, or an object of value, secret and secret_id.",
        "known": "This field is not known.",
        "both": "Give a value or a secret_id, not both.",
    }

    def to_internal_value(self, data: Any) -> dict[str, Value]:
        """Read every value; faults are reported under their names."""
        if not isinstance(data, dict):
            self.fail("object")
        found, faults = {}, {}
        for name, raw in data.items():
            try:
                found[name] = self._value(raw)
            except serializers.ValidationError as fault:
                faults[name] = fault.detail
        if faults:
            raise serializers.ValidationError(faults)
        return found

    def to_representation(self, value: Any) -> Any:
        """Written by `ServerOutput`."""
        return value

    def _value(self, raw: Any) -> Value:
        if isinstance(raw, str):
            return Value(text=raw)
        if not isinstance(raw, dict):
            self.fail("value")
        if set(raw) - {"value", "secret", "secret_id", "set"}:
            self.fail("known")
        text, secret, secret_id = raw.get("value"), raw.get("secret", True), raw.get("secret_id")
        if not (text is None or isinstance(text, str)) or not isinstance(secret, bool):
            self.fail("value")
        if secret_id is not None and text is not None:
            self.fail("both")
        return Value(text=text, secret=secret, secret_id=self._id(secret_id))

    def _id(self, raw: Any) -> UUID | None:
        try:
            return None if raw is None else UUID(raw)
        except (TypeError, ValueError, AttributeError):
            self.fail("value")


class ServerPatch(Strict):
    """What may change of a server."""

    name = Text(max_length=60, required=False)
    title = Text(max_length=120, required=False, allow_blank=True)
    description = Text(max_length=2000, required=False, allow_blank=True)
    transport = serializers.ChoiceField(Transport.choices, required=False)
    command = Text(max_length=8192, required=False, allow_blank=True)
    args = serializers.ListField(
        child=Text(max_length=8192, allow_blank=True, trim_whitespace=False),
        required=False,
        max_length=100,
    )
    env = ValuesField(required=False)
    url = Text(max_length=2000, required=False, allow_blank=True)
    headers = ValuesField(required=False)
    domains = serializers.ListField(child=Text(max_length=260), required=False, max_length=100)
    state = serializers.ChoiceField(ServerState.choices, required=False)
    mount_workspace = serializers.ChoiceField(WorkspaceMount.choices, required=False)
    read_only_paths = serializers.ListField(
        child=Text(max_length=4096), required=False, max_length=100
    )
    timeout_seconds = serializers.IntegerField(min_value=1, max_value=3600, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """Lists become tuples, as registrations hold them."""
        return {name: tuple(v) if isinstance(v, list) else v for name, v in attrs.items()}


class ServerInput(ServerPatch):
    """A new server."""

    name = Text(max_length=60)
    transport = serializers.ChoiceField(Transport.choices)
    organization = serializers.UUIDField(required=False)


class ApproveInput(Strict):
    """Which listing was looked at."""

    digest = serializers.RegexField(r"^[0-9a-f]{64}\Z")


class RegistrantOutput(serializers.Serializer[Any]):
    """Who registered a server."""

    id = serializers.UUIDField()
    username = serializers.CharField()
    display_name = serializers.CharField()


class ServerOutput(serializers.ModelSerializer[MCPServer]):
    """A server as its organization's members see it."""

    organization = serializers.UUIDField(source="organization_id")
    env = serializers.SerializerMethodField()
    headers = serializers.SerializerMethodField()
    created_by = RegistrantOutput(allow_null=True)
    missing = serializers.SerializerMethodField()

    class Meta:
        model = MCPServer
        fields = [
            "id", "organization", "name", "title", "description", "transport", "command", "args",
            "env", "url", "headers", "domains", "state", "mount_workspace", "read_only_paths",
            "timeout_seconds", "enabled", "missing", "tools_state", "tools_count",
            "protocol_revision", "checked_at", "error_code", "error", "last_used_at", "created_by",
            "created_at", "updated_at",
        ]  # fmt: skip

    @extend_schema_field({"type": "object", "additionalProperties": _VALUE_SCHEMA})
    def get_env(self, server: MCPServer) -> dict[str, Any]:
        """Names, and the values that are no secrets."""
        return _shown(server, VariablePlace.ENV)

    @extend_schema_field({"type": "object", "additionalProperties": _VALUE_SCHEMA})
    def get_headers(self, server: MCPServer) -> dict[str, Any]:
        """Names, and the values that are no secrets."""
        return _shown(server, VariablePlace.HEADER)

    def get_missing(self, server: MCPServer) -> list[str]:
        """Names of values that must be set before the server can start."""
        return sorted(row.name for row in server.variables.all() if not row.is_set)


def _shown(server: MCPServer, place: VariablePlace) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for row in sorted(server.variables.all(), key=lambda row: row.name):
        if row.place != place:
            continue
        shown: dict[str, Any] = {"secret": row.is_secret, "set": row.is_set}
        if not row.is_secret:
            shown["value"] = row.value
        if row.secret_id and not row.owns_secret:
            shown["secret_id"] = str(row.secret_id)
        found[row.name] = shown
    return found


class ToolOutput(serializers.ModelSerializer[Tool]):
    """A tool in the server's own words."""

    class Meta:
        model = Tool
        fields = [
            "name", "title", "description", "input_schema", "output_schema", "annotations",
            "digest",
        ]  # fmt: skip


class PendingOutput(serializers.Serializer[Any]):
    """What waits for an administrator: which tools came, went or changed."""

    digest = serializers.CharField()
    listed_at = serializers.DateTimeField()
    added = serializers.ListField(child=serializers.CharField())
    removed = serializers.ListField(child=serializers.CharField())
    changed = serializers.ListField(child=serializers.CharField())
    tools = ToolOutput(many=True)


class ToolsOutput(serializers.Serializer[Any]):
    """The tools in force, and what waits."""

    results = ToolOutput(many=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    state = serializers.CharField()
    digest = serializers.CharField()
    pending = PendingOutput(allow_null=True)


class ImportedOutput(serializers.Serializer[Any]):
    """What became of one server of a document."""

    name = serializers.CharField()
    outcome = serializers.ChoiceField(["created", "replaced", "skipped", "invalid"])
    detail = serializers.CharField()
    warnings = serializers.ListField(child=serializers.CharField())


class ImportOutput(serializers.Serializer[Any]):
    """What became of a whole document."""

    results = ImportedOutput(many=True)
    dry_run = serializers.BooleanField()


def listed(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a registration out of a validated body."""
    return {name: value for name, value in given.items() if name != "organization"}
