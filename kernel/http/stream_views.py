"""The endpoints of a stream: described like every other, answered without holding a thread."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any, ClassVar
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers

from kernel.actors import Actor
from kernel.http.streams import answered, poll, sse
from kernel.http.views import ApiView
from kernel.streams.kinds import StreamKind

_AFTER = {"type": "integer", "minimum": 0, "maximum": 2**62, "default": 0}


class EventActorOutput(serializers.Serializer[Any]):
    """Who caused an event."""

    kind = serializers.ChoiceField(["user", "agent", "system"])
    id = serializers.UUIDField(allow_null=True)
    name = serializers.CharField()


class EventOutput(serializers.Serializer[Any]):
    """One event of a stream; `type` is an AG-UI type, `data` belongs to it."""

    seq = serializers.IntegerField(min_value=1)
    type = serializers.CharField()
    run = serializers.UUIDField(allow_null=True)
    actor = EventActorOutput()
    at = serializers.DateTimeField()
    data = serializers.DictField()  # type: ignore[assignment]


class EventsOutput(serializers.Serializer[Any]):
    """At most 500 events or about 4 MiB of them, and how long the stream is."""

    events = EventOutput(many=True)
    last_seq = serializers.IntegerField(min_value=0)


class StreamView(ApiView):
    """One way of reading streams of one kind."""

    kind: ClassVar[StreamKind]

    @classmethod
    def opened(cls, actor: Actor, pk: UUID) -> None:
        """Raise unless the actor may read this stream; record the reading where it must be."""
        raise NotImplementedError

    @classmethod
    def as_view(cls, **initkwargs: Any) -> Any:
        """An asynchronous view that is known to the schema by its class."""

        async def view(request: HttpRequest, pk: UUID) -> HttpResponseBase:
            answer: Callable[..., Awaitable[HttpResponseBase]] = cls.get  # type: ignore[attr-defined]
            return await answered(request, pk, cls.opened, partial(answer, cls(), request, pk))

        view.cls, view.initkwargs = cls, initkwargs  # type: ignore[attr-defined]
        return csrf_exempt(view)


class PollView(StreamView):
    """Polling."""

    @extend_schema(
        parameters=[
            OpenApiParameter("after", _AFTER, description="Exclusive; 0 is the beginning."),
            OpenApiParameter(
                "wait",
                {"type": "integer", "minimum": 0, "maximum": 10**6, "default": 0},
                description="Seconds to wait for news when there is none; more than 25 is 25.",
            ),
            OpenApiParameter(
                "limit",
                {"type": "integer", "minimum": 1, "maximum": 10**6, "default": 500},
                description="How many at most; more than 500 is 500, and 4 MiB end a page too.",
            ),
        ],
        responses=EventsOutput,
    )
    async def get(self, request: HttpRequest, pk: UUID, actor: Actor) -> HttpResponseBase:
        """One page of events after a `seq`, waited for when there is none."""
        return await poll(request, self.kind, pk, actor)


class SseView(StreamView):
    """Server-sent events."""

    @extend_schema(
        parameters=[
            OpenApiParameter("after", _AFTER, description="Exclusive; 0 is the beginning."),
            OpenApiParameter(
                "Last-Event-ID", _AFTER, "header", description="Where to go on, instead of `after`."
            ),
        ],
        responses={(200, "text/event-stream"): OpenApiTypes.STR},
    )
    async def get(self, request: HttpRequest, pk: UUID, actor: Actor) -> HttpResponseBase:
        """Replay after a `seq`, then every event as it comes; `id` is its `seq`."""
        return await sse(request, self.kind, pk, actor)
