"""Operators run the installation and see no tenant's content, wherever they look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import pytest
from django.db.models import Model
from django.test import Client

from audit.models import LedgerEntry
from identity.models import (
    ApiToken,
    Invitation,
    Membership,
    Organization,
    Secret,
    Team,
    User,
)
from marketplace.models import MCPServer
from sessions_app.models import (
    AgentSession,
    Approval,
    Message,
    Run,
    SessionUserGrant,
    ToolCall,
)
from sessions_app.services.prompting import prompt
from tests.factories.cast import Cast
from tests.factories.http import Caller
from tests.factories.routes import filled, routes
from tests.factories.targets import make_target

# Streams are answered by threads of their own, which see only what is committed.
pytestmark = pytest.mark.django_db(transaction=True)
MARK = "zanzibar-7"
# What lies in a tenant; of each, every row is asked for by its key.
MODELS: list[type[Model]] = [
    AgentSession, Message, Run, ToolCall, Approval, SessionUserGrant, MCPServer, Secret, Team,
    Invitation, ApiToken, Membership, Organization, User,
]  # fmt: skip
LEAVES = {"/sign-out", "/operate/logout/"}


@dataclass
class House:
    """A tenant with content that carries the mark, and every key there is."""

    cast: Cast
    addresses: list[str]


@pytest.fixture
def house(cast: Cast) -> House:
    for model in (Approval, MCPServer, Secret, Invitation, ApiToken, LedgerEntry):
        make_target(model, cast)
    session = AgentSession.objects.get()
    prompt(cast.alice, session, content=f"/sh echo {MARK}")
    AgentSession.objects.update(name=f"About {MARK}")
    ToolCall.objects.update(input={"command": MARK}, content=MARK)
    Approval.objects.update(reason=MARK)
    MCPServer.objects.update(title=MARK, description=MARK, command=MARK)
    Secret.objects.update(name=MARK)
    keys = [row.pk for model in MODELS for row in model._default_manager.all()[:1]]
    keys += [cast.acme.pk, cast.alice.pk]
    entry = LedgerEntry.objects.filter(organization_id=cast.acme.pk).latest("number")
    kinds = {
        "uuid": [*keys, entry.fact_id],
        "path": keys,
        "int": [entry.number],
        "str": ["no-such-code"],
        "slug": [cast.acme.slug],
    }
    found = {path for route in routes() for path in filled(route, kinds)} - LEAVES
    owners = [str(one) for one in (session.pk, cast.acme.pk, cast.team.pk)]
    return House(cast, sorted(path for path in found if _sensible(path, owners)))


def _sensible(path: str, owners: list[str]) -> bool:
    """Of addresses with two keys, those whose first is of something that has parts."""
    keys = re.findall(r"[0-9a-f]{8}-[0-9a-f-]{27}", path)
    return len(keys) < 2 or keys[0] in owners


def _browser(user: User) -> Client:
    client = Client()
    client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
    return client


def _seen(client: Client, addresses: list[str]) -> dict[str, int]:
    """Addresses whose answer carries the mark, with its status; nothing may break."""
    found: dict[str, int] = {}
    for path in addresses:
        answer: Any = client.get(path)
        assert answer.status_code < 500, f"{path}: {answer.status_code}"
        if not answer.streaming and MARK in answer.content.decode(errors="replace"):
            found[path] = answer.status_code
    return found


def test_operators_meet_no_content_on_any_page_or_list(house: House) -> None:
    olga = _browser(house.cast.olga)

    assert len(house.addresses) > 500
    assert _seen(olga, house.addresses) == {}
    searches = ["/sessions?q=zanzibar", "/api/v1/sessions?q=zanzibar", "/api/v1/users?q=alice"]
    assert _seen(olga, searches) == {}


def test_the_same_walk_finds_the_content_for_its_owner(house: House) -> None:
    seen = _seen(_browser(house.cast.alice), house.addresses)

    session = AgentSession.objects.get().pk
    server = MCPServer.objects.get().pk
    assert {
        "/sessions",
        f"/sessions/{session}",
        f"/api/v1/sessions/{session}",
        f"/api/v1/sessions/{session}/messages",
        f"/api/v1/sessions/{session}/tool-calls",
        f"/api/v1/sessions/{session}/events",
        "/api/v1/approvals",
        f"/marketplace/servers/{server}",
        f"/api/v1/mcp-servers/{server}",
    } <= set(seen)


def test_api_lists_are_empty_for_operators(house: House) -> None:
    caller, mine = Caller(house.cast.olga), str(house.cast.olga.pk)
    token = str(ApiToken.objects.get(user=house.cast.olga).pk)

    found: dict[str, list[str]] = {}
    for route in routes("/api/v1/"):
        if "<" in route:
            continue
        answer = caller.get(route.removeprefix("/api/v1"))
        if answer.status_code == 200 and not answer.streaming:
            body = answer.json()
            listed = body.get("results", []) if isinstance(body, dict) else []
            found[route] = [row["id"] for row in listed if "id" in row]

    rows = {key for keys in found.values() for key in keys} - {mine, token}
    assert {"/api/v1/sessions", "/api/v1/users", "/api/v1/mcp-servers"} <= set(found)
    assert rows == set()


def test_operators_find_their_admin_and_others_no_link(cast: Cast) -> None:
    link = 'href="/operate/"'

    assert link in _browser(cast.olga).get("/settings").content.decode()
    assert link not in _browser(cast.alice).get("/settings").content.decode()
    assert _browser(cast.olga).get("/operate/").status_code == 200
