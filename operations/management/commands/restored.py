"""`restored ID`: the launcher loaded a backup; bring its tables up to date and end its turns."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandParser

from operations.services.recovery import settle_restored


class Command(BaseCommand):
    """Make what was restored ready to start; runs as the owner of the tables."""

    help = "Migrate what was restored and end the turns that were under way."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup."""
        parser.add_argument("id", type=UUID)

    def handle(self, *args: Any, **options: Any) -> None:
        """Migrate first: the verbs know today's tables only."""
        call_command("migrate", interactive=False, verbosity=0)
        ended = settle_restored(options["id"])
        self.stdout.write(f"{ended} turns ended")
