"""Bodies that are no JSON: content as it is, with the limit its endpoint announces."""

from __future__ import annotations

from rest_framework.request import Request

from kernel.http.parsers import BodyTooLargeError


def raw_body(request: Request, limit: int) -> bytes:
    """The whole body, whatever type it claims to have; 413 above `limit`."""
    said = request.META.get("CONTENT_LENGTH") or "0"
    too_large = BodyTooLargeError(f"The body is larger than {limit >> 20} MiB.")
    if said.isdigit() and int(said) > limit:
        raise too_large
    body: bytes = request._request.read(limit + 1)
    if len(body) > limit:
        raise too_large
    return body
