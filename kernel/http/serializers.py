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
        """Check the raw type first: numbers are not text."""
        if data is not serializers.empty and data is not None and not isinstance(data, str):
            self.fail("invalid")
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
