"""Streamable HTTP: both eras, credentials, the egress guard, and servers that fail."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import pytest_asyncio

from kernel.threads import threaded
from marketplace.engine.spec import Value
from marketplace.errors import (
    EgressDeniedError,
    ResultTooLargeError,
    ServerCrashedError,
    ServerStartError,
    ServerUnreachableError,
    ToolCallError,
    ToolTimeoutError,
)
from marketplace.models import MCPServer
from marketplace.public import Progress
from tests.marketplace.conftest import Register
from tests.marketplace.gateway.conftest import STANDINS, Gateway
from tests.marketplace.gateway.test_calls import _until
from tests.marketplace.installed import node_servers

pytestmark = pytest.mark.django_db(transaction=True)
Remote = Callable[..., MCPServer]


@pytest.fixture(scope="module")
def modern() -> Iterator[int]:
    """The port of a server made with the official library."""
    argv = [sys.executable, str(STANDINS / "mcp_modern.py"), "--http", "127.0.0.1"]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline())
        process.kill()


@pytest.fixture
def remote(register: Register, settings: Any) -> Remote:
    """Register an address on loopback, which the operator allows here."""
    settings.EGRESS_ALLOW = ("127.0.0.1",)

    def make(port: int, *, path: str = "/mcp", **fields: Any) -> MCPServer:
        return register("remote", url=f"http://127.0.0.1:{port}{path}", **fields)

    return make


async def test_tools_are_called_over_http(gateway: Gateway, remote: Remote, modern: int) -> None:
    server = await threaded(remote)(modern)
    seen: list[Progress] = []

    async def note(progress: Progress) -> None:
        seen.append(progress)

    added = await gateway.call(server, "add", {"a": 2, "b": 40})
    failed = await gateway.call(server, "fail")
    await gateway.call(server, "steps", {"count": 3}, on_progress=note)

    assert (added.text, added.structured) == ("42", {"result": 42})
    assert failed.is_error
    assert [one.message for one in seen] == ["step 1", "step 2", "step 3"]
    await server.arefresh_from_db()
    assert server.protocol_revision == "2026-07-28"


async def test_credentials_are_sent_and_redacted(
    gateway: Gateway, remote: Remote, modern: int
) -> None:
    headers = {"Authorization": Value(text="Bearer tok-123456789")}
    server = await threaded(remote)(modern, headers=headers)

    result = await gateway.call(server, "token")

    assert result.text == "[redacted]"
    assert (await gateway.call(server, "part")).text == "[redacted]"


async def test_a_private_address_is_refused_unless_the_operator_allows_it(
    gateway: Gateway, remote: Remote, modern: int, settings: Any
) -> None:
    server = await threaded(remote)(modern)
    settings.EGRESS_ALLOW = ()

    with pytest.raises(EgressDeniedError, match=r"127\.0\.0\.1 is a loopback address"):
        await gateway.call(server, "add", {"a": 1, "b": 1})


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/denied", "answered 401 Unauthorized"),
        ("/elsewhere", "Redirect to http://169.254.169.254/mcp not followed"),
        ("/nothing", "Not Found"),
    ],
)
async def test_an_address_that_is_no_server_is_named(
    gateway: Gateway, remote: Remote, modern: int, path: str, told: str
) -> None:
    server = await threaded(remote)(modern, path=path)

    with pytest.raises(ServerStartError, match=told):
        await gateway.call(server, "add", {"a": 1, "b": 1})


async def test_nobody_listens(gateway: Gateway, remote: Remote) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    server = await threaded(remote)(port)

    with pytest.raises(ServerStartError, match="remote did not start"):
        await gateway.call(server, "add", {"a": 1, "b": 1})


async def test_size_and_time_are_bounded(gateway: Gateway, remote: Remote, modern: int) -> None:
    server = await threaded(remote)(modern)

    with pytest.raises(ToolCallError) as huge:
        await gateway.call(server, "huge", {"size": 3_000_000})
    with pytest.raises(ToolTimeoutError):
        await gateway.call(server, "sleep", {"seconds": 60}, timeout_seconds=0.5)

    assert isinstance(huge.value, ResultTooLargeError)
    assert (await gateway.call(server, "add", {"a": 1, "b": 1})).text == "2"


async def test_calls_run_side_by_side(gateway: Gateway, remote: Remote, modern: int) -> None:
    server = await threaded(remote)(modern)
    slow = asyncio.create_task(gateway.call(server, "sleep", {"seconds": 30}))

    sums = await asyncio.gather(*(gateway.call(server, "add", {"a": n, "b": n}) for n in range(10)))

    assert [one.text for one in sums] == [str(2 * n) for n in range(10)]
    assert not slow.done()
    slow.cancel()


async def test_a_server_that_dies_in_a_call_is_found_again(
    gateway: Gateway, remote: Remote
) -> None:
    argv = [sys.executable, str(STANDINS / "mcp_modern.py"), "--http", "127.0.0.1"]
    process = await asyncio.create_subprocess_exec(*argv, stdout=subprocess.PIPE)
    assert process.stdout is not None
    server = await threaded(remote)(int(await process.stdout.readline()))
    await gateway.call(server, "add", {"a": 1, "b": 1})

    with pytest.raises(ServerCrashedError, match="Server disconnected"):
        await gateway.call(server, "end")
    assert await process.wait() == 5
    with pytest.raises(ServerUnreachableError, match="could not be reached"):
        await gateway.call(server, "add", {"a": 1, "b": 1})


@pytest_asyncio.fixture
async def legacy() -> Any:
    """The port of a 2025-era server: `everything` from npm."""
    folder = node_servers()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    script = folder / "node_modules/@modelcontextprotocol/server-everything/dist/index.js"
    process = await asyncio.create_subprocess_exec(
        "node", str(script), "streamableHttp", env={"PORT": str(port), "PATH": "/usr/bin"}
    )
    await _until(lambda: _listens(port), seconds=60)
    yield port
    process.kill()
    await process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as trial:
        return trial.connect_ex(("127.0.0.1", port)) == 0


async def test_a_server_of_the_older_era_keeps_its_session(
    gateway: Gateway, remote: Remote, legacy: int
) -> None:
    server = await threaded(remote)(legacy)

    result = await gateway.call(server, "echo", {"message": "hello"})

    assert result.text == "Echo: hello"
    await server.arefresh_from_db()
    assert server.protocol_revision == "2025-11-25"
    await gateway.service.pool.aclose()
