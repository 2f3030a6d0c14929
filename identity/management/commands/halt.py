"""`halt [--org …] [--person …] [--tool …] [--reason …] [--resume]`: stop and resume by whoever
holds the machine; behind `./quarterdeck stop` and `resume`."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from identity.models import Organization, Stop, User
from identity.services.stops import resume_work, stop
from kernel.actors import SystemActor
from kernel.errors import DomainError

OPERATOR = SystemActor("operator")


class Command(BaseCommand):
    """Halt agents, or let them go on."""

    help = "Stop agents of an organization, a person or a tool, or resume."

    def add_arguments(self, parser: CommandParser) -> None:
        """Whose agents, and why."""
        parser.add_argument("--org", default="", help="the organization's short name")
        parser.add_argument("--person", default="", help="user name")
        parser.add_argument("--tool", default="")
        parser.add_argument("--reason", default="")
        parser.add_argument("--resume", action="store_true")

    def handle(self, *args: Any, **given: Any) -> None:
        """One verb, or one for each halt that ends."""
        organization, person = _organization(given["org"]), _person(given["person"])
        if given["resume"]:
            found = _open(organization, person, given["tool"])
            for halt in found:
                resume_work(OPERATOR, halt)
                self.stdout.write(f"resumed {halt.subject} of {organization.slug}")
            if not found:
                raise CommandError("Nothing of that kind is stopped there.")
            return
        try:
            made = stop(
                OPERATOR, organization, person=person, tool=given["tool"], reason=given["reason"]
            )
        except DomainError as refusal:
            raise CommandError(refusal.detail) from refusal
        self.stdout.write(f"stopped {made.subject} of {organization.slug}")


def _organization(slug: str) -> Organization:
    rows = Organization.objects.filter(slug=slug) if slug else Organization.objects.all()
    found = list(rows.order_by("slug")[:2])
    if not found:
        raise CommandError("There is no such organization.")
    if len(found) > 1:
        raise CommandError("There are several organizations: name one with --org.")
    return found[0]


def _person(username: str) -> User | None:
    if not username:
        return None
    found = User.objects.filter(username=username).first()
    if found is None:
        raise CommandError(f"There is no account {username}.")
    return found


def _open(organization: Organization, person: User | None, tool: str) -> list[Stop]:
    """The halts meant: those named, or all of the organization."""
    rows = Stop.objects.filter(organization=organization, ended_at=None)
    rows = rows.filter(person=person) if person else rows
    return list(rows.filter(tool=tool) if tool else rows)
