"""`rotate_keys`: bring every sealed value under the newest master key, or make a new one."""

from __future__ import annotations

import base64
import os
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from kernel.crypto.keyring import keyring, parse
from kernel.crypto.rotation import left_behind, reseal


class Command(BaseCommand):
    """Three steps, each of which may be repeated or cut off: `--new` and restart, this command, and
    once `--status` names no older key, taking the old line out of the keys' file."""

    help = "Bring every sealed value under the newest master key."

    def add_arguments(self, parser: CommandParser) -> None:
        """One step at a time."""
        steps = parser.add_mutually_exclusive_group()
        steps.add_argument("--new", action="store_true", help="Add a new key beside the old ones.")
        steps.add_argument("--status", action="store_true", help="What older keys still open.")

    def handle(self, *args: Any, **options: Any) -> None:
        """Run the step."""
        if options["new"]:
            self._add()
        elif options["status"]:
            self._tell()
        else:
            done = reseal(lambda count: self.stdout.write(f"{count} so far"))
            self.stdout.write(f"{done} values are now under key {keyring().newest}.")

    def _tell(self) -> None:
        old = left_behind()
        for version, count in sorted(old.items()):
            self.stdout.write(f"key {version} still opens {count} values")
        self.stdout.write(f"newest is key {keyring().newest}; {sum(old.values())} values are older")

    def _add(self) -> None:
        """Write all keys to the file in one step; the new one seals after a restart."""
        path = Path(settings.DATA_DIR) / "keys" / "master"
        if not path.exists():
            raise CommandError("The operator keeps the keys: add a line `version:base64` to them.")
        keys = dict(parse(path.read_text()).keys)
        keys[max(keys) + 1] = os.urandom(32)
        lines = (f"{v}:{base64.b64encode(key).decode()}" for v, key in sorted(keys.items()))
        _write(path, "\n".join(lines) + "\n")
        self.stdout.write(f"Key {max(keys)} is made. Restart, then run this without an option.")


def _write(path: Path, text: str) -> None:
    draft = path.with_name(f"{path.name}.new")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)
