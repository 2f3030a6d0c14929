"""Daphne with an orderly end: it refuses traffic, sends watchers away, finishes requests, stops.

By itself Daphne cuts every socket without a close frame when it is told to stop (daphne#177).
"""

from __future__ import annotations

import asyncio
import logging
import signal
import sys
from collections.abc import Iterator
from typing import Any

# Installs the reactor that runs on asyncio, before anything else makes another.
from daphne.server import Server

# isort: split
from daphne.endpoints import build_endpoint_description_strings
from daphne.http_protocol import WebRequest
from twisted.internet import reactor
from twisted.internet.defer import maybeDeferred

from kernel import draining
from kernel.http.access import AccessLog
from kernel.streams.hub import hub

log = logging.getLogger(__name__)
SERVER_CODES = {1012, 1013}
LONGEST_SECONDS = 7.0
"""How long requests and close handshakes may take; the launcher has more patience."""


class DrainingServer(Server):  # type: ignore[misc]
    """One process of the web; `announce_seconds` is how long `/readyz` refuses beforehand."""

    def __init__(self, application: Any, *, bind: str, port: int, announce_seconds: float) -> None:
        self.connections: dict[Any, dict[str, Any]] = {}
        super().__init__(
            application,
            endpoints=build_endpoint_description_strings(host=bind, port=port),
            signal_handlers=False,
            action_logger=AccessLog(sys.stdout),
        )
        self._announce_seconds = announce_seconds
        self._ending: asyncio.Task[None] | None = None
        self._ports: list[Any] = []
        self._fewer = asyncio.Event()

    def run(self) -> None:
        """Serve until SIGTERM or SIGINT, then drain."""
        loop = reactor._asyncioEventloop
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._begin)
        super().run()

    def listen_success(self, port: Any) -> None:
        """Keep the port, so that it can be closed before everything else."""
        self._ports.append(port)
        super().listen_success(port)

    def create_application(self, protocol: Any, scope: Any) -> Any:
        """While draining every answer is the last one of its connection."""
        if draining.begun() and isinstance(protocol, WebRequest):
            protocol.setHeader(b"connection", b"close")
            protocol.channel.persistent = False
        return super().create_application(protocol, scope)

    async def handle_reply(self, protocol: Any, message: Any) -> None:
        """Close with the codes of a server too: Autobahn's `sendClose` takes only a client's."""
        if message["type"] == "websocket.close" and message.get("code") in SERVER_CODES:
            protocol.sendCloseFrame(code=message["code"])
        else:
            await super().handle_reply(protocol, message)

    def protocol_disconnected(self, protocol: Any) -> None:
        """One connection fewer to wait for."""
        super().protocol_disconnected(protocol)
        self._fewer.set()

    def kill_all_applications(self) -> Any:
        """Cancel what is left; a connection may have no application yet."""
        self.connections = {
            protocol: details
            for protocol, details in self.connections.items()
            if "application_instance" in details
        }
        return super().kill_all_applications()

    def _begin(self) -> None:
        """The first signal drains; a second one has no patience."""
        if self._ending is None:
            self._ending = asyncio.ensure_future(self._end())
        else:
            self._ending.cancel()

    async def _end(self) -> None:
        draining.begin()
        log.info("draining")
        try:
            await asyncio.sleep(self._announce_seconds)
            async with asyncio.timeout(LONGEST_SECONDS):
                await self._close_doors()
                hub().drain()
                while any(self._busy()):
                    self._fewer.clear()
                    await self._fewer.wait()
        except TimeoutError:
            log.warning("draining took too long", extra={"left": sum(1 for _ in self._busy())})
        finally:
            self.stop()

    async def _close_doors(self) -> None:
        loop = asyncio.get_running_loop()
        for port in self._ports:
            await maybeDeferred(port.stopListening).asFuture(loop)

    def _busy(self) -> Iterator[Any]:
        """Connections that are still open and have a request or a socket on them."""
        for protocol, details in self.connections.items():
            if "disconnected" not in details:
                yield protocol
