"""The base of API views: actor, validated input, pages, and idempotent POSTs."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from io import SEEK_END, BytesIO
from tempfile import SpooledTemporaryFile
from typing import Any, ClassVar, TypeVar
from uuid import UUID

from django.core.exceptions import RequestDataTooBig
from django.db.models import Model, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.serializers import BaseSerializer
from rest_framework.views import APIView

from kernel import idempotency, policies
from kernel.actors import Actor
from kernel.context import entered
from kernel.errors import InvalidError, NotFoundError
from kernel.http.pagination import link, paginate
from kernel.http.parsers import LIMIT

M = TypeVar("M", bound=Model)
_KEY = re.compile(r"[ -~]{1,255}")


class ApiView(APIView):
    """An endpoint. Subclasses parse, call one service or selector, and answer."""

    # What the endpoint announces to take; its schema and `raw_body` say the same.
    body_limit: ClassVar[int] = LIMIT
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

    def word(self, name: str, words: Sequence[str]) -> str:
        """One of these words from the query, or "" when it is not there."""
        given = self.request.query_params.get(name)
        if given is not None and given not in words:
            raise InvalidError.at(f"/{name}", f"One of {', '.join(words)}.")
        return given or ""

    def key(self, name: str) -> UUID | None:
        """An id from the query."""
        given = self.request.query_params.get(name)
        try:
            return None if given is None else UUID(given)
        except ValueError as wrong:
            raise InvalidError.at(f"/{name}", "This is not an id.") from wrong

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
        _measure(request)
        key = request.headers.get("Idempotency-Key") if request.method == "POST" else None
        self.once: tuple[str, str] | None = None
        # A body too large to be read is refused by the parser, after asking who sends it.
        with suppress(RequestDataTooBig):
            self.once = None if key is None else (key, _digest(request, self.body_limit))
        with entered(idempotency=self.once):
            response = super().dispatch(request, *args, **kwargs)
        if self.once and isinstance(response, Response) and response.status_code < 400:
            self._keep(self.once[0], response)
        return response

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """After authentication: is this a repetition of something already done?"""
        super().initial(request, *args, **kwargs)
        if self.once is None:
            return
        if not _KEY.fullmatch(self.once[0]):
            raise InvalidError.at("/Idempotency-Key", "1 to 255 printable ASCII characters.")
        row = idempotency.recall(self.actor.actor_id, *self.once)
        if row is not None:
            raise ReplayedResponse(row.status or 200, row.body)

    def _keep(self, key: str, response: Response) -> None:
        content = response.render().content
        body = json.loads(content) if content else None
        if self.shown_once and isinstance(body, dict):
            body = {name: v for name, v in body.items() if name not in self.shown_once}
        actor_id = getattr(self.request.user, "actor_id", None)
        idempotency.answer(actor_id, key, status=response.status_code, body=body)

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


def _measure(request: Any) -> None:
    """A chunked body comes without its length, which DRF would take for no body."""
    stream = getattr(request, "_stream", None)
    if not request.META.get("CONTENT_LENGTH") and isinstance(stream, SpooledTemporaryFile):
        request.META["CONTENT_LENGTH"] = str(stream.seek(0, SEEK_END))
        stream.seek(0)


def _digest(request: Any, limit: int) -> str:
    if limit > LIMIT and not hasattr(request, "_body"):
        # Django's own limit is that of JSON bodies; the endpoint refuses what is over its own.
        request._body = request.read(limit + 1)
        request._stream = BytesIO(request._body)
    text = f"{request.method} {request.get_full_path()}\n".encode() + request.body
    return hashlib.sha256(text).hexdigest()


Handler = Callable[..., Response]
