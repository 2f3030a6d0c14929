"""`.mcp.json` in and out."""

from __future__ import annotations

from typing import Any

import pytest

from marketplace.engine.documents import read, write
from marketplace.engine.spec import ServerSpec, Value
from marketplace.errors import InvalidDocumentError

CLAUDE = {
    "mcpServers": {
        "git": {"command": "mcp-server-git", "args": ["--repository", "/workspace"]},
        "github": {
            "type": "http",
            "url": "https://api.example.com/mcp/",
            "headers": {"Authorization": "Bearer ${GITHUB_TOKEN}", "X-Team": "core"},
        },
        "@modelcontextprotocol/server-filesystem": {
            "command": "npx",
            "args": ["-y", "@modelcontextprotocol/server-filesystem"],
            "env": {"API_KEY": "abc", "DEBUG": True},
            "cwd": "/tmp",
            "autoApprove": [],
        },
    }
}


def test_the_document_of_claude_and_cursor_is_read() -> None:
    git, github, filesystem = read(CLAUDE)

    assert git.spec == ServerSpec(
        name="git",
        transport="stdio",
        command="mcp-server-git",
        args=("--repository", "/workspace"),
    )
    assert git.warnings == ()
    assert github.spec is not None
    assert github.spec.headers == {"Authorization": Value(), "X-Team": Value(text="core")}
    assert github.warnings == ("headers/Authorization must be set after the import.",)
    assert filesystem.name == "server-filesystem"
    assert filesystem.spec is not None
    assert filesystem.spec.env == {"API_KEY": Value(text="abc"), "DEBUG": Value(text="true")}
    assert [warning.split(" ")[0] for warning in filesystem.warnings] == [
        "'@modelcontextprotocol/server-filesystem'",
        "autoApprove",
        "cwd",
        "npx",
    ]


def test_the_document_of_vs_code_is_read() -> None:
    document = {
        "inputs": [{"id": "key", "type": "promptString", "password": True}],
        "servers": {"perplexity": {"type": "stdio", "command": "p", "env": {"K": "${input:key}"}}},
    }

    (entry,) = read(document)

    assert entry.spec is not None
    assert entry.spec.env == {"K": Value()}


@pytest.mark.parametrize("document", [None, [], "x", {}, {"mcpServers": []}, {"servers": "x"}])
def test_anything_else_is_no_document(document: object) -> None:
    with pytest.raises(InvalidDocumentError):
        read(document)


@pytest.mark.parametrize(
    "server",
    [
        None,
        "mcp-server-git",
        {"command": 7},
        {"command": "a", "args": "b"},
        {"command": "a", "args": [1]},
        {"command": "a", "args": ["${HOME}"]},
        {"command": "a", "env": ["A=b"]},
        {"command": "a", "env": {"A": {"b": 1}}},
        {"type": "sse", "url": "https://example.com/sse"},
    ],
)
def test_a_faulty_server_is_reported_and_not_guessed(server: Any) -> None:
    (entry,) = read({"mcpServers": {"x": server}})

    assert entry.spec is None
    assert entry.fault


def test_what_is_written_reads_back_without_its_secrets() -> None:
    process = ServerSpec(
        name="a",
        transport="stdio",
        command="run",
        args=("1",),
        env={"TOKEN": Value(secret=True), "TZ": Value(text="UTC", secret=False)},
    )
    remote = ServerSpec(
        name="b", transport="http", url="https://e.com/mcp", headers={"X-Key": Value(text="s3cret")}
    )

    written = write([process, remote])

    assert written == {
        "mcpServers": {
            "a": {
                "type": "stdio",
                "command": "run",
                "args": ["1"],
                "env": {"TOKEN": "${TOKEN}", "TZ": "UTC"},
            },
            "b": {"type": "http", "url": "https://e.com/mcp", "headers": {"X-Key": "${X-Key}"}},
        }
    }
    assert [entry.name for entry in read(written)] == ["a", "b"]
