"""OpenAPI 3.1: every operation has a summary and names the problems it may answer with."""

from __future__ import annotations

import inspect
from functools import cache
from typing import Any, Literal

from drf_spectacular.openapi import AutoSchema
from drf_spectacular.utils import OpenApiParameter, inline_serializer
from rest_framework import serializers

from kernel.http.serializers import ProblemSerializer, Strict

LIMIT = OpenApiParameter(
    "limit",
    {"type": "integer", "minimum": 1, "maximum": 200, "default": 50},
    description="How many, from 1 to 200; 50 unless asked.",
)
PAGING = [
    LIMIT,
    OpenApiParameter("cursor", str, description="Where to go on, from `next` or `previous`."),
]
_READING = (400, 401, 403, 404, 429)
_WRITING = (400, 401, 403, 404, 409, 413, 415, 429)
_KEY = {
    "in": "header",
    "name": "Idempotency-Key",
    "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[ -~]+$"},
    "description": "A repeated request with the same key and body is answered, not done again.",
}


@cache
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


def one_of(name: str, words: list[str], description: str = "") -> OpenApiParameter:
    """A query parameter with a closed set of words."""
    return OpenApiParameter(name, {"type": "string", "enum": words}, description=description)


class ProblemSchema(AutoSchema):
    """Summaries from docstrings, the problem answers, the idempotency key; a list is a list."""

    def get_operation_id(self) -> str:
        """Views with an output shape answer GET with a page of it."""
        found: str = super().get_operation_id()
        if self.method == "GET" and getattr(self.view, "output", None) is not None:
            return f"{found.removesuffix('_list').removesuffix('_retrieve')}_list"
        return found

    def get_summary(self) -> str:
        """The first sentence of the handler's docstring."""
        handler = getattr(self.view, self.method.lower())
        return (inspect.getdoc(handler) or "").partition("\n")[0].rstrip(".")

    def get_operation(self, *given: Any) -> Any:
        """Every POST takes an Idempotency-Key."""
        found = super().get_operation(*given)
        if found and self.method == "POST":
            found["parameters"] = [*found.get("parameters", []), _KEY]
        return found

    def _map_basic_serializer(self, serializer: Any, direction: Any) -> dict[str, Any]:
        """Our bodies know no other fields; our answers leave none of a row's fields out."""
        found: dict[str, Any] = super()._map_basic_serializer(serializer, direction)  # type: ignore[no-untyped-call]
        if isinstance(serializer, Strict):
            found["additionalProperties"] = False
        if direction == "response" and isinstance(serializer, serializers.ModelSerializer):
            found["required"] = sorted(found["properties"])
        return found

    def _get_response_bodies(
        self, direction: Literal["request", "response"] = "response"
    ) -> dict[str, Any]:
        found: dict[str, Any] = super()._get_response_bodies(direction)
        component = self.resolve_serializer(ProblemSerializer, "response")
        for status in _READING if self.method == "GET" else _WRITING:
            found.setdefault(
                str(status),
                {
                    "description": "Problem",
                    "content": {"application/problem+json": {"schema": component.ref}},
                },
            )
        return found
