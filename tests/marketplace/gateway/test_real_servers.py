"""Servers that others wrote, from PyPI and npm, as people would register them."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from kernel.ids import uuid7
from kernel.sandbox import UidRange, prepare_workspace
from kernel.threads import threaded
from marketplace.models import MCPServer
from marketplace.public import Progress, list_live
from tests.marketplace.conftest import Register
from tests.marketplace.gateway.conftest import Gateway, plain
from tests.marketplace.installed import node_servers, python_servers, system_python

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def pypi(register: Register, programs: Path) -> Callable[..., MCPServer]:
    """Register a module of the Python servers."""
    folder = str(python_servers())

    def make(name: str, module: str, *args: str, **fields: Any) -> MCPServer:
        return register(
            name,
            command=system_python(),
            args=("-m", module, *args),
            env={"PYTHONPATH": plain(folder)},
            read_only_paths=(folder,),
            **fields,
        )

    return make


@pytest.fixture
def npm(register: Register, programs: Path) -> Callable[..., MCPServer]:
    """Register a script of the npm servers."""
    folder = node_servers()

    def make(name: str, *args: str, **fields: Any) -> MCPServer:
        script = folder / f"node_modules/@modelcontextprotocol/server-{name}/dist/index.js"
        return register(
            name,
            command="node",
            args=(str(script), *args),
            read_only_paths=(str(folder),),
            **fields,
        )

    return make


@pytest.fixture
def workspace(data_dir: Path, settings: Any) -> dict[str, Any]:
    """A session's working directory that holds a small repository."""
    session_id = uuid7()
    path = data_dir / "work" / str(uuid7())
    path.parent.mkdir(exist_ok=True, mode=0o711)
    path.mkdir()
    (path / "README.md").write_text("# Hello\n")
    who = ["-c", "user.name=Ann", "-c", "user.email=ann@example.org"]
    git(path, "init", "-q", "-b", "main")
    git(path, "add", "README.md")
    git(path, *who, "commit", "-q", "-m", "Begin")
    prepare_workspace(path, UidRange(base=settings.SANDBOX_UID).identity(str(session_id)))
    return {"session_id": session_id, "workspace": path}


def git(path: Path, *words: str) -> str:
    return subprocess.check_output(["git", *words], cwd=path, text=True)


async def test_git(
    gateway: Gateway, pypi: Callable[..., MCPServer], workspace: dict[str, Any]
) -> None:
    server = await threaded(pypi)("git", "mcp_server_git", mount_workspace="write")
    where = {"repo_path": "/workspace"}

    tools = await list_live(server.pk)
    log = await gateway.call(server, "git_log", where, **workspace)
    made = await gateway.call(
        server, "git_create_branch", {**where, "branch_name": "topic"}, **workspace
    )
    wrong = await gateway.call(server, "git_log", {"repo_path": "/nowhere"}, **workspace)

    assert {"git_status", "git_log", "git_diff", "git_commit"} <= set(tools)
    assert "Message: 'Begin'" in log.text or "Begin" in log.text
    assert not made.is_error
    branches = git(workspace["workspace"], "-c", "safe.directory=*", "branch")
    assert "topic" in branches
    assert wrong.is_error


async def test_time(gateway: Gateway, pypi: Callable[..., MCPServer]) -> None:
    server = await threaded(pypi)("time", "mcp_server_time", "--local-timezone=UTC")

    result = await gateway.call(
        server,
        "convert_time",
        {"source_timezone": "Europe/Berlin", "time": "12:00", "target_timezone": "Asia/Tokyo"},
    )

    assert "Asia/Tokyo" in result.text
    assert not result.is_error


async def test_filesystem(
    gateway: Gateway, npm: Callable[..., MCPServer], workspace: dict[str, Any]
) -> None:
    server = await threaded(npm)("filesystem", "/workspace", mount_workspace="write")

    read = await gateway.call(
        server, "read_text_file", {"path": "/workspace/README.md"}, **workspace
    )
    await gateway.call(
        server, "write_file", {"path": "/workspace/new.txt", "content": "hi"}, **workspace
    )
    outside = await gateway.call(server, "read_text_file", {"path": "/etc/hostname"}, **workspace)

    assert read.text == "# Hello\n"
    assert (workspace["workspace"] / "new.txt").read_text() == "hi"
    assert outside.is_error
    await server.arefresh_from_db()
    assert server.protocol_revision == "2025-11-25"


async def test_everything(gateway: Gateway, npm: Callable[..., MCPServer]) -> None:
    server = await threaded(npm)("everything")
    seen: list[Progress] = []

    async def note(progress: Progress) -> None:
        seen.append(progress)

    tools = await list_live(server.pk)
    echo = await gateway.call(server, "echo", {"message": "hello"})
    image = await gateway.call(server, "get-tiny-image")
    long = {"duration": 1, "steps": 4}
    await gateway.call(server, "trigger-long-running-operation", long, on_progress=note)

    assert len(tools) >= 10
    assert echo.text == "Echo: hello"
    assert "image" in {block["type"] for block in image.content}
    assert [one.progress for one in seen] == [1, 2, 3, 4]


async def test_a_server_of_the_official_library(
    gateway: Gateway, register: Register, programs: Path
) -> None:
    folder = str(python_servers())
    server = await threaded(register)(
        "modern",
        command=system_python(),
        args=(str(programs / "mcp_modern.py"),),
        env={"PYTHONPATH": plain(folder)},
        read_only_paths=(folder, str(programs)),
    )

    result = await gateway.call(server, "add", {"a": 40, "b": 2})

    assert (result.text, result.structured) == ("42", {"result": 42})
    await server.arefresh_from_db()
    assert (server.protocol_revision, server.tools_count) == ("2026-07-28", 8)
