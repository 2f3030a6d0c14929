"""The OpenAPI document, made once, and what it describes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from drf_spectacular.generators import SchemaGenerator

METHODS = ("get", "post", "put", "patch", "delete")
SCHEMA: Mapping[str, Any] = SchemaGenerator().get_schema(request=None, public=True)


def operations() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Method, path and description of every operation."""
    for path, offered in sorted(SCHEMA["paths"].items()):
        for method, operation in offered.items():
            yield method, path, operation
