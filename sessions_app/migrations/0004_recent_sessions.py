"""The column of sessions is sorted by activity: indexes for own ones and an organization's."""

from django.contrib.postgres.operations import AddIndexConcurrently
from django.db import migrations, models

OPEN = models.Q(("archived_at", None), ("trashed_at", None))


class Migration(migrations.Migration):
    atomic = False
    dependencies = [("sessions_app", "0003_search_a_messages_beginning")]
    operations = [
        AddIndexConcurrently(
            "agentsession",
            models.Index(
                fields=["owner", "-active_at", "-id"],
                name="session_owner_recent",
                condition=OPEN,
            ),
        ),
        AddIndexConcurrently(
            "agentsession",
            models.Index(
                fields=["organization", "-active_at", "-id"],
                name="session_org_recent",
                condition=OPEN,
            ),
        ),
    ]
