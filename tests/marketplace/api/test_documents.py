"""`/api/v1/mcp-servers/import` and `/export`."""

from __future__ import annotations

from marketplace.models import MCPServer
from tests.factories.cast import Cast
from tests.marketplace.api.test_servers import URL, client, post
from tests.marketplace.conftest import Register, opened

DOCUMENT = {
    "mcpServers": {
        "git": {"command": "mcp-server-git", "env": {"TOKEN": "top-secret-value"}},
        "docs": {"type": "http", "url": "https://example.com/mcp"},
        "bad": {"command": "/opt/x"},
        "old": {"type": "sse", "url": "https://example.com/sse"},
    }
}


def outcomes(answer: object) -> dict[str, str]:
    return {line["name"]: line["outcome"] for line in answer.json()["results"]}  # type: ignore[attr-defined]


def test_a_dry_run_says_what_would_happen_and_does_nothing(cast: Cast) -> None:
    answer = post(cast.alice, "/import?dry_run=true", DOCUMENT)

    assert answer.status_code == 200
    assert answer.json()["dry_run"] is True
    expected = {"git": "created", "docs": "created", "bad": "invalid", "old": "invalid"}
    assert outcomes(answer) == expected
    assert not MCPServer.objects.exists()


def test_sound_servers_are_imported_and_the_others_named(cast: Cast, register: Register) -> None:
    register("docs", url="https://old.example.com/mcp", timeout_seconds=7)

    answer = post(cast.alice, "/import", DOCUMENT)

    expected = {"git": "created", "docs": "skipped", "bad": "invalid", "old": "invalid"}
    assert outcomes(answer) == expected
    assert "top-secret-value" not in answer.content.decode()
    git = MCPServer.objects.get(name="git")
    assert opened(git.variables.get().secret) == "top-secret-value"

    again = post(cast.alice, "/import?replace=1", DOCUMENT)

    assert outcomes(again)["docs"] == "replaced"
    docs = MCPServer.objects.get(name="docs")
    assert (docs.url, docs.timeout_seconds) == ("https://example.com/mcp", 7)


def test_only_owners_and_admins_import_and_export(cast: Cast) -> None:
    assert post(cast.bob, "/import", DOCUMENT).status_code == 403
    assert client(cast.bob).get(f"{URL}/export").status_code == 403
    assert post(cast.olga, "/import", DOCUMENT).status_code == 400
    foreign = post(cast.dora, f"/import?organization={cast.acme.pk}", DOCUMENT)
    assert foreign.status_code == 404
    assert not MCPServer.objects.exists()


def test_what_is_no_document_is_refused(cast: Cast) -> None:
    for body in ([], {"x": 1}, '"text"'):
        answer = post(cast.alice, "/import", body)
        assert (answer.status_code, answer.json()["code"]) == (400, "invalid_document")
    assert post(cast.alice, "/import?dry_run=perhaps", DOCUMENT).status_code == 400
    assert post(cast.alice, "/import?organization=x", DOCUMENT).status_code == 400


def test_an_export_reads_back(cast: Cast) -> None:
    post(cast.alice, "/import", DOCUMENT)

    exported = client(cast.alice).get(f"{URL}/export").json()

    assert exported == {
        "mcpServers": {
            "docs": {"type": "http", "url": "https://example.com/mcp"},
            "git": {
                "type": "stdio",
                "command": "mcp-server-git",
                "args": [],
                "env": {"TOKEN": "${TOKEN}"},
            },
        }
    }
    assert outcomes(post(cast.dora, "/import", exported)) == {"docs": "created", "git": "created"}
