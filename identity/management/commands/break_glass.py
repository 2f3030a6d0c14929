"""The way in when every other way fails: a password link for an organization's break-glass owner,
made by whoever holds the machine. It is recorded in that organization's ledger."""

from __future__ import annotations

from typing import Any

from axes.utils import reset
from django.core.management.base import BaseCommand, CommandError, CommandParser

from identity.links import password_link
from identity.selectors.people import break_glass_of
from identity.services.passwords import offer_password_link
from kernel.actors import SystemActor


class Command(BaseCommand):
    """Print a one-time link, and end a throttling of the owner's name."""

    help = "Make a one-time password link for an organization's break-glass owner."

    def add_arguments(self, parser: CommandParser) -> None:
        """The organization by its short name."""
        parser.add_argument("organization", help="the organization's short name")

    def handle(self, *args: Any, **given: Any) -> None:
        """Refuse where there is nobody to let in."""
        owner = break_glass_of(given["organization"])
        if owner is None:
            raise CommandError("There is no such organization, or it has no break-glass owner.")
        link = offer_password_link(SystemActor("break glass"), owner)
        reset(username=owner.username)
        self.stdout.write(f"{owner.username} {password_link(owner.pk, link.code)}")
