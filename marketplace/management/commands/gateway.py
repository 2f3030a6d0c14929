"""The gateway: holds the connections to MCP servers."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from marketplace.gateway.process import run


class Command(BaseCommand):
    """Run the gateway until it is told to stop."""

    help = "Connect to MCP servers, run the local ones in the sandbox, and call their tools."

    def handle(self, *args: Any, **options: Any) -> None:
        """Block until SIGTERM or SIGINT."""
        asyncio.run(run())
