"""OpenAPI 3.1: every operation names its problem answers."""

from __future__ import annotations

from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from kernel.http.serializers import ProblemSerializer

PAGING = [
    OpenApiParameter("limit", int, description="How many, from 1 to 200; 50 unless asked."),
    OpenApiParameter("cursor", str, description="Where to go on, from `next` or `previous`."),
]
_ALWAYS = (400, 401, 403, 404, 409, 413, 429)


def page_of(shape: type[serializers.BaseSerializer[Any]]) -> Any:
    """The envelope of a list: `{results, next, previous}`."""
    return inline_serializer(
        f"{shape.__name__.removesuffix('Output')}Page",
        {
            "results": shape(many=True),
            "next": serializers.CharField(allow_null=True),
            "previous": serializers.CharField(allow_null=True),
        },
    )


class ProblemSchema(AutoSchema):
    """Adds the problem+json answers every endpoint may give, and calls a list a list."""

    def get_operation_id(self) -> str:
        """Views with an output shape answer GET with a page of it."""
        found: str = super().get_operation_id()
        if self.method == "GET" and getattr(self.view, "output", None) is not None:
            return f"{found.removesuffix('_list').removesuffix('_retrieve')}_list"
        return found

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
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
