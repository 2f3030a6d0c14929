"""`demo --out FILE`: the cast, their sessions and a task; idempotent while its tokens work."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandParser

from identity.public import token_works
from operations.demo.people import make_people
from operations.demo.sessions import make_sessions
from operations.demo.tasks import make_tasks


class Command(BaseCommand):
    """Fill the installation with the demo organization."""

    help = "Make the demo organization and write demo.json."

    def add_arguments(self, parser: CommandParser) -> None:
        """Where to write."""
        parser.add_argument("--out", required=True)

    def handle(self, *args: Any, **options: Any) -> None:
        """Keep what works, make what is missing."""
        path = Path(options["out"])
        known = _known(path)
        if known is not None:
            if known.get("url") != settings.PUBLIC_URL:
                _write(path, {**known, "url": settings.PUBLIC_URL})
            return
        acme, people = make_people()
        users = {name: person.user for name, person in people.items()}
        make_sessions(acme, users)
        make_tasks(acme, users)
        document = {
            "url": settings.PUBLIC_URL,
            "organization": {"id": str(acme.pk), "slug": acme.slug, "name": acme.name},
            "users": {name: person.document() for name, person in people.items()},
        }
        _write(path, document)


def _known(path: Path) -> dict[str, Any] | None:
    """The earlier document, if every token in it still works."""
    try:
        document = json.loads(path.read_text())
        tokens = [user["token"] for user in document["users"].values()]
    except (OSError, ValueError, KeyError):
        return None
    return document if all(token_works(token) for token in tokens) else None


def _write(path: Path, document: dict[str, Any]) -> None:
    """Readable by its owner only, whole or not at all."""
    temporary = path.with_suffix(".tmp")
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(document, file, indent=2)
        file.write("\n")
    temporary.replace(path)
