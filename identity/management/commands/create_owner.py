"""The first organization and its owner, for an installation without demo data."""

from __future__ import annotations

import getpass
import sys
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from identity.models import User
from identity.services.accounts import create_account
from identity.services.organizations import create_organization
from identity.services.passwords import offer_password_link, set_password_by_link
from kernel.actors import SystemActor
from kernel.errors import DomainError

FIRST_START = SystemActor("first start")


class Command(BaseCommand):
    """Make an account, its organization, and let it operate the installation."""

    help = "Make the first organization and its owner, who also operates the installation."

    def add_arguments(self, parser: CommandParser) -> None:
        """The password is read from a prompt, or from standard input with --password-stdin."""
        parser.add_argument("username")
        parser.add_argument("--email", default="")
        parser.add_argument("--full-name", default="")
        parser.add_argument("--organization", required=True, help="the organization's name")
        parser.add_argument("--slug", default="", help="its short name in addresses")
        parser.add_argument("--no-operator", action="store_true", help="owner only")
        parser.add_argument("--password-stdin", action="store_true")

    def handle(self, *args: Any, **given: Any) -> None:
        """Make what is missing; a rerun after a mistake goes on where it stopped."""
        password = _password(from_stdin=given["password_stdin"])
        try:
            owner = _account(given)
            link = offer_password_link(FIRST_START, owner)
            set_password_by_link(FIRST_START, owner, code=link.code, new=password)
            organization = create_organization(
                FIRST_START, owner, name=given["organization"], slug=given["slug"]
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"{owner.username} owns {organization.name} ({organization.slug})")


def _account(given: dict[str, Any]) -> User:
    """The new account, or the one a failed earlier try left without an organization."""
    found = User.objects.filter(username=given["username"]).first()
    if found is not None and not found.memberships.exists():
        return found
    draft = User(
        username=User.normalize_username(given["username"]),
        email=User.objects.normalize_email(given["email"]),
        full_name=given["full_name"],
    )
    return create_account(FIRST_START, draft, is_operator=not given["no_operator"])


def _password(*, from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        message = "There is no terminal to ask for a password; use --password-stdin."
        raise CommandError(message)
    first, again = getpass.getpass("Password: "), getpass.getpass("Password again: ")
    if first != again:
        message = "The two passwords are not the same."
        raise CommandError(message)
    return first
