"""What of a session somebody has seen, and who drives it."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

DRIVERS = """
UPDATE sessions_app_agentsession AS session SET driver_id = run.requested_by_id
FROM (
    SELECT DISTINCT ON (session_id) session_id, requested_by_id
    FROM sessions_app_run WHERE status <> 'queued' ORDER BY session_id, id DESC
) AS run
WHERE run.session_id = session.id
"""


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("sessions_app", "0004_recent_sessions"),
    ]
    operations = [
        migrations.AddField(
            "agentsession",
            "driver",
            models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.RunSQL(DRIVERS, migrations.RunSQL.noop),
        migrations.CreateModel(
            name="SessionSeen",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("messages", models.PositiveIntegerField()),
                ("at", models.DateTimeField()),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="sessions_app.agentsession",
                    ),
                ),
                (
                    "user",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(fields=("user", "session"), name="session_seen_once")
                ]
            },
        ),
    ]
