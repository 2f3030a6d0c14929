"""Attachments by API: upload first, then name their ids in a prompt."""

from __future__ import annotations

from http import HTTPStatus
from uuid import UUID

from django.http import HttpResponse
from django.utils.http import content_disposition_header
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from kernel import blobs
from kernel.errors import NotFoundError
from kernel.http.bodies import TAKES_FILES, raw_body, sent_file
from kernel.http.schema import PAGING, page_of
from kernel.models import Blob
from sessions_app.api import file_shapes as shapes
from sessions_app.api.content import ContentView
from sessions_app.engine.media import IMAGES, LARGEST, OCTETS
from sessions_app.models import AgentSession, Attachment
from sessions_app.runner.intake import keep
from sessions_app.services import files

_NAME = OpenApiParameter("name", str, description="What the file is called, for a raw body.")
_FORM = {"type": "object", "properties": {"file": {"type": "string", "format": "binary"}}}


class AttachmentsView(ContentView):
    """`/sessions/{id}/attachments`."""

    output = shapes.AttachmentOutput
    body_limit = LARGEST
    parser_classes = TAKES_FILES

    @extend_schema(parameters=PAGING, responses=page_of(shapes.AttachmentOutput))
    def get(self, request: Request, pk: UUID) -> Response:
        """What was uploaded for prompts, the latest first."""
        return self.page(self.readable(pk).attachments.all(), field="id")

    @extend_schema(
        parameters=[_NAME],
        request={"application/octet-stream": OpenApiTypes.BINARY, "multipart/form-data": _FORM},
        responses={201: shapes.AttachmentOutput},
    )
    def post(self, request: Request, pk: UUID) -> Response:
        """Upload a file of at most 16 MiB: as the body itself, or as `file` of a form."""
        session = self.one(AgentSession, pk)
        files.require_writer(self.actor, session, "attachments.upload")
        if (request.content_type or "").lower().startswith("multipart/form-data"):
            name, content = sent_file(request, LARGEST)
        else:
            name, content = request.query_params.get("name", ""), raw_body(request, LARGEST)
        made = keep(self.actor, session, name, content)
        return Response(shapes.AttachmentOutput(made).data, status=HTTPStatus.CREATED)


class AttachmentView(ContentView):
    """`/sessions/{id}/attachments/{attachment}`."""

    @extend_schema(
        responses={
            (200, media_type): OpenApiTypes.BINARY for media_type in (OCTETS, *sorted(IMAGES))
        }
    )
    def get(self, request: Request, pk: UUID, attachment: UUID) -> HttpResponse:
        """Its content: pictures of four plain kinds as they are, all else as a download."""
        session = self.readable(pk)
        found = Attachment.objects.filter(session=session, pk=attachment).first()
        if found is None:
            raise NotFoundError
        blob = Blob.objects.filter(
            pk__in=[found.blob_id], organization_id=session.organization_id
        ).first()
        if blob is None:
            raise NotFoundError
        inline = found.media_type in IMAGES
        response = HttpResponse(
            blobs.read(blob), content_type=found.media_type if inline else OCTETS
        )
        response["Content-Disposition"] = str(
            content_disposition_header(as_attachment=not inline, filename=found.name)
        )
        response["Content-Security-Policy"] = "sandbox; default-src 'none'"
        response["Cache-Control"] = "private, no-store"
        return response
