"""Files: who changed which."""

import django.db.models.deletion
import django.db.models.functions.text
import kernel.ids
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0004_recent_sessions"),
    ]

    operations = [
        migrations.CreateModel(
            name="FileChange",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("path", models.TextField()),
                (
                    "deed",
                    models.CharField(
                        choices=[("write", "Write"), ("remove", "Remove")],
                        default="write",
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "Pending"),
                            ("done", "Done"),
                            ("conflict", "Conflict"),
                            ("refused", "Refused"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                ("actor_kind", models.CharField(max_length=10)),
                ("actor_id", models.UUIDField(null=True)),
                ("actor_name", models.CharField(blank=True, default="", max_length=150)),
                ("expected", models.CharField(blank=True, default="", max_length=100)),
                ("blob_id", models.UUIDField(null=True)),
                ("size_before", models.PositiveBigIntegerField(null=True)),
                ("size_after", models.PositiveBigIntegerField(null=True)),
                ("problem", models.CharField(blank=True, default="", max_length=300)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.AddField(
            model_name="filechange",
            name="session",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="file_changes",
                to="sessions_app.agentsession",
            ),
        ),
        migrations.AddField(
            model_name="filechange",
            name="tool_call",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="file_changes",
                to="sessions_app.toolcall",
            ),
        ),
        migrations.AddIndex(
            model_name="filechange",
            index=models.Index(fields=["session", "-id"], name="file_change_latest"),
        ),
        migrations.AddConstraint(
            model_name="filechange",
            constraint=models.UniqueConstraint(
                models.F("session"),
                django.db.models.functions.text.MD5("path"),
                condition=models.Q(("status", "pending")),
                name="file_change_one_at_a_time",
            ),
        ),
    ]
