"""Files of a session by API: browse, read, save, remove, pack, and who changed what."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import AsyncIterator, Callable, Iterator
from http import HTTPStatus
from typing import BinaryIO
from uuid import UUID

from django.http import StreamingHttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel.errors import InvalidError, NotFoundError
from kernel.http.bodies import raw_body
from kernel.http.pagination import bad_cursor, limit_of, link
from kernel.http.schema import PAGING, page_of
from kernel.sandbox import ABSENT
from kernel.threads import threaded
from sessions_app.api import file_shapes as shapes
from sessions_app.api.content import ContentView
from sessions_app.engine.media import LARGEST
from sessions_app.models import AgentSession, FileChange
from sessions_app.runner.intake import store
from sessions_app.selectors import files
from sessions_app.services import files as verbs

_CHUNK = 1 << 18
_PATH = OpenApiParameter("path", str, description="In the working directory.", required=True)
_FOLDER = OpenApiParameter("path", str, description="A folder; the top if absent.")
_IF_MATCH = OpenApiParameter(
    "If-Match", str, OpenApiParameter.HEADER,
    description="The `ETag` one read, or `*` for whatever is there. Without it a file is made, "
    "never replaced.",
)  # fmt: skip
_OCTETS = (200, "application/octet-stream")


class FilesView(ContentView):
    """`/sessions/{id}/files`."""

    output = shapes.FileOutput

    @extend_schema(parameters=[_FOLDER, *PAGING], responses=page_of(shapes.FileOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """What is in a folder: folders first, then by name."""
        query = request.query_params
        limit, after = limit_of(query), _after(query.get("cursor", ""))
        found = files.folder_of(self.readable(pk), _path(request), after=after, limit=limit)
        following = link(request.path, query, _cursor(found.after) if found.after else None)
        rows = shapes.FileOutput(found.entries, many=True).data
        return Response({"results": rows, "next": following, "previous": None})


class FileView(ContentView):
    """`/sessions/{id}/files/content`."""

    @extend_schema(parameters=[_PATH], responses={_OCTETS: OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """A file's content; its `ETag` is what saving it again names."""
        path = _path(request)
        found = files.opened(self.readable(pk), path)
        content = Sent(_read(found.file, found.size), found.file.close)
        response = StreamingHttpResponse(content, content_type="application/octet-stream")
        _as_download(response, path.rpartition("/")[2])
        response["Content-Length"], response["ETag"] = str(found.size), f'"{found.version}"'
        return response

    @extend_schema(
        parameters=[_PATH, _IF_MATCH],
        request={"application/octet-stream": OpenApiTypes.BINARY},
        responses={202: shapes.FileChangeOutput},
    )
    def put(self, request: Request, pk: UUID) -> Response:
        """Save a file of at most 16 MiB; the change is `done` once a runner has written it."""
        session = self._writable(pk)
        content, path = raw_body(request, LARGEST), self._path()
        expected = _expected(request) or (ABSENT if "If-Match" not in request.headers else "")
        files.require_version(session, path, expected)
        written = store(session, content)
        change = verbs.write_file(
            self.actor, session, path=path, content=written, expected=expected
        )
        return Response(shapes.FileChangeOutput(change).data, status=HTTPStatus.ACCEPTED)

    @extend_schema(parameters=[_PATH, _IF_MATCH], responses={202: shapes.FileChangeOutput})
    def delete(self, request: Request, pk: UUID) -> Response:
        """Remove a file."""
        session, path = self._writable(pk), self._path()
        expected = _expected(request)
        if files.version_at(session, path) == ABSENT:
            raise NotFoundError
        files.require_version(session, path, expected)
        change = verbs.remove_file(self.actor, session, path=path, expected=expected)
        return Response(shapes.FileChangeOutput(change).data, status=HTTPStatus.ACCEPTED)

    def _writable(self, pk: UUID) -> AgentSession:
        """The session, once the policy lets this person write: nobody else learns from the answer
        what is there."""
        session = self.one(AgentSession, pk)
        verbs.require_writer(self.actor, session)
        return session

    def _path(self) -> str:
        return verbs.check_path(self.request.query_params.get("path", ""))


