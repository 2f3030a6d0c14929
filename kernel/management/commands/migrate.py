"""`migrate`, run as the owner role: whatever it makes, the runtime role may use but not own."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.commands import migrate
from django.db import connection

GRANTS = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') AND current_user <> '{role}' THEN
    GRANT USAGE ON SCHEMA public TO {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public
      GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO {role};
    ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE, SELECT ON SEQUENCES TO {role};
  END IF;
END $$
"""


class Command(migrate.Command):
    """Django's migrate, after the default privileges of the runtime role are in place."""

    def handle(self, *args: Any, **options: Any) -> None:
        """Grant by default, then migrate."""
        with connection.cursor() as cursor:
            cursor.execute(GRANTS.format(role=settings.RUNTIME_ROLE))
        super().handle(*args, **options)
