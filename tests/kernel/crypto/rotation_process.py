"""`rotate_keys` in a process of its own, for secrets alone: `python -m tests.kernel.crypto.…`."""

from __future__ import annotations

import os

import django

os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings.test"
django.setup()

from django.core.management import call_command  # noqa: E402

from identity.models import Secret  # noqa: E402
from kernel.crypto import rotation  # noqa: E402

if __name__ == "__main__":
    rotation._fields[:] = [one for one in rotation.declared() if one.model is Secret]
    call_command("rotate_keys")
