"""Input and output shapes: unknown fields are refused, absent ones are left out."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class Strict(serializers.Serializer[Any]):
    """A body of ours: an unknown field is a fault at its pointer."""

    def to_internal_value(self, data: Any) -> Any:
        """Refuse unknown fields before the known ones are read."""
        if isinstance(data, dict):
            unknown = set(data) - set(self.fields)
            if unknown:
                faults = {name: ["This field is not known."] for name in sorted(unknown)}
                raise serializers.ValidationError(faults)
        return super().to_internal_value(data)


class Text(serializers.CharField):
    """Text, trimmed unless said otherwise; a number or a flag is no text."""

    def run_validation(self, data: Any = serializers.empty) -> Any:
        """Check type and length of what was sent: numbers are not text, trimming shortens none."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
        if isinstance(data, str) and self.max_length and len(data) > self.max_length:
            self.fail("max_length", max_length=self.max_length)
        return super().run_validation(data)


class Empty(Strict):
    """A body without fields."""


class ProblemSerializer(serializers.Serializer[Any]):
    """RFC 9457 problem document, for the OpenAPI schema."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField()
    errors = serializers.ListField(  # type: ignore[assignment]
        child=serializers.DictField(), required=False
    )
