"""The process: sandbox chosen, socket open, jobs claimed, idle servers let go; until a signal."""

from __future__ import annotations

import asyncio
import logging
import signal

from marketplace.gateway import sockets
from marketplace.gateway.bounds import Bounds
from marketplace.gateway.chores import Chores
from marketplace.gateway.enclosure import choose
from marketplace.gateway.server import Server
from marketplace.gateway.service import Service

log = logging.getLogger(__name__)
_REAP_SECONDS = 5.0
# These print what servers said, unredacted.
_TALKATIVE = ("mcp", "httpx2", "httpcore2")


async def run(bounds: Bounds | None = None) -> None:
    """Serve until SIGTERM or SIGINT; every server is ended before this returns."""
    for name in _TALKATIVE:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    sockets.sweep()
    enclosure = await choose()
    if enclosure.unavailable:
        log.warning("no sandbox for MCP servers: %s", enclosure.unavailable)
    service = Service(enclosure, bounds or Bounds())
    server = Server(service)
    await server.start()
    beside = [asyncio.create_task(Chores(service).run()), asyncio.create_task(_reap(service))]
    try:
        await stop.wait()
    finally:
        await server.aclose()
        for task in beside:
            task.cancel()
        await asyncio.gather(*beside, return_exceptions=True)
        await service.aclose()


async def _reap(service: Service) -> None:
    while True:
        await asyncio.sleep(_REAP_SECONDS)
        await service.pool.reap()
