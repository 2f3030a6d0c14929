"""What benchmarks on the test database share: the settings, a clone of their own."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.test")
django.setup()

from django.conf import settings  # noqa: E402
from django.db import connections  # noqa: E402

from tests import database  # noqa: E402


@contextmanager
def cloned(label: str) -> Iterator[str]:
    """A migrated, empty database; it is dropped afterwards. Yields its name."""
    name = database.clone(f"bench_{label}_{os.getpid()}")
    try:
        yield name
    finally:
        connections.close_all()
        database.drop(name)


def use(name: str) -> None:
    """Point Django at one database."""
    connections["default"].close()
    connections["default"].settings_dict["NAME"] = settings.DATABASES["default"]["NAME"] = name
