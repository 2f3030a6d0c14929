"""The OpenAPI document is valid, without a warning, and complete."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command
from django.urls import URLPattern, URLResolver, get_resolver
from jsonschema import Draft202012Validator

from tests.factories.schema import METHODS, SCHEMA, operations

# Files come as they are; everything else of ours is JSON.
BODIES = {
    "/api/v1/sessions/{id}/attachments": ["application/octet-stream", "multipart/form-data"],
}
SUMMARY = re.compile(r"[A-Z].{2,}[^.]")


def test_it_is_valid_and_nothing_was_guessed(tmp_path: Path) -> None:
    target = tmp_path / "schema.yaml"

    call_command("spectacular", "--validate", "--fail-on-warn", file=str(target))

    assert target.read_text().startswith("openapi: 3.1.0\n")


def routes(patterns: list[URLPattern | URLResolver], before: str) -> Iterator[tuple[str, Any]]:
    for one in patterns:
        path = before + str(one.pattern)
        if isinstance(one, URLResolver):
            yield from routes(one.url_patterns, path)
        else:
            yield path, one.callback


def test_every_route_and_method_is_in_it() -> None:
    described = {(re.sub(r"{\w+}", "{}", path), method) for method, path, _ in operations()}
    existing = {
        ("/" + re.sub(r"<[^>]+>", "{}", path), method)
        for path, view in routes(get_resolver().url_patterns, "")
        if path.startswith("api/v1/")
        for method in METHODS
        if hasattr(view.cls, method)
    }

    assert described == existing
    assert len(existing) > 60


@pytest.mark.parametrize(("method", "path", "operation"), list(operations()))
def test_every_operation_says_what_it_does_takes_and_answers(
    method: str, path: str, operation: dict[str, Any]
) -> None:
    assert SUMMARY.fullmatch(operation["summary"]), operation["summary"]
    assert operation["security"] == [{"token": []}, {"browser": []}] or path.endswith("/accept")
    good = {code: one for code, one in operation["responses"].items() if code < "300"}
    assert len(good) == 1
    for code, one in good.items():
        assert code == "204" or all(media["schema"] for media in one["content"].values())
    for code in ("400", "401", "403", "404", "429", *(() if method == "get" else ("409", "413"))):
        assert list(operation["responses"][code]["content"]) == ["application/problem+json"]
    if method in {"post", "patch"}:
        assert list(operation["requestBody"]["content"]) == BODIES.get(path, ["application/json"])
    keys = [p["name"] for p in operation.get("parameters", []) if p["in"] == "header"]
    assert ("Idempotency-Key" in keys) == (method == "post")


def test_names_are_unique_and_bodies_of_ours_are_closed() -> None:
    names = [operation["operationId"] for _, _, operation in operations()]
    shapes = SCHEMA["components"]["schemas"]
    bodies = {name: one for name, one in shapes.items() if name.endswith("Request")}

    assert len(set(names)) == len(names)
    assert all(Draft202012Validator.check_schema(one) is None for one in shapes.values())
    # AG-UI is a standard protocol with its own rule for unknown fields.
    assert [n for n, one in bodies.items() if "additionalProperties" not in one] == [
        "AgUiInputRequest"
    ]
