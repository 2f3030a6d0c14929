"""Secrets that sessions may use, and the projects they belong to."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import kernel.ids


class Migration(migrations.Migration):
    dependencies = [
        ("identity", "0005_projects"),
        ("sessions_app", "0007_tasks"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="agentsession",
            name="project",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="identity.project",
            ),
        ),
        migrations.CreateModel(
            name="SessionSecret",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=kernel.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "place",
                    models.CharField(choices=[("env", "Variable"), ("file", "File")], max_length=4),
                ),
                ("name", models.CharField(max_length=64)),
                ("attached_at", models.DateTimeField(auto_now_add=True)),
                ("noted_run_id", models.UUIDField(null=True)),
                (
                    "attached_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "secret",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="identity.secret",
                    ),
                ),
                (
                    "session",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="sessions_app.agentsession",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("session", "name"), name="session_secret_name_once"
                    ),
                    models.UniqueConstraint(
                        fields=("session", "secret"), name="session_secret_once"
                    ),
                ],
            },
        ),
    ]
