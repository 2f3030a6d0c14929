"""The way back after a deed: the next page says what was done and offers to undo it."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest

_KEY = "undo"


def offer_undo(request: HttpRequest, said: str, address: str) -> None:
    """Have the next page say what was done, beside a button that posts to `address`."""
    request.session[_KEY] = {"said": said, "address": address}


def offered(request: HttpRequest) -> dict[str, Any] | None:
    """What is offered, once."""
    found: dict[str, Any] | None = request.session.pop(_KEY, None)
    return found