class ArchiveView(ContentView):
    """`/sessions/{id}/files/archive`."""

    @extend_schema(parameters=[_FOLDER], responses={(200, "application/gzip"): OpenApiTypes.BINARY})
    def get(self, request: Request, pk: UUID) -> StreamingHttpResponse:
        """A folder with all below it as tar.gz; made while it is sent."""
        session, path = self.readable(pk), _path(request)
        archive = files.archive_of(session, path)
        content = Sent(archive, archive.close)
        response = StreamingHttpResponse(content, content_type="application/gzip")
        name = path.rstrip("/").rpartition("/")[2] or session.name
        _as_download(response, f"{name}.tar.gz")
        return response


class ChangesView(ContentView):
    """`/sessions/{id}/files/changes`."""

    output = shapes.FileChangeOutput

    @extend_schema(
        parameters=[OpenApiParameter("path", str, description="Of one file alone."), *PAGING],
        responses=page_of(shapes.FileChangeOutput),
    )
    def get(self, request: Request, pk: UUID) -> Response:
        """Who changed what, the latest first; agents by their file tools."""
        rows = self.readable(pk).file_changes.all()
        if path := request.query_params.get("path"):
            rows = rows.filter(path=_text(path))
        return self.page(rows, field="id")


class ChangeView(ContentView):
    """`/sessions/{id}/files/changes/{change}`."""

    @extend_schema(responses=shapes.FileChangeOutput)
    def get(self, request: Request, pk: UUID, change: UUID) -> Response:
        """One change and what became of it."""
        found = FileChange.objects.filter(session=self.readable(pk), pk=change).first()
        if found is None:
            raise NotFoundError
        return Response(shapes.FileChangeOutput(found).data)


def _path(request: Request) -> str:
    return _text(request.query_params.get("path", ""))


def _text(path: str) -> str:
    """A path to be looked up; what no file can be called is not there."""
    if "\x00" in path:
        raise NotFoundError
    return path


def _expected(request: Request) -> str:
    """The version of `If-Match`; "" for `*` and for none."""
    given = request.headers.get("If-Match", "*").strip()
    if given == "*":
        return ""
    version = given.removeprefix('"').removesuffix('"')
    if not version.isascii() or not version.replace("-", "").isalnum() or len(version) > 100:
        raise InvalidError.at("/If-Match", "One ETag in quotes, or `*`.")
    return version


def _as_download(response: StreamingHttpResponse, name: str) -> None:
    """Nothing from a working directory is ever shown in our origin."""
    response["Content-Disposition"] = content_disposition_header(
        as_attachment=True, filename="".join(c for c in name if c.isprintable()) or "file"
    )
    response["Content-Security-Policy"] = "sandbox; default-src 'none'"
    response["Cache-Control"] = "no-store"


def _read(file: BinaryIO, size: int) -> Iterator[bytes]:
    with file:
        while size and (part := file.read(min(size, _CHUNK))):
            size -= len(part)
            yield part


class Sent:
    """Pieces made in threads while they are sent; Django closes them with the response."""

    def __init__(self, parts: Iterator[bytes], close: Callable[[], None]) -> None:
        self._parts = parts
        self.close = close

    async def __aiter__(self) -> AsyncIterator[bytes]:
        following = threaded(lambda: next(self._parts, b""))
        while part := await following():
            yield part


def _after(cursor: str) -> str:
    if not cursor:
        return ""
    try:
        key = json.loads(base64.urlsafe_b64decode(cursor.encode()))
    except (ValueError, binascii.Error, RecursionError) as wrong:
        raise bad_cursor() from wrong
    if not isinstance(key, str):
        raise bad_cursor()
    return key


def _cursor(key: str) -> str:
    return base64.urlsafe_b64encode(json.dumps(key).encode()).decode()
