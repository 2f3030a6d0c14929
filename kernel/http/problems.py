"""Every error of the API as RFC 9457 problem+json with a `code`; mapped once for the house."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404, HttpResponse, JsonResponse
from rest_framework import exceptions
from rest_framework.response import Response

from kernel.errors import DomainError

TYPE = "application/problem+json"
_TITLES = {
    400: "The request is not valid",
    401: "Not signed in",
    403: "Not allowed",
    404: "Not found",
    405: "Method not allowed",
    409: "Not possible right now",
    413: "Too large",
    415: "Unsupported media type",
    429: "Limit reached",
    500: "Something failed on our side",
    503: "Not available right now",
}
_CODES = {
    401: "not_signed_in",
    403: "not_allowed",
    404: "not_found",
    405: "method_not_allowed",
    413: "too_large",
    415: "unsupported_media_type",
    429: "throttled",
}


def body(status: int, code: str, detail: str, **extra: Any) -> dict[str, Any]:
    """The problem document; `type` is about:blank because `code` says which one it is.

    What is not valid always says where, if only that it is the whole.
    """
    title = _TITLES.get(status, "Error")
    if status == 400:
        extra = {**extra, "errors": extra.get("errors") or [{"pointer": "", "detail": detail}]}
    return {
        "type": "about:blank",
        "title": title,
        "status": status,
        "code": code,
        "detail": detail,
        **{name: value for name, value in extra.items() if value is not None},
    }


def of_domain(error: DomainError) -> dict[str, Any]:
    """The problem document of one of our own errors."""
    return body(error.status, error.code, error.detail, **error.extra)


def plain(status: int, code: str, detail: str) -> HttpResponse:
    """A problem outside DRF."""
    return JsonResponse(body(status, code, detail), status=status, content_type=TYPE)


def answer(error: Exception) -> HttpResponse:
    """One of the known errors as a plain response; unknown ones are raised again."""
    document = _document(error)
    if document is None:
        raise error
    response = JsonResponse(document, status=document["status"], content_type=TYPE)
    if document["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="quarterdeck"'
    return response


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """DRF's exception handler; unknown exceptions go on to the server's 500."""
    document = _document(error)
    if document is None:
        return None
    response = Response(document, status=document["status"], content_type=TYPE)
    if document["status"] == 401:
        response["WWW-Authenticate"] = 'Bearer realm="quarterdeck"'
    if isinstance(error, exceptions.MethodNotAllowed):
        response["Allow"] = ", ".join(context["view"].allowed_methods)
    return response


def _document(error: Exception) -> dict[str, Any] | None:
    if isinstance(error, DomainError):
        return of_domain(error)
    if isinstance(error, (Http404, exceptions.NotFound)):
        return body(404, "not_found", "There is nothing here that you may see.")
    if isinstance(error, (PermissionDenied, exceptions.PermissionDenied)):
        return body(403, "not_allowed", _text(error) or "Your role does not allow this.")
    if isinstance(error, RequestDataTooBig):
        return body(413, "too_large", "The body is larger than 1 MiB.")
    if isinstance(error, exceptions.ValidationError):
        faults = list(_faults(error.detail, ""))
        return body(400, "invalid", "The input is not valid.", errors=faults)
    if isinstance(error, exceptions.APIException):
        status = error.status_code
        return body(status, _CODES.get(status, "invalid"), _text(error))
    return None


def _text(error: Exception) -> str:
    detail = getattr(error, "detail", None)
    return str(detail) if detail is not None else str(error)


def _faults(detail: Any, pointer: str) -> Iterator[dict[str, str]]:
    """Flatten DRF's nested error detail into JSON pointers."""
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            key = "" if name == "non_field_errors" else f"/{_escape(str(name))}"
            yield from _faults(inner, pointer + key)
    elif isinstance(detail, list):
        for index, inner in enumerate(detail):
            nested = isinstance(inner, (Mapping, list))
            yield from _faults(inner, f"{pointer}/{index}" if nested else pointer)
    else:
        yield {"pointer": pointer, "detail": str(detail)}


def _escape(token: str) -> str:
    return token.replace("~", "~0").replace("/", "~1")
