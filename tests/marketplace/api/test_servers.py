"""`/api/v1/mcp-servers`."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from identity.public import User
from kernel.actors import SystemActor
from kernel.ids import uuid7
from marketplace.engine.spec import Value
from marketplace.models import MCPServer
from marketplace.services import listings
from tests.factories.cast import Cast, token_for
from tests.marketplace.conftest import Register, listing, opened

URL = "/api/v1/mcp-servers"
TOKEN = "a-very-secret-token"


def client(person: User) -> Client:
    return Client(headers={"Authorization": f"Bearer {token_for(person)}"})


def post(person: User, path: str, body: Any) -> Any:
    return client(person).post(URL + path, body, content_type="application/json")


def test_a_server_is_registered_and_its_secrets_never_come_out(cast: Cast) -> None:
    body = {
        "name": "github",
        "transport": "http",
        "url": "https://api.example.com/mcp",
        "headers": {
            "Authorization": f"Bearer {TOKEN}",
            "X-Team": {"value": "core", "secret": False},
            "X-Later": {},
        },
    }

    made = post(cast.alice, "", body)

    assert made.status_code == 201
    shown = made.json()
    assert shown["headers"] == {
        "Authorization": {"secret": True, "set": True},
        "X-Team": {"secret": False, "set": True, "value": "core"},
        "X-Later": {"secret": True, "set": False},
    }
    assert shown["missing"] == ["X-Later"]
    assert shown["created_by"]["username"] == cast.alice.username
    for path in ("", f"/{shown['id']}", f"/{shown['id']}/tools", "/export"):
        answer = client(cast.alice).get(URL + path)
        assert answer.status_code == 200
        assert TOKEN not in answer.content.decode()


def test_what_is_read_can_be_written_back(cast: Cast, register: Register) -> None:
    server = register(env={"TOKEN": Value(text=TOKEN), "TZ": Value(text="UTC", secret=False)})
    env = client(cast.alice).get(f"{URL}/{server.pk}").json()["env"]

    answer = client(cast.alice).patch(
        f"{URL}/{server.pk}",
        {"env": env, "title": "Git"},
        content_type="application/json",
    )

    assert answer.json()["env"] == env
    assert opened(server.variables.get(name="TOKEN").secret) == TOKEN


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": "a b", "transport": "stdio", "command": "x"}, "/name"),
        ({"name": "a", "transport": "sse"}, "/transport"),
        ({"name": "a", "transport": "stdio"}, "/command"),
        ({"name": "a", "transport": "stdio", "command": "x", "color": "red"}, "/color"),
        ({"name": "a", "transport": "stdio", "command": "x", "env": []}, "/env"),
        ({"name": "a", "transport": "stdio", "command": "x", "env": {"A": 1}}, "/env/A"),
        ({"name": "a", "transport": "stdio", "command": "x", "env": {"A": {"b": 1}}}, "/env/A"),
        (
            {"name": "a", "transport": "stdio", "command": "x", "env": {"A": {"secret_id": "x"}}},
            "/env/A",
        ),
        ({"name": "a", "transport": "stdio", "command": "x", "args": [1]}, "/args/0"),
    ],
)
def test_faults_point_at_their_place(cast: Cast, body: Any, pointer: str) -> None:
    answer = post(cast.alice, "", body)

    assert answer.status_code == 400
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not MCPServer.objects.exists()


def test_each_sees_what_their_organization_allows(cast: Cast, register: Register) -> None:
    server = register()
    path = f"{URL}/{server.pk}"

    for person in (cast.alice, cast.bob, cast.charlie, cast.anna):
        assert client(person).get(path).status_code == 200
        assert [one["name"] for one in client(person).get(URL).json()["results"]] == ["git"]
    for person in (cast.dora, cast.olga):
        assert client(person).get(path).status_code == 404
        assert client(person).get(URL).json()["results"] == []
    assert Client().get(path).status_code == 401
    assert client(cast.bob).delete(path).status_code == 403
    assert client(cast.dora).delete(path).status_code == 404
    assert client(cast.alice).delete(path).status_code == 204
    assert client(cast.alice).get(path).status_code == 404


@pytest.mark.parametrize("page", ["/api/v1/mcp-servers?limit=200", "/marketplace/servers"])
def test_the_list_asks_the_same_number_of_questions_at_any_length(
    cast: Cast, register: Register, page: str
) -> None:
    asked, reader = [], client(cast.bob)
    reader.force_login(cast.bob, backend="django.contrib.auth.backends.ModelBackend")
    reader.get(page)

    for count in (1, 10, 100):
        while MCPServer.objects.count() < count:
            register(f"s{MCPServer.objects.count()}", env={"A": Value(text="secret-value")})
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(page).status_code == 200
        asked.append(len(queries))

    assert len(set(asked)) == 1, asked


def test_the_tools_of_a_server_ask_the_same_at_any_number(cast: Cast, register: Register) -> None:
    server, reader, asked = register(), client(cast.bob), []

    for count in (1, 10, 100):
        shown = listing(*(f"t{n}" for n in range(count)))
        listings.record_tools(SystemActor("gateway"), server, listing=shown)
        with CaptureQueriesContext(connection) as queries:
            assert reader.get(f"{URL}/{server.pk}/tools").status_code == 200
        asked.append(len(queries))

    assert len(set(asked[1:])) == 1, asked


def test_the_list_is_searched(cast: Cast, register: Register) -> None:
    register("git", description="History of repositories")
    register("time")

    found = client(cast.bob).get(URL, {"q": "REPOS"}).json()["results"]

    assert [one["name"] for one in found] == ["git"]


def test_changed_tools_are_shown_and_approved(cast: Cast, register: Register) -> None:
    server = register()
    gateway = SystemActor("gateway")
    listings.record_tools(gateway, server, listing=listing("log"))
    listings.record_tools(gateway, server, listing=listing("log", "push"))

    shown = client(cast.bob).get(f"{URL}/{server.pk}/tools").json()

    assert [tool["name"] for tool in shown["results"]] == ["log"]
    assert shown["state"] == "changed"
    assert shown["pending"]["added"] == ["push"]
    assert [tool["name"] for tool in shown["pending"]["tools"]] == ["push"]
    digest = {"digest": shown["pending"]["digest"]}
    assert post(cast.bob, f"/{server.pk}/tools/approve", digest).status_code == 403
    assert post(cast.alice, f"/{server.pk}/tools/approve", digest).status_code == 200
    assert post(cast.alice, f"/{server.pk}/tools/approve", digest).status_code == 409
    after = client(cast.bob).get(f"{URL}/{server.pk}/tools").json()
    assert [tool["name"] for tool in after["results"]] == ["log", "push"]
    assert after["pending"] is None


def test_refresh_and_switches(cast: Cast, register: Register) -> None:
    server = register()

    assert post(cast.bob, f"/{server.pk}/refresh", {}).status_code == 202
    assert post(cast.alice, f"/{server.pk}/disable", {}).json()["enabled"] is False
    answer = post(cast.bob, f"/{server.pk}/refresh", {})
    assert (answer.status_code, answer.json()["code"]) == (409, "server_disabled")
    assert post(cast.alice, f"/{server.pk}/enable", {}).json()["enabled"] is True
    assert post(cast.alice, f"/{server.pk}/enable", {"x": 1}).status_code == 400
    assert post(cast.alice, f"/{uuid7()}/enable", {}).status_code == 404


def test_a_repeated_registration_with_its_key_is_the_same_server(cast: Cast) -> None:
    body = {"name": "git", "transport": "stdio", "command": "mcp-server-git"}
    sender = client(cast.alice)
    headers = {"Idempotency-Key": "once"}

    first = sender.post(URL, body, content_type="application/json", headers=headers)
    second = sender.post(URL, body, content_type="application/json", headers=headers)

    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json()["id"] == second.json()["id"]
