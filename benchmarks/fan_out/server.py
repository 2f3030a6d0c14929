"""The server under test: the house as it is, and beside it the same socket with stock groups.

Runs on the house's own server; the one argument is the port.
"""

from __future__ import annotations

import os
import sys
from typing import Any
from uuid import UUID

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.main")
http = get_asgi_application()

# isort: split
from channels.generic.websocket import AsyncWebsocketConsumer  # noqa: E402
from django.urls import path  # noqa: E402

from config.routing import websockets  # noqa: E402
from identity.sockets import SocketActor  # noqa: E402
from kernel.http.server import DrainingServer  # noqa: E402
from kernel.threads import threaded  # noqa: E402
from sessions_app.streams import may_read  # noqa: E402


class StockConsumer(AsyncWebsocketConsumer):  # type: ignore[misc]
    """What the Channels documentation shows, with our sign-in and permission at the handshake.

    Whatever a client sends goes to the group, as in the tutorial's chat; the publisher is a client.
    """

    async def connect(self) -> None:
        """Join the session's group."""
        pk = UUID(str(self.scope["url_route"]["kwargs"]["pk"]))
        if not await threaded(may_read)(self.scope["actor"], pk):
            await self.close()
            return
        self.group = f"session_{pk.hex}"
        await self.channel_layer.group_add(self.group, self.channel_name)
        await self.accept(self.scope.get("accepted_subprotocol"))

    async def disconnect(self, code: int) -> None:
        """Leave the group."""
        if hasattr(self, "group"):
            await self.channel_layer.group_discard(self.group, self.channel_name)

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        """Pass it on to everybody."""
        await self.channel_layer.group_send(self.group, {"type": "event", "frame": text_data})

    async def event(self, message: dict[str, Any]) -> None:
        """One delivery."""
        await self.send(text_data=message["frame"])


routes = [*websockets, path("ws/stock/<uuid:pk>", StockConsumer.as_asgi())]
application = ProtocolTypeRouter({"http": http, "websocket": SocketActor(URLRouter(routes))})

if __name__ == "__main__":
    port = int(sys.argv[1])
    DrainingServer(application, bind="127.0.0.1", port=port, announce_seconds=0).run()
