"""Tools that are no shell: files, fetches, and what MCP servers offer."""

from __future__ import annotations

from typing import Any

import pytest

from sessions_app.safety import Call, anatomy, classify
from tests.sessions_app.safety.calls import tool


def found(call: Call) -> tuple[str, list[str]]:
    verdict = classify(call)
    return str(verdict.danger), [reason.code for reason in verdict.reasons]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("src/app.py", ("none", [])),
        ("/tmp/x", ("none", [])),
        ("../elsewhere/x", ("dangerous", ["files.overwrite"])),
        ("/etc/hosts", ("dangerous", ["files.overwrite"])),
        ("~/.bashrc", ("dangerous", ["system.startup_file"])),
        ("/home/me/.ssh/authorized_keys", ("dangerous", ["system.startup_file"])),
        (".git/hooks/pre-commit", ("dangerous", ["git.internals"])),
        ("vendor/lib/.git/config", ("dangerous", ["git.internals"])),
        (".gitignore", ("none", [])),
        (".github/workflows/ci.yml", ("caution", ["files.automation"])),
        ("Jenkinsfile", ("caution", ["files.automation"])),
        ("/dev/sda", ("dangerous", ["disks.device"])),
        ("/dev/null", ("none", [])),
    ],
)
def test_written_paths(path: str, expected: tuple[str, list[str]]) -> None:
    assert found(tool("write_file", path=path, content="x")) == expected


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("README.md", ("none", [])),
        ("/etc/os-release", ("none", [])),
        ("~/.ssh/id_ed25519", ("dangerous", ["secrets.read"])),
        ("~/.ssh/id_ed25519.pub", ("none", [])),
        ("/proc/self/environ", ("dangerous", ["secrets.read"])),
        (".env", ("caution", ["secrets.private"])),
        (".env.example", ("none", [])),
        ("file:///etc/shadow", ("dangerous", ["secrets.read"])),
    ],
)
def test_read_paths(path: str, expected: tuple[str, list[str]]) -> None:
    assert found(tool("read_file", path=path)) == expected


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"url": "https://example.com/"}, ("none", [])),
        ({"url": "https://example.com/", "method": "POST"}, ("caution", ["network.send"])),
        ({"url": "https://example.com/", "method": "DELETE"}, ("dangerous", ["network.delete"])),
        ({"url": "http://169.254.169.254/latest/"}, ("dangerous", ["network.metadata"])),
        ({"url": "http://0xA9FEA9FE/latest/"}, ("dangerous", ["network.metadata"])),
        ({"url": "http://10.1.2.3/"}, ("caution", ["network.internal"])),
        ({"url": "http://[::1]/"}, ("caution", ["network.internal"])),
        ({"url": "file:///root/.ssh/id_rsa"}, ("dangerous", ["secrets.read"])),
        ({}, ("caution", ["network.no_address"])),
    ],
)
def test_fetches(arguments: dict[str, Any], expected: tuple[str, list[str]]) -> None:
    assert found(tool("fetch", **arguments)) == expected


@pytest.mark.parametrize(
    ("name", "hints", "expected"),
    [
        ("git.git_log", {"readOnlyHint": True}, "none"),
        ("files.list_things", {}, "none"),
        ("vendor.frobnicate", {}, "caution"),
        ("vendor.frobnicate", {"destructiveHint": True}, "dangerous"),
        ("vendor.frobnicate", {"destructiveHint": False}, "caution"),
        ("vendor.delete_all", {}, "dangerous"),
        ("vendor.deleteAll", {}, "dangerous"),
        ("vendor.delete_all", {"readOnlyHint": True}, "caution"),
        ("vendor.get_all", {"readOnlyHint": True, "destructiveHint": True}, "caution"),
        ("vendor.get_all", {"readOnlyHint": "yes"}, "none"),
    ],
)
def test_names_and_hints_of_mcp_tools(name: str, hints: dict[str, Any], expected: str) -> None:
    assert found(tool(name, hints))[0] == expected


def test_mcp_tools_that_run_commands_or_statements_are_read_like_our_own() -> None:
    assert found(tool("term.run_command", command="rm -rf src"))[0] == "dangerous"
    assert found(tool("db.run", sql="DROP TABLE users"))[0] == "dangerous"
    assert found(tool("fs.write_text", path="/etc/passwd"))[0] == "dangerous"


def test_a_patch_names_every_file_it_touches() -> None:
    patch = "*** Begin Patch\n*** Update File: src/a.py\n*** Delete File: b.txt\n*** End Patch\n"

    parts = anatomy(tool("apply_patch", patch=patch))

    assert parts.writes == ("/workspace/src/a.py",)
    assert parts.deletes == ("/workspace/b.txt",)


def test_a_vector_is_run_without_a_shell() -> None:
    assert found(tool("shell", command=["echo", "a; rm -rf src"]))[0] == "none"
    assert found(tool("shell", command=["rm", "-rf", "src"]))[0] == "dangerous"
