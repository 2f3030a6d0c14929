"""Presence is unlogged: it costs no WAL and is empty after a crash, which is right."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("sessions_app", "0001_initial")]
    operations = [
        migrations.RunSQL(
            "ALTER TABLE sessions_app_sessionpresence SET UNLOGGED",
            "ALTER TABLE sessions_app_sessionpresence SET LOGGED",
        )
    ]
