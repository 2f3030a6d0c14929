"""System checks: what must hold before the house is safe to enter."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.checks import CheckMessage, Error, register


@register()
def no_persistent_connections(**_kwargs: Any) -> list[CheckMessage]:
    """Persistent connections leak under ASGI (Django ticket 33497): the pool takes their place."""
    database = settings.DATABASES["default"]
    if database.get("CONN_MAX_AGE"):
        return [Error("CONN_MAX_AGE must be 0; set DATABASE_POOL instead.", id="kernel.E001")]
    return []
