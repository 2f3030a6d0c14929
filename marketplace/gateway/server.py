"""The socket on which other processes of this installation ask; one connection is one call."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import struct
from typing import Any

from marketplace.errors import ToolCallError
from marketplace.gateway import sockets, wire
from marketplace.gateway.service import Service

log = logging.getLogger(__name__)
_CREDENTIALS = struct.Struct("3i")


class Server:
    """Listens, answers, and cancels what nobody waits for any more."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._name = ""
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Open the socket; from now on clients find it."""
        self._name, listening = sockets.bind()
        self._server = await asyncio.start_unix_server(self._serve, sock=listening)

    async def aclose(self) -> None:
        """Take the socket away, so that nobody new comes; calls under way are cut off."""
        sockets.remove(self._name)
        if self._server is not None:
            self._server.close()
            if hasattr(self._server, "close_clients"):
                self._server.close_clients()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            if not _is_ours(writer):
                return
            request = await wire.receive(reader)
            if request is not None:
                await self._attend(request, reader, writer)
        except ConnectionError:
            return
        finally:
            writer.close()

    async def _attend(
        self, request: dict[str, Any], reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer, or stop as soon as the asker hangs up."""
        answering = asyncio.create_task(self._answer(request, writer))
        gone = asyncio.create_task(reader.read(1))
        try:
            await asyncio.wait({answering, gone}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (answering, gone):
                task.cancel()
            await asyncio.gather(answering, gone, return_exceptions=True)

    async def _answer(self, request: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        async def send(document: dict[str, Any]) -> None:
            writer.write(wire.encode(document))
            await writer.drain()

        async def report(progress: dict[str, Any]) -> None:
            with contextlib.suppress(ConnectionError):
                await send({"progress": progress})

        try:
            result = await self._service.answer(request, report)
        except ToolCallError as fault:
            await send(_fault(fault))
        except Exception:
            log.exception("a gateway call failed")
            await send(_fault(ToolCallError("The gateway failed; its log says why.")))
        else:
            await send({"result": result})


def _fault(fault: ToolCallError) -> dict[str, Any]:
    return {"error": {"code": fault.code, "detail": fault.detail, "extra": dict(fault.extra)}}


def _is_ours(writer: asyncio.StreamWriter) -> bool:
    """Whether the asker runs as the same user as we do (SO_PEERCRED, unix(7)), or as root."""
    peer: socket.socket = writer.get_extra_info("socket")
    raw = peer.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
    _pid, uid, _gid = _CREDENTIALS.unpack(raw)
    return uid in {0, os.geteuid()}
