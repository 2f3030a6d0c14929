"""The base of API views: actor, validated input, pages, and idempotent POSTs."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from typing import Any, ClassVar, TypeVar, cast
from uuid import UUID

from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from kernel import idempotency, policies
from kernel.actors import Actor
from kernel.context import entered
from kernel.errors import NotFoundError
from kernel.http.pagination import link, paginate

M = TypeVar("M", bound=Model)
_KEY_LIMIT = 255


class ApiView(APIView):
    """An endpoint. Subclasses parse, call one service or selector, and answer."""

    output: ClassVar[type[BaseSerializer[Any]] | None] = None
    # Fields of an answer that are shown once: a kept answer is replayed without them.
    shown_once: ClassVar[frozenset[str]] = frozenset()

    @property
    def actor(self) -> Actor:
        """Who asks."""
        actor: Actor = self.request.user  # type: ignore[assignment]
        return actor

    def given(self, serializer: type[BaseSerializer[Any]]) -> dict[str, Any]:
        """The validated body; faults become 400 with pointers."""
        read = serializer(data=self.request.data, context={"request": self.request})
        read.is_valid(raise_exception=True)
        return dict(read.validated_data)

    def one(self, model: type[M], pk: UUID) -> M:
        """An object this actor may see, else 404."""
        found = policies.visible_to(model, self.actor).filter(pk=pk).first()
        if found is None:
            raise NotFoundError
        return found

    def page(self, rows: QuerySet[Any] | Sequence[QuerySet[Any]], **order: Any) -> Response:
        """A page of rows through the view's output serializer."""
        query = self.request.query_params
        found = paginate(query, rows, **order)
        assert self.output is not None  # noqa: S101
        results = self.output(found.rows, many=True, context={"request": self.request}).data
        links = {
            "next": link(self.request.path, query, found.next),
            "previous": link(self.request.path, query, found.previous),
        }
        return Response({"results": results, **links})

    def dispatch(self, request: Any, *args: Any, **kwargs: Any) -> Any:
        """Answer repeated POSTs with the same Idempotency-Key from the record."""
        key = request.headers.get("Idempotency-Key", "")
        if request.method != "POST" or not key:
            return super().dispatch(request, *args, **kwargs)
        return self._once(request, key[:_KEY_LIMIT], args, kwargs)

    def _once(self, request: Any, key: str, args: Any, kwargs: Any) -> Any:
        digest = _digest(request)
        with entered(idempotency=(key, digest)):
            response = super().dispatch(request, *args, **kwargs)
        if response.status_code < 400:
            actor_id = getattr(self.request.user, "actor_id", None)
            content = cast("Response", response).render().content
            body = json.loads(content) if content else None
            if self.shown_once and isinstance(body, dict):
                body = {name: v for name, v in body.items() if name not in self.shown_once}
            idempotency.answer(actor_id, key, status=response.status_code, body=body)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication: is this a repetition of something already done?"""
        super().initial(request, *args, **kwargs)
        key = request.headers.get("Idempotency-Key", "")[:_KEY_LIMIT]
        if request.method == "POST" and key:
            row = idempotency.recall(self.actor.actor_id, key, _digest(request._request))
            if row is not None:
                raise ReplayedResponse(row.status or 200, row.body)

    def handle_exception(self, exc: Exception) -> Response:
        """A replay is an answer, not an error."""
        if isinstance(exc, ReplayedResponse):
            return Response(exc.body, status=exc.status, headers={"Idempotency-Replayed": "true"})
        return super().handle_exception(exc)


class ReplayedResponse(Exception):  # noqa: N818
    """Leaves the view early with the kept answer of an earlier identical request."""

    def __init__(self, status: int, body: Any) -> None:
        self.status, self.body = status, body
        super().__init__("replayed")


def _digest(request: Any) -> str:
    text = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


Handler = Callable[..., Response]
