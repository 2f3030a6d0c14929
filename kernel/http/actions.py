"""The verb registry by HTTP: palette, command line and clients read what can be done."""

from __future__ import annotations

import inspect
from typing import Any

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import actions
from kernel.http.schema import page_of
from kernel.http.views import ApiView


class ParameterOutput(serializers.Serializer[Any]):
    """What a verb takes."""

    name = serializers.CharField()
    required = serializers.BooleanField()  # type: ignore[assignment]


class ActionOutput(serializers.Serializer[Any]):
    """A verb as people are offered it."""

    name = serializers.CharField()
    title = serializers.CharField()
    summary = serializers.CharField()
    target = serializers.CharField()
    dangerous = serializers.BooleanField()
    reads = serializers.BooleanField()
    parameters = ParameterOutput(many=True)


class ActionsView(ApiView):
    """`/actions`: every verb a person may be offered."""

    output = ActionOutput

    @extend_schema(responses=page_of(ActionOutput))
    def get(self, request: Request) -> Response:
        """The verbs with their parameters, all at once."""
        verbs = [a for a in actions.registry.values() if not a.internal]
        results = [_describe(verb) for verb in sorted(verbs, key=lambda a: a.name)]
        return Response({"results": results, "next": None, "previous": None})


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
