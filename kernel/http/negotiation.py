"""An endpoint with one media type ignores `Accept`; it never answers 406."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from rest_framework.negotiation import DefaultContentNegotiation


class OnlyOneType(DefaultContentNegotiation):
    """Always the first renderer."""

    def select_renderer(
        self, request: Any, renderers: Iterable[Any], format_suffix: str | None = None
    ) -> tuple[Any, str]:
        """The view's own type, whatever was asked for."""
        first = next(iter(renderers))
        return first, first.media_type
