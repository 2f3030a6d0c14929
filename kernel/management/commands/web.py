"""Pages, API and sockets: Daphne, with a drain before its end."""

from __future__ import annotations

from typing import Any

from channels.routing import get_default_application
from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from kernel.http.server import DrainingServer


class Command(BaseCommand):
    """Serve until told to stop."""

    help = "Serve pages, API and sockets."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to listen."""
        parser.add_argument("--bind", default="127.0.0.1")
        parser.add_argument("--port", type=int, default=8000)

    def handle(self, *args: Any, **options: Any) -> None:
        """Block until SIGTERM or SIGINT."""
        DrainingServer(
            get_default_application(),
            bind=options["bind"],
            port=options["port"],
            announce_seconds=settings.DRAIN_SECONDS,
        ).run()
