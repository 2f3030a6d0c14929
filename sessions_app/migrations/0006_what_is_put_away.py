"""Indexes of archive and trash: few among many, found without walking past all others."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

ARCHIVED = models.Q(("archived_at__isnull", False), ("trashed_at", None))
TRASHED = models.Q(("purged_at", None), ("trashed_at__isnull", False))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sessions_app", "0005_seen_and_driver")]
    operations = [
        AddIndexConcurrently(
            "agentsession",
            models.Index(fields=["owner", "-id"], name="session_owner_archive", condition=ARCHIVED),
        ),
        AddIndexConcurrently(
            "agentsession",
            models.Index(
                fields=["organization", "-id"], name="session_org_archive", condition=ARCHIVED
            ),
        ),
        AddIndexConcurrently(
            "agentsession",
            models.Index(fields=["owner", "-id"], name="session_trash", condition=TRASHED),
        ),
    ]
