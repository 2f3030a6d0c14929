"""Bodies: unknown fields, malformed JSON, sizes and types, each refused with its own status."""

from __future__ import annotations

from typing import Any

import pytest
from asgiref.sync import async_to_sync
from asgiref.testing import ApplicationCommunicator
from django.test import Client

from config.asgi import application
from identity.models import Team
from sessions_app.models import AgentSession
from tests.factories.cast import Cast, make_cast, token_for
from tests.factories.http import Caller
from tests.factories.schema import SCHEMA, operations
from tests.resilience.hostile import addressed, objects


def shape_of(operation: dict[str, Any]) -> dict[str, Any]:
    content = operation.get("requestBody", {}).get("content", {})
    found = content.get("application/json", {}).get("schema", {})
    name = found.get("$ref", "").rpartition("/")[2]
    return dict(SCHEMA["components"]["schemas"].get(name, found))


def test_every_closed_body_names_the_field_it_does_not_know(cast: Cast) -> None:
    known, alice, tried = objects(cast), Caller(cast.alice), 0

    for method, path, operation in operations():
        if shape_of(operation).get("additionalProperties", True) is not False:
            continue
        where = addressed(path, known).removeprefix("/api/v1")
        answer = alice.send(method.upper(), where, {"no such/field": 1})
        assert answer.status_code == 400, f"{method} {path}: {answer.content!r}"
        fault = {"pointer": "/no such~1field", "detail": "This field is not known."}
        assert fault in answer.json()["errors"], f"{method} {path}"
        tried += 1

    assert tried > 20


def test_a_fault_is_pointed_at_where_it_is(cast: Cast) -> None:
    body = {
        "name": "",
        "runtime": "abacus",
        "sdk_options": {"max_turns": 0, "allowed_tools": ["read_file", 7]},
        "mcp_servers": ["sh -c true"],
    }

    answer = Caller(cast.alice).post("/sessions", body)

    assert answer.status_code == 400
    assert answer["Content-Type"] == "application/problem+json"
    problem = answer.json()
    assert {"type", "title", "status", "code", "detail", "errors"} == set(problem)
    assert (problem["status"], problem["code"]) == (400, "invalid")
    assert {fault["pointer"] for fault in problem["errors"]} == {
        "/name",
        "/runtime",
        "/sdk_options/max_turns",
        "/sdk_options/allowed_tools/1",
        "/mcp_servers/0",
    }
    assert all(fault["detail"] for fault in problem["errors"])
    assert not AgentSession.objects.exists()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b'{"name": "a", "name": "b"}',
        b'{"name": NaN}',
        b'{"name": "\\u0000"}',
        b"\xff",
        b"[1]",
    ],
)
def test_what_is_no_json_object_is_400(cast: Cast, body: bytes) -> None:
    alice = Client(headers={"Authorization": f"Bearer {token_for(cast.alice)}"})

    answer = alice.generic("POST", "/api/v1/teams", body, content_type="application/json")

    assert answer.status_code == 400
    assert answer.json()["errors"][0]["detail"]
    assert Team.objects.count() == 1


@pytest.mark.parametrize("headers", [{}, {"Idempotency-Key": "big"}])
def test_a_body_over_one_mebibyte_is_413(cast: Cast, headers: dict[str, str]) -> None:
    big = {"name": "x" * (1 << 20)}

    answer = Caller(cast.alice).post("/sessions", big, **headers)

    assert (answer.status_code, answer.json()["code"]) == (413, "too_large")
    assert Caller(None).post("/sessions", big, **headers).status_code == 401


def test_a_body_of_almost_one_mebibyte_is_read(cast: Cast) -> None:
    answer = Caller(cast.alice).post("/sessions", {"name": "x" * ((1 << 20) - 100)})

    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (400, "/name")


def test_another_media_type_is_415(cast: Cast) -> None:
    alice = Client(headers={"Authorization": f"Bearer {token_for(cast.alice)}"})

    answer = alice.post("/api/v1/teams", {"name": "as a form"})

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_another_method_is_405_and_says_which_are_possible(cast: Cast) -> None:
    answer = Caller(cast.alice).send("PUT", "/sessions", {"name": "x"})

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert {"GET", "POST"} <= {word.strip() for word in answer["Allow"].split(",")}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(("size", "status"), [(9, 201), (1 << 20, 413)])
@pytest.mark.parametrize("key", ["", "again"])
def test_a_chunked_body_is_read_and_bounded(size: int, status: int, key: str) -> None:
    """`Transfer-Encoding: chunked` says no length."""
    token = token_for(make_cast().alice)
    headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
    headers |= {"idempotency-key": key} if key else {}
    scope = {
        "type": "http",
        "method": "POST",
        "path": "/api/v1/sessions",
        "query_string": b"",
        "headers": [(name.encode(), value.encode()) for name, value in headers.items()],
        "client": ("127.0.0.1", 1),
        "server": ("testserver", 80),
    }

    async def ask() -> int:
        house = ApplicationCommunicator(application, scope)
        await house.send_input({"type": "http.request", "body": b'{"name": "', "more_body": True})
        rest = b"x" * size + b'"}'
        await house.send_input({"type": "http.request", "body": rest, "more_body": False})
        return int((await house.receive_output(20))["status"])

    assert async_to_sync(ask)() == status
