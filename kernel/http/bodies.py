"""Bodies that are no JSON: content as it is, with the limit its endpoint announces."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import TooManyFieldsSent, TooManyFilesSent
from rest_framework.parsers import BaseParser, MultiPartParser
from rest_framework.request import Request

from kernel.errors import InvalidError
from kernel.http.parsers import BodyTooLargeError


class Untouched(BaseParser):
    """Leaves the body to `raw_body`: the check of a cookie asks for the form in it first."""

    media_type = "*/*"

    def parse(self, *_given: Any, **_named: Any) -> dict[str, Any]:
        """Nothing was read and nothing is known."""
        return {}


TAKES_FILES = [MultiPartParser, Untouched]


def raw_body(request: Request, limit: int) -> bytes:
    """The whole body, whatever type it claims to have; 413 above `limit`."""
    _check_said(request, limit)
    body: bytes = request._request.read(limit + 1)
    if len(body) > limit:
        raise _too_large(limit)
    return body


def sent_file(request: Request, limit: int, field: str = "file") -> tuple[str, bytes]:
    """Name and content of the one file of a `multipart/form-data` body."""
    # What stands around the file in the body.
    _check_said(request, limit + (1 << 16))
    try:
        files = request.FILES.getlist(field)
    except (TooManyFieldsSent, TooManyFilesSent) as wrong:
        raise InvalidError.at("", "The body is no form with a file.") from wrong
    if len(files) != 1:
        raise InvalidError.at(f"/{field}", "Send exactly one file.")
    if (files[0].size or 0) > limit:
        raise _too_large(limit)
    return str(files[0].name), bytes(files[0].read())


def _check_said(request: Request, limit: int) -> None:
    said = request.META.get("CONTENT_LENGTH") or "0"
    if str(said).isdigit() and int(said) > limit:
        raise _too_large(limit)


def _too_large(limit: int) -> BodyTooLargeError:
    return BodyTooLargeError(f"The body is larger than {limit >> 20} MiB.")
