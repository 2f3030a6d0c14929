"""The keeper: leader by advisory lock; runs every duty again and again."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from kernel.keeper import Keeper


class Command(BaseCommand):
    """Run the keeper until it is told to stop."""

    help = "Keep the house: due rows, ledger pump, sweeps, retention."

    def handle(self, *args: Any, **options: Any) -> None:
        """Block until SIGTERM or SIGINT."""
        Keeper().run()
