"""The ASGI application: Django for HTTP, Channels for sockets, both knowing who asks."""

import os

from channels.routing import ProtocolTypeRouter, URLRouter
from django.core.asgi import get_asgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.main")
django = get_asgi_application()

from config.routing import websockets  # noqa: E402
from identity.sockets import SocketActor  # noqa: E402
from kernel.http.backpressure import Backpressure  # noqa: E402

application = ProtocolTypeRouter(
    {"http": Backpressure(django), "websocket": SocketActor(URLRouter(websockets))}
)
