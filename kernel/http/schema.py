"""OpenAPI 3.1: every operation names its problem answers."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from kernel.http.serializers import ProblemSerializer

_ALWAYS = (400, 401, 403, 404, 409, 413, 429)


class ProblemSchema(AutoSchema):  # type: ignore[misc]
    """Adds the problem+json answers every endpoint may give."""

    def _get_response_bodies(self, direction: str = "response") -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemSerializer, "response")
        for status in _ALWAYS:
            found.setdefault(
                str(status),
                {
                    "description": "Problem",
                    "content": {"application/problem+json": {"schema": component.ref}},
                },
            )
        return found
