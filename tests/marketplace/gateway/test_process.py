"""The process itself: jobs, signals, death, several at once, and what is left behind: nothing."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from django.conf import settings
from django.db import connection

from kernel.ids import uuid7
from kernel.threads import threaded
from marketplace.errors import GatewayLostError, ToolCallError
from marketplace.gateway import sockets
from marketplace.gateway.client import _talk
from marketplace.models import MCPServer
from marketplace.probes import gateway as probe
from marketplace.public import ToolCall, call_tool, tools_of
from tests.marketplace.gateway.test_calls import _until
from tests.marketplace.gateway.test_walls import _named

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.kill]
Raw = Callable[..., MCPServer]
Start = Callable[[], "subprocess.Popen[bytes]"]
ROOT = Path(__file__).resolve().parents[3]


@pytest.fixture
def start(data_dir: Path, programs: Path) -> Iterator[Start]:
    """Start gateways as the launcher does; whatever a test leaves running is ended."""
    started: list[subprocess.Popen[bytes]] = []

    def run() -> subprocess.Popen[bytes]:
        before = set(sockets.names())
        environment = {
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings.test",
            "DATABASE_URL": settings.DATABASE_DIRECT_URL,
            "QUARTERDECK_DATA_DIR": str(data_dir),
            "QUARTERDECK_MCP_ROOTS": str(programs.parent),
        }
        argv = [sys.executable, str(ROOT / "manage.py"), "gateway"]
        process = subprocess.Popen(argv, env=environment, cwd=ROOT)
        started.append(process)
        assert _wait(lambda: set(sockets.names()) - before or process.poll() is not None)
        assert process.poll() is None
        return process

    connection.close()
    yield run
    for process in started:
        if process.poll() is None:
            process.kill()
        process.wait(20)


def _wait(holds: Callable[[], Any], seconds: float = 60) -> bool:
    until = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < until
        time.sleep(0.05)
    return True


async def call(server: MCPServer, tool: str, **arguments: Any) -> str:
    asked = ToolCall(server_id=server.pk, tool=tool, arguments=arguments)
    return (await call_tool(asked)).text


def below(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children(recursive=True)


def test_a_registered_server_is_listed_by_a_job(start: Start, raw: Raw) -> None:
    start()
    good, bad = raw("good"), raw("bad", env={"REFUSE_TO_START": "license"})

    def seen() -> bool:
        for server in (good, bad):
            server.refresh_from_db()
        return bool(good.checked_at and bad.checked_at)

    assert _wait(seen)
    assert (good.tools_state, good.protocol_revision) == ("approved", "2025-11-25")
    assert "good.echo" in {tool.full_name for tool in tools_of([good.pk])}
    assert (bad.tools_state, bad.error_code) == ("unknown", "server_start")
    assert "cannot start: [redacted]" in bad.error


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_no_child_outlives_the_gateway(start: Start, raw: Raw, number: int) -> None:
    process = start()
    server, marker = raw(), f"stray-{uuid7().hex}"
    asyncio.run(call(server, "children", marker=marker))
    assert _wait(lambda: len(_named(marker)) == 2)
    family = below(process)
    assert len(family) >= 4

    process.send_signal(number)
    process.wait(20)

    assert _wait(lambda: not _named(marker))
    assert _wait(lambda: not any(one.is_running() for one in family))
    assert (process.returncode == 0) == (number == signal.SIGTERM)


def test_a_call_under_way_is_told_that_the_gateway_died_and_the_next_one_works(
    start: Start, raw: Raw
) -> None:
    process, server = start(), raw()
    home = Path(settings.DATA_DIR) / "homes" / "shared" / str(server.pk)

    async def lose() -> None:
        calling = asyncio.create_task(call(server, "wait", path="never"))
        await _until((home / "waiting").exists, seconds=60)
        process.kill()
        with pytest.raises(GatewayLostError):
            await calling

    asyncio.run(lose())
    start()
    assert asyncio.run(call(server, "echo", text="again")) == "again"
    assert len(sockets.names()) == 1


def test_several_gateways_share_the_work_and_any_may_die(start: Start, raw: Raw) -> None:
    first, _second = start(), start()
    servers = [raw(f"s{number}") for number in range(4)]

    async def everywhere() -> list[str]:
        return await asyncio.gather(*(call(server, "echo", text="x") for server in servers))

    assert asyncio.run(everywhere()) == ["x"] * 4
    first.kill()
    first.wait(20)
    assert asyncio.run(everywhere()) == ["x"] * 4
    assert probe() == ""


async def test_sockets_are_private_and_strangers_are_not_heard(start: Start) -> None:
    await threaded(start)()
    (name,) = sockets.names()

    assert sockets.directory().stat().st_mode & 0o777 == 0o700
    assert (sockets.directory() / name).stat().st_mode & 0o777 == 0o600
    reader, writer = await sockets.dial(name)
    writer.write(b"\xff\xff\xff\xff" + b"x" * 1000)
    assert await reader.read() == b""
    writer.close()
    for request in ({}, {"method": "call_tool"}, {"method": "list_tools", "server_id": "x"}):
        with pytest.raises(ToolCallError):
            await _ask(name, request)


async def _ask(name: str, request: dict[str, Any]) -> Any:
    return await _talk(*await sockets.dial(name), request, None)


def test_without_a_gateway_the_probe_says_so(data_dir: Path) -> None:
    sockets.sweep()

    assert sockets.names() == []
    assert probe() == "No MCP gateway is running here; MCP tools are refused."
