"""`rehearse`: prepare a scratch copy for a trial; never run it on an installation in use."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from operations.services.rehearsal import silence, stranger


class Command(BaseCommand):
    """Silence the copy and print a token."""

    help = "End all work of a scratch copy and print the token of a new account."

    def handle(self, *args: Any, **options: Any) -> None:
        """The launcher calls it on what it restored beside."""
        if not settings.DATA_DIR.parent.name.startswith("rehearsal-"):
            raise CommandError("This ends all work: it is for the scratch copy of `upgrade` only.")
        silence()
        self.stdout.write(stranger())
