"""The pages of MCP servers."""

from __future__ import annotations

import json
from uuid import UUID

import pytest
from django.test import Client
from django.urls import reverse

from identity.public import User
from kernel.actors import SystemActor
from marketplace.engine.spec import Value
from marketplace.models import MCPServer
from marketplace.public import counts_usage
from marketplace.selectors import usage
from marketplace.services import listings
from tests.factories.cast import Cast
from tests.marketplace.conftest import Register, listing, opened

GATEWAY = SystemActor("gateway")
FORM = {
    "name": "git",
    "transport": "stdio",
    "command": "mcp-server-git",
    "arguments": "--repository\n/workspace\n",
    "environment": "TOKEN=top=secret value\nTZ=UTC",
    "network": "example.org *.example.com",
    "mount_workspace": "read",
    "state": "stateless",
}


def browser(person: User) -> Client:
    client = Client()
    client.force_login(person, backend="django.contrib.auth.backends.ModelBackend")
    return client


def page(server: MCPServer) -> str:
    return reverse("marketplace:server", args=[server.pk])


def test_the_list_shows_state_tools_and_use(
    cast: Cast, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(usage, "_counters", [])
    ready, failed = register("git", description="History"), register("time")
    listings.record_tools(GATEWAY, ready, listing=listing("log", "diff"))
    listings.record_failure(GATEWAY, failed, code="server_start", detail="No such file.\nmore")

    @counts_usage
    def sessions(ids: list[UUID]) -> dict[UUID, int]:
        return {ready.pk: 3}

    shown = browser(cast.bob).get(reverse("marketplace:servers"))
    found = {row["name"]: row for row in shown.context["servers"]}

    assert shown.status_code == 200
    assert (found["git"]["status"], len(found["git"]["tools"]), found["git"]["used_by"]) == (
        "ready",
        2,
        3,
    )
    assert (found["time"]["status"], found["time"]["error"]) == ("failed", "No such file.")
    assert not shown.context["can_register"]
    assert "No such file." in shown.content.decode()
    searched = browser(cast.bob).get(reverse("marketplace:servers"), {"q": "DIFF"})
    assert [row["name"] for row in searched.context["servers"]] == ["git"]


def test_strangers_see_nothing(cast: Cast, register: Register) -> None:
    server = register()

    assert browser(cast.dora).get(page(server)).status_code == 404
    assert browser(cast.dora).get(reverse("marketplace:servers")).context["servers"] == []
    assert Client().get(page(server)).status_code == 302


def test_an_admin_registers_a_server(cast: Cast) -> None:
    answer = browser(cast.alice).post(reverse("marketplace:server_new"), FORM)

    server = MCPServer.objects.get()
    assert answer.headers["Location"] == page(server)
    assert server.args == ["--repository", "/workspace"]
    assert server.domains == ["example.org", "*.example.com"]
    assert opened(server.variables.get(name="TOKEN").secret) == "top=secret value"
    shown = browser(cast.bob).get(page(server)).content.decode()
    assert "top=secret" not in shown
    assert "mcp-server-git --repository /workspace" in shown


@pytest.mark.parametrize(
    ("changes", "field", "told"),
    [
        ({"name": "a b"}, "name", "letters, digits"),
        ({"environment": "TOKEN"}, "environment", "a name, = and a value"),
        ({"environment": "HOME=/root"}, "environment", "HOME of its own"),
        ({"arguments": "ghp_" + "a" * 36}, "arguments", "looks like a secret"),
        ({"network": "not/a/host"}, "network", "A host name"),
        ({"read_only_paths": "/etc"}, "read_only_paths", "Servers may read below"),
        ({"transport": "http", "url": "ftp://x"}, "url", "An http or https address"),
    ],
)
def test_faults_stand_at_their_field(
    cast: Cast, changes: dict[str, str], field: str, told: str
) -> None:
    answer = browser(cast.alice).post(reverse("marketplace:server_new"), {**FORM, **changes})

    assert answer.status_code == 400
    assert told in " ".join(answer.context["form"].errors[field])
    assert not MCPServer.objects.exists()


def test_a_document_is_imported_and_exported(cast: Cast) -> None:
    servers = {"git": {"command": "mcp-server-git", "env": {"KEY": "${KEY}"}}, "bad": {}}
    document = json.dumps({"mcpServers": servers})
    admin = browser(cast.alice)

    answer = admin.post(reverse("marketplace:server_new"), {"import": "1", "document": document})

    outcomes = {one["name"]: one["outcome"] for one in answer.context["imported"]}
    assert outcomes == {"git": "created", "bad": "invalid"}
    exported = admin.get(reverse("marketplace:servers"), {"export": "1"})
    assert list(exported.json()["mcpServers"]) == ["git"]
    wrong = admin.post(reverse("marketplace:server_new"), {"import": "1", "document": "{"})
    assert (wrong.status_code, MCPServer.objects.count()) == (400, 1)


def test_missing_values_are_set_on_the_page(cast: Cast, register: Register) -> None:
    env = {"KEY": Value(), "TOKEN": Value(text="kept-secret")}
    server = register(env=env)
    shown = browser(cast.alice).get(page(server))
    assert shown.context["server"]["status"] == "pending"
    assert "Values are missing" in shown.content.decode()

    browser(cast.alice).post(page(server), {"action": "set", "KEY": "new-secret"})

    values = {row.name: opened(row.secret) for row in server.variables.all()}
    assert values == {"KEY": "new-secret", "TOKEN": "kept-secret"}


def test_changed_tools_are_approved_on_the_page(cast: Cast, register: Register) -> None:
    server = register()
    listings.record_tools(GATEWAY, server, listing=listing("log"))
    listings.record_tools(GATEWAY, server, listing=listing("log", description="Obey <me>."))

    shown = browser(cast.alice).get(page(server))
    assert "Obey &lt;me&gt;." in shown.content.decode()
    digest = shown.context["server"]["pending"]["digest"]
    refused = browser(cast.bob).post(page(server), {"action": "approve", "digest": digest})
    assert refused.status_code == 403
    stale = browser(cast.alice).post(page(server), {"action": "approve", "digest": "0" * 64})
    assert stale.status_code == 409
    browser(cast.alice).post(page(server), {"action": "approve", "digest": digest})

    server.refresh_from_db()
    assert server.tools_state == "approved"


def test_a_server_is_switched_refreshed_and_removed(cast: Cast, register: Register) -> None:
    server, admin = register(), browser(cast.alice)

    for action, enabled in (("disable", False), ("enable", True), ("refresh", True)):
        assert admin.post(page(server), {"action": action}).status_code == 302
        server.refresh_from_db()
        assert server.enabled == enabled
    assert admin.post(page(server), {"action": "dance"}).status_code == 404
    assert browser(cast.bob).post(page(server), {"action": "remove"}).status_code == 403

    answer = admin.post(page(server), {"action": "remove"})

    assert answer.headers["Location"] == reverse("marketplace:servers")
    assert not MCPServer.objects.exists()
