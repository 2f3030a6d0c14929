"""`backed_up ID BYTES`: the launcher made a backup; the ledger is to know."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.management.base import BaseCommand, CommandParser

from operations.services.recovery import record_backup


class Command(BaseCommand):
    """Record a backup."""

    help = "Record that a backup was made."

    def add_arguments(self, parser: CommandParser) -> None:
        """Which backup."""
        parser.add_argument("id", type=UUID)
        parser.add_argument("size", type=int)

    def handle(self, *args: Any, **options: Any) -> None:
        """One fact."""
        record_backup(options["id"], options["size"])
