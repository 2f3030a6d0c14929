"""The private half of a signing key may be sealed anew when the master key changes."""

from django.conf import settings
from django.db import migrations

GRANT = """
DO $$ BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = '{role}') AND current_user <> '{role}' THEN
    GRANT UPDATE (sealed) ON audit_signing_key TO {role};
  END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_ledger")]
    operations = [
        migrations.RunSQL(
            GRANT.format(role=settings.RUNTIME_ROLE), reverse_sql=migrations.RunSQL.noop
        )
    ]
