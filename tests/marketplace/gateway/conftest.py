"""A gateway inside the test's own event loop, servers for it, and a look at the process table."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil
import pytest
import pytest_asyncio
from django.conf import settings

from kernel.ids import uuid7
from marketplace.engine.spec import Value
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.enclosure import choose
from marketplace.gateway.server import Server
from marketplace.gateway.service import Service
from marketplace.models import MCPServer
from marketplace.public import ToolCall, ToolResult, call_tool
from tests.marketplace.conftest import Register
from tests.marketplace.installed import cache, system_python

STANDINS = Path(__file__).resolve().parents[2] / "standins"
SHORT = Bounds(
    start_seconds=60,
    stop_seconds=1,
    relist_seconds=3600,
    line_bytes=1 << 20,
    noise_bytes=40 << 20,
)


@dataclass
class Gateway:
    """A running gateway of the test's own; `call` goes through its socket as others do."""

    service: Service
    bounds: Bounds
    others: set[int] = field(default_factory=lambda: {p.pid for p in psutil.Process().children()})
    """What this process started before: an installation may run for other tests."""

    async def call(
        self, server: MCPServer, tool: str, arguments: dict[str, Any] | None = None, **more: Any
    ) -> ToolResult:
        """Call a tool as the broker would."""
        on_progress = more.pop("on_progress", None)
        call = ToolCall(server_id=server.pk, tool=tool, arguments=arguments or {}, **more)
        return await call_tool(call, on_progress=on_progress)

    def home(self, server: MCPServer) -> Path:
        """Where a shared server's /workspace lies."""
        return Path(settings.DATA_DIR) / "homes" / "shared" / str(server.pk)

    @property
    def processes(self) -> list[psutil.Process]:
        """Everything that descends from this process and runs in a sandbox."""
        below = [child for root in self.roots for child in _children(root)]
        return [*self.roots, *(one for one in below if _lives(one))]

    @property
    def roots(self) -> list[psutil.Process]:
        """The supervising processes of servers, one each."""
        found = psutil.Process().children()
        return [one for one in found if one.pid not in self.others and _lives(one)]


def _children(process: psutil.Process) -> list[psutil.Process]:
    """What descends from it, if it still runs."""
    try:
        return list(process.children(recursive=True))
    except psutil.NoSuchProcess:
        return []


def _lives(process: psutil.Process) -> bool:
    """Whether it still runs; it may end at any moment while we look."""
    try:
        return bool(process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False


@pytest.fixture
def bounds() -> Bounds:
    """Limits of the gateway; tests override this fixture to narrow them."""
    return SHORT


@pytest_asyncio.fixture
async def gateway(transactional_db: None, data_dir: Path, bounds: Bounds) -> AsyncIterator[Gateway]:
    """A gateway that is gone, with all its servers, when the test is over."""
    enclosure = await choose()
    if enclosure.unavailable:
        pytest.skip(enclosure.unavailable)
    service = Service(enclosure, bounds)
    server = Server(service)
    await server.start()
    yield Gateway(service, bounds)
    await server.aclose()
    await service.aclose()


@pytest.fixture
def programs(data_dir: Path, settings: Any) -> Iterator[Path]:
    """The folder of stand-in servers, where the sandbox may read it."""
    folder = data_dir / "servers" / uuid7().hex
    folder.mkdir(parents=True)
    for script in ("mcp_raw.py", "mcp_modern.py"):
        shutil.copy(STANDINS / script, folder)
    settings.MCP_ROOTS = (str(data_dir / "servers"), str(cache()))
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def raw(register: Register, programs: Path) -> Callable[..., MCPServer]:
    """Register the plain stand-in; `env` values are secrets unless given as `Value`."""

    def make(name: str = "raw", *flags: str, **fields: Any) -> MCPServer:
        env = fields.pop("env", {})
        values = {k: v if isinstance(v, Value) else Value(text=v) for k, v in env.items()}
        return register(
            name,
            command=fields.pop("command", system_python()),
            args=(str(programs / "mcp_raw.py"), *flags),
            env=values,
            read_only_paths=(str(programs), *fields.pop("read_only_paths", ())),
            **fields,
        )

    return make


def plain(text: str) -> Value:
    """A value that is no secret."""
    return Value(text=text, secret=False)


def session() -> UUID:
    """A session's id."""
    return uuid7()
