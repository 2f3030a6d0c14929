"""The verb registry by HTTP: palette, command line and clients read what can be done."""

from __future__ import annotations

import inspect
from typing import Any

from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import actions
from kernel.http.views import ApiView

_OUTPUT = inline_serializer(
    "Action",
    {
        "name": serializers.CharField(),
        "summary": serializers.CharField(),
        "target": serializers.CharField(),
        "dangerous": serializers.BooleanField(),
        "reads": serializers.BooleanField(),
        "parameters": serializers.ListField(child=serializers.DictField()),
    },
    many=True,
)


class ActionsView(ApiView):
    """Every verb a person may be offered."""

    @extend_schema(responses=_OUTPUT, operation_id="actions_list")
    def get(self, request: Request) -> Response:
        """List the verbs with their parameters."""
        verbs = [a for a in actions.registry.values() if not a.internal]
        return Response([_describe(verb) for verb in sorted(verbs, key=lambda a: a.name)])


def _describe(verb: actions.Action) -> dict[str, Any]:
    return {
        "name": verb.name,
        "title": verb.name.split(".")[-1].replace("_", " ").capitalize(),
        "summary": verb.summary,
        "target": verb.target._meta.model_name,
        "dangerous": verb.dangerous,
        "reads": verb.reads,
        "parameters": [
            {"name": name, "required": p.default is inspect.Parameter.empty}
            for name, p in verb.parameters.items()
        ],
    }
