"""The runner process."""

from __future__ import annotations

import asyncio
from typing import Any

from django.core.management.base import BaseCommand

from sessions_app.runner.process import Runner


class Command(BaseCommand):
    """Drive turns until told to stop."""

    help = "Claim and drive agent turns."

    def handle(self, *args: Any, **options: Any) -> None:
        """Block until SIGTERM or SIGINT."""

        async def main() -> None:
            await Runner().run()

        asyncio.run(main())
