"""Files: who changed which, what was given to prompts, and terminals."""

import django.db.models.deletion
import django.db.models.functions.text
import kernel.ids
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("sessions_app", "0008_secrets_and_projects"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                ("path", models.CharField(blank=True, default="", max_length=300)),
                ("media_type", models.CharField(max_length=120)),
                ("size", models.PositiveBigIntegerField()),
                ("blob_id", models.UUIDField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="attached",
                        to="sessions_app.message",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="attachments",
                        to="sessions_app.agentsession",
                    ),
                ),
                (
                    "uploaded_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="attachment",
            index=models.Index(
                condition=models.Q(("message", None)),
                fields=["created_at"],
                name="attachment_unsent",
            ),
        ),
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
        migrations.CreateModel(
            name="Terminal",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("starting", "Starting"), ("open", "Open"), ("ended", "Ended")],
                        default="starting",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, default="", max_length=20)),
                ("rows", models.PositiveSmallIntegerField()),
                ("columns", models.PositiveSmallIntegerField()),
                ("epoch", models.PositiveBigIntegerField(default=0)),
                ("opened_seq", models.PositiveBigIntegerField()),
                ("output_bytes", models.PositiveBigIntegerField(default=0)),
                ("exit_code", models.IntegerField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("input_at", models.DateTimeField(auto_now_add=True)),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "opened_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="terminals",
                        to="sessions_app.agentsession",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="TerminalInput",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("frame", models.BinaryField()),
                (
                    "terminal",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="inputs",
                        to="sessions_app.terminal",
                    ),
                ),
            ],
        ),
        migrations.AddIndex(
            model_name="terminal",
            index=models.Index(
                condition=models.Q(("status", "ended"), _negated=True),
                fields=["session"],
                name="terminal_open",
            ),
        ),
    ]
